import errno
import os
import stat
import time
from pathlib import Path

import pytest

from broker.domain.errors import Unavailable
from storage.blobs.disk import DiskStore

CONTENT = b"footage"


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "blobs")


def only_file(root: Path) -> Path:
    (file,) = (path for path in root.rglob("*") if path.is_file())
    return file


def test_everything_is_closed_to_other_users(store: DiskStore, tmp_path: Path) -> None:
    blob = store.put_stream([CONTENT])
    file = only_file(tmp_path / "blobs")
    assert file == tmp_path / "blobs" / blob.digest[:2] / blob.digest
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for directory in (file.parent, file.parent.parent, file.parent.parent / "incoming"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_content_is_on_the_disk_before_it_is_visible(store: DiskStore, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    move = Path.replace

    def fsync(handle: int) -> None:
        seen.append(Path(f"/proc/self/fd/{handle}").readlink().parent.name)

    def replace(path: Path, target: Path) -> Path:
        seen.append("move")
        return move(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    store.put_stream([CONTENT])
    assert seen == ["incoming", seen[1], "move", "blobs"]  # the file; the new directory's name; the move itself


def test_only_old_leftovers_are_swept(store: DiskStore, tmp_path: Path) -> None:
    old, young = tmp_path / "blobs" / "incoming" / "old", tmp_path / "blobs" / "incoming" / "young"
    old.touch()
    young.touch()
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    DiskStore(tmp_path / "blobs")
    assert (old.exists(), young.exists()) == (False, True)
    assert store.exists("0" * 64) is False


@pytest.fixture(
    params=[(errno.ENOSPC, "no-space-left"), (errno.EDQUOT, "no-space-left"), (errno.EIO, "blob-store-failed")]
)
def refusal(request: pytest.FixtureRequest) -> tuple[int, str]:
    number, slug = request.param
    return number, slug


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_disk_that_refuses_leaves_nothing(
    store: DiskStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: tuple[int, str], call: str
) -> None:
    number, slug = refusal

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, refuse)
    for act in (lambda: store.put_stream([CONTENT]), store.check):
        with pytest.raises(Unavailable, match=slug):
            act()
    monkeypatch.undo()
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def test_short_writes_are_continued(store: DiskStore, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:3]))
    assert b"".join(store.read(store.put_stream([CONTENT]).digest)) == CONTENT


def test_content_that_lost_its_end_is_said_to_be_damaged(store: DiskStore, tmp_path: Path) -> None:
    blob = store.put_stream([CONTENT])
    reading = store.read(blob.digest)
    os.truncate(only_file(tmp_path / "blobs"), 3)
    assert next(reading) == CONTENT[:3]
    with pytest.raises(Unavailable, match="blob-damaged"):
        next(reading)


def test_a_reader_keeps_what_is_deleted_meanwhile(store: DiskStore) -> None:
    blob = store.put_stream([CONTENT])
    reading = store.read(blob.digest)
    store.delete(blob.digest)
    assert b"".join(reading) == CONTENT


def test_a_file_in_the_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="blob-store-failed"):
        DiskStore(tmp_path / "file")


def test_a_directory_that_vanished_fails_the_check(store: DiskStore, tmp_path: Path) -> None:
    store.check()
    (tmp_path / "blobs").rename(tmp_path / "elsewhere")
    with pytest.raises(Unavailable, match="blob-store-failed"):
        store.check()
