import traceback
from pathlib import Path

import pytest

from broker.domain.errors import Invalid
from storage.blobs import open_store
from storage.blobs.disk import DiskStore
from storage.blobs.s3 import S3Store


@pytest.mark.parametrize("form", ["file://{}/a%20b", "file://localhost{}/a%20b"])
def test_a_directory(tmp_path: Path, form: str) -> None:
    store = open_store(form.format(tmp_path), directory=tmp_path)
    assert isinstance(store, DiskStore)
    assert str(store) == f"{tmp_path}/a b"


def test_no_address_means_a_directory_of_the_program(tmp_path: Path) -> None:
    assert str(open_store("", directory=tmp_path)) == f"{tmp_path}/blobs"


def test_a_bucket_without_asking_its_server(tmp_path: Path) -> None:
    options = "secure=false&region=cn-north-1&authorities=/etc/city.pem&create=true"
    store = open_store(f"s3://ab%40c:x%2Fy@s3.example.cn:9000/footage?{options}", directory=tmp_path)
    assert isinstance(store, S3Store)
    assert str(store) == "s3://s3.example.cn:9000/footage"
    assert (store._place.access_key, store._place.secret_key) == ("ab@c", "x/y")
    assert (store._place.secure, store._place.region, store._place.create) == (False, "cn-north-1", True)
    assert store._place.authorities == Path("/etc/city.pem")
    assert "x/y" not in f"{store._place!r} {store!r}"
    assert open_store("s3://k:s@host/footage", directory=tmp_path)._place.secure  # type: ignore[attr-defined]  # of S3Store


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("/var/footage", "scheme"),
        ("https://KEY:SECRET@host/bucket", "scheme"),
        ("file:footage", "path"),
        ("file://other/footage", "path"),
        ("file:///footage?SECRET", "path"),
        ("s3://host/bucket", "key"),
        ("s3://KEY@host/bucket", "key"),
        ("s3://KEY:SECRET@/bucket", "host"),
        ("s3://KEY:SECRET@host:port/bucket", "host"),
        ("s3://KEY:SEC/RET@host/bucket", "key"),
        ("s3://KEY:SECRET@host:99999/bucket", "host"),
        ("s3://KEY:SECRET@ho st/bucket", "host"),
        ("s3://KEY:SECRET@host", "bucket"),
        ("s3://KEY:SECRET@host/bucket/below", "bucket"),
        ("s3://KEY:SECRET@host/SECRET", "bucket"),
        ("s3://KEY:SECRET@host/bucket?SECRET=1", "options"),
        ("s3://KEY:SECRET@host/bucket?secure=no", "secure"),
        ("s3://KEY:SECRET@host/bucket#SECRET", "options"),
        ("s3://[KEY:SECRET@host/bucket", "host"),
    ],
)
def test_anything_else_is_invalid_and_not_repeated(tmp_path: Path, url: str, part: str) -> None:
    with pytest.raises(Invalid, match="blob-store-url") as caught:
        open_store(url, directory=tmp_path)
    assert caught.value.facts["part"] == part
    shown = f"{caught.value}{''.join(traceback.format_exception_only(caught.value))}".replace("KEY:SECRET@HOST", "")
    assert "SEC" not in shown
    assert "KEY" not in shown
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)
