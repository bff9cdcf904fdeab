"""Footage in a bucket of any S3 server, as `<first two digits>/<digest>`; an object appears only when it is whole."""

import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error
from minio.helpers import check_bucket_name

from broker.domain.errors import Unavailable, Unknown
from storage.blobs.base import BlobStore
from storage.blobs.spool import Blob, disk_faults, prepare_spool

PART_BYTES = 16 * 1024 * 1024  # the client holds one part in memory
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 30.0
PROBE = b"may this bucket be written and read?"
NO_OBJECT = {"NoSuchKey", "NoSuchObject", "ResourceNotFound"}


@dataclass(frozen=True)
class S3Place:
    """Where a bucket is and who we are there."""

    endpoint: str
    """Host, and port unless it is the usual one."""
    bucket: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    secure: bool = True
    """Whether the connection is encrypted."""
    region: str = "us-east-1"
    authorities: Path | None = None
    """A PEM file with the certificate authorities to trust instead of the system's."""
    create: bool = False
    """Whether `check` makes a missing bucket."""


class S3Store(BlobStore):
    """A bucket that is for the store alone.

    An object is named by its digest, which is known only at the end of a stream: so content waits in the spool until
    then. A crash during a large upload leaves parts that nobody sees; a rule of the bucket should expire them.
    """

    def __init__(self, place: S3Place, *, spool: Path) -> None:
        """Prepare the spool; the server is not asked.

        Raises:
            ValueError: the endpoint is not one.
            Unavailable: `no-space-left` or `blob-store-failed`, about the spool.
        """
        super().__init__(spool)
        self._place = place
        self._client = Minio(
            place.endpoint,
            access_key=place.access_key,
            secret_key=place.secret_key,
            secure=place.secure,
            region=place.region,
            http_client=_connections(place.authorities),
        )
        prepare_spool(spool)

    def __str__(self) -> str:
        return f"s3://{self._place.endpoint}/{self._place.bucket}"

    def check(self) -> None:
        bucket, name = self._place.bucket, f"check/{secrets.token_hex(8)}"
        with self._faults():
            if self._place.create and not self._client.bucket_exists(bucket):
                self._client.make_bucket(bucket, self._place.region)
            self._client.put_object(bucket, name, BytesIO(PROBE), len(PROBE))
            answer = self._client.get_object(bucket, name)
            with _closing(answer):
                found = answer.read()
            self._client.remove_object(bucket, name)
        if found != PROBE:
            raise Unavailable("blob-damaged", place=str(self), digest=name)

    def _keep(self, path: Path, blob: Blob) -> None:
        if self._size(blob.digest) == blob.size:
            return
        with disk_faults(self._spool), path.open("rb") as file, self._faults():
            self._client.put_object(
                self._place.bucket,
                _name(blob.digest),
                file,
                blob.size,
                part_size=PART_BYTES,
                num_parallel_uploads=1,  # three, the default, would hold three parts in memory
            )
        if self._size(blob.digest) != blob.size:
            raise Unavailable("blob-damaged", place=str(self), digest=blob.digest)

    def _size(self, digest: str) -> int | None:
        with self._faults():
            try:
                return self._client.stat_object(self._place.bucket, _name(digest)).size
            except S3Error as error:
                if error.code in NO_OBJECT:
                    return None
                raise

    @contextmanager
    def _open(self, digest: str, begin: int, end: int) -> Generator[Callable[[int], bytes], None, None]:
        with self._faults():
            try:
                answer = self._client.get_object(self._place.bucket, _name(digest), begin, end - begin)
            except S3Error as error:
                if error.code in NO_OBJECT:  # deleted since its size was asked
                    raise Unknown("blob-unknown", digest=digest) from error
                raise

        def read(count: int) -> bytes:
            with self._faults():
                return answer.read(count, decode_content=False)

        with _closing(answer):
            yield read

    def _delete(self, digest: str) -> None:
        """Remove every version: in a bucket with versions a plain deletion would only hide the bytes."""
        bucket, name = self._place.bucket, _name(digest)
        with self._faults():
            found = list(self._client.list_objects(bucket, prefix=name, recursive=True, include_version=True))
            for version in found:  # one, unless the bucket keeps versions and the same bytes came and went
                if version.object_name == name:
                    self._client.remove_object(bucket, name, version_id=version.version_id)

    @contextmanager
    def _faults(self) -> Generator[None, None, None]:
        """Turn what the client raises into the error that a person is told; keys are in none of them."""
        try:
            yield
        except S3Error as error:
            if error.code == "NoSuchBucket":
                raise Unavailable("blob-bucket-missing", place=str(self)) from error
            raise Unavailable("blob-store-refused", place=str(self), code=error.code) from error
        except MinioException as error:  # an answer that is not S3's: a proxy's, or another program's
            status = vars(error).get("_code") or vars(error).get("_status_code")
            raise Unavailable("blob-store-refused", place=str(self), code=f"HTTP {status}") from error
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable("blob-store-unreachable", place=str(self), detail=_reason(error)) from error


def is_bucket_name(text: str) -> bool:
    """Whether a bucket may have this name."""
    try:
        check_bucket_name(text, strict=True)
    except ValueError:
        return False
    return True


def _name(digest: str) -> str:
    return f"{digest[:2]}/{digest}"


def _connections(authorities: Path | None) -> urllib3.PoolManager:
    """The client's own would wait five minutes, five times."""
    return urllib3.PoolManager(
        maxsize=16,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
        retries=urllib3.Retry(total=2, connect=1, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
        ca_certs=str(authorities) if authorities else None,
    )


@contextmanager
def _closing(answer: urllib3.BaseHTTPResponse) -> Generator[None, None, None]:
    """Give a connection back that was read to the end, and close one that was not."""
    try:
        yield
    finally:
        answer.close()
        answer.release_conn()


def _reason(error: BaseException) -> str:
    """Why a connection failed, in the operating system's words, which lie deep in the chain."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, OSError) and link.strerror:
            return link.strerror
        reason = getattr(link, "reason", None)
        link = reason if isinstance(reason, BaseException) else link.__cause__
    return type(error).__name__
