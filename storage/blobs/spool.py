"""Content on its way in: whole and digested before a store makes it visible."""

import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SM3, Hash

from broker.domain.errors import Unavailable

ABANDONED_SECONDS = 24 * 3600  # longer than any retrieval: a younger file may be another process's, still being written


@dataclass(frozen=True)
class Blob:
    """What was stored: the SHA-256 digest, 64 lower-case hexadecimal digits, and the size in bytes.

    `sm3` is the digest by the Chinese standard GB/T 32905, where the store keeps it; else it is empty.
    """

    digest: str
    size: int
    sm3: str = ""


@contextmanager
def spooled(chunks: Iterable[bytes], directory: Path, *, sm3: bool = False) -> Iterator[tuple[Path, Blob]]:
    """Write the chunks into a private file in `directory`, which is gone, or moved away, when the block ends.

    What the producer of the chunks raises comes out unchanged.

    Raises:
        Unavailable: `no-space-left` or `blob-store-failed`.
    """
    with disk_faults(directory):
        handle, name = tempfile.mkstemp(dir=directory)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            digest, size = hashlib.sha256(), 0
            second = Hash(SM3()) if sm3 else None
            for chunk in chunks:
                digest.update(chunk)
                if second is not None:
                    second.update(chunk)
                size += len(chunk)
                with disk_faults(directory):
                    _write(file.fileno(), chunk)
        yield path, Blob(digest.hexdigest(), size, second.finalize().hex() if second is not None else "")
    finally:
        with disk_faults(directory):
            path.unlink(missing_ok=True)


def _write(handle: int, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        left = left[os.write(handle, left) :]


def prepare_spool(directory: Path) -> None:
    """Make the directory, 0700, and remove what writers that crashed long ago have left in it.

    Raises:
        Unavailable: `no-space-left` or `blob-store-failed`.
    """
    with disk_faults(directory):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in directory.iterdir():
            if leftover.is_file() and leftover.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                leftover.unlink(missing_ok=True)


@contextmanager
def disk_faults(place: Path) -> Iterator[None]:
    """Turn what the operating system raises into the error that a person is told."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Unavailable("no-space-left", path=str(place)) from error
        raise Unavailable("blob-store-failed", place=str(place), detail=error.strerror or "") from error
