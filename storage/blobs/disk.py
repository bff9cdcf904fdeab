"""Footage in a directory of this machine: `<first two digits>/<digest>`, moved there in one step when it is whole."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from broker.domain.errors import Unavailable, Unknown
from storage.blobs.base import BlobStore
from storage.blobs.spool import Blob, disk_faults, prepare_spool, spooled

PROBE = b"may this directory be written and read?"


class DiskStore(BlobStore):
    """A directory that is for the store alone, closed to other users; several processes may share it."""

    def __init__(self, root: Path) -> None:
        """Make the directory when it is missing, and sweep what crashed writers left long ago.

        Raises:
            Unavailable: `no-space-left` or `blob-store-failed`.
        """
        self._root = root.absolute()
        super().__init__(self._root / "incoming")  # below the root: a move is one step only within a file system
        with disk_faults(self._root):
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(PermissionError):  # a mounted volume may be another user's and yet be ours to write
                self._root.chmod(0o700)
        prepare_spool(self._spool)

    def __str__(self) -> str:
        return str(self._root)

    def check(self) -> None:
        with disk_faults(self._root), spooled([PROBE], self._spool) as (path, blob):
            _sync(path)
            if path.read_bytes() != PROBE:
                raise Unavailable("blob-damaged", place=str(self), digest=blob.digest)

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest

    def _keep(self, path: Path, blob: Blob) -> None:
        target = self._path(blob.digest)
        with disk_faults(self._root):
            _sync(path)
            if not target.parent.exists():
                target.parent.mkdir(mode=0o700, exist_ok=True)
                _sync(self._root)
            path.replace(target)
            _sync(target.parent)  # or a power failure could undo the move after we said that it is stored

    def _size(self, digest: str) -> int | None:
        with disk_faults(self._root), suppress(FileNotFoundError):
            return self._path(digest).stat().st_size
        return None

    @contextmanager
    def _open(self, digest: str, begin: int, end: int) -> Generator[Callable[[int], bytes], None, None]:  # noqa: ARG002  # the caller stops at `end` by itself
        with disk_faults(self._root):
            try:
                file = self._path(digest).open("rb", buffering=0)
            except FileNotFoundError as error:  # deleted since its size was asked
                raise Unknown("blob-unknown", digest=digest) from error
        with file:

            def read(count: int) -> bytes:
                with disk_faults(self._root):
                    return file.read(count)

            file.seek(begin)
            yield read

    def _delete(self, digest: str) -> None:
        with disk_faults(self._root), suppress(FileNotFoundError):
            self._path(digest).unlink()
            _sync(self._path(digest).parent)  # what a purge removed must not come back after a power failure


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
