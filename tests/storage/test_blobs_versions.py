"""A bucket that keeps versions: what is deleted is gone, not only hidden."""

from pathlib import Path
from urllib.parse import urlsplit

from minio import Minio
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from tests.contracts.test_blob_store import s3_server
from tests.storage.s3_server import S3Server

__all__ = ["s3_server"]


def test_every_version_is_deleted(s3_server: S3Server, tmp_path: Path) -> None:
    place = urlsplit(s3_server.url("versions"))
    store = s3_server.open("versions", tmp_path)
    store.check()
    client = Minio(f"{place.hostname}:{place.port}", access_key="tester", secret_key="not/so+secret", secure=False)
    client.set_bucket_versioning("versions", VersioningConfig(ENABLED))

    def versions(digest: str) -> int:
        found = client.list_objects("versions", prefix=digest[:2], recursive=True, include_version=True)
        return sum(digest in (each.object_name or "") for each in found)

    blob, other = store.put_stream([b"evidence"]), store.put_stream([b"another"])
    client.remove_object("versions", f"{blob.digest[:2]}/{blob.digest}")  # hides it
    store.put_stream([b"evidence"])
    assert versions(blob.digest) > 1
    store.delete(blob.digest)
    assert (versions(blob.digest), store.exists(blob.digest), store.exists(other.digest)) == (0, False, True)
