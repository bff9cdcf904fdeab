"""The contract of a store for footage: content is named by its SHA-256 digest and is there whole or not at all."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from broker.domain.errors import Invalid, Unavailable, Unknown
from storage.blobs.spool import Blob, spooled

CHUNK_BYTES = 64 * 1024
DIGEST = re.compile(r"[0-9a-f]{64}")


class BlobStore(ABC):
    """What every store does; a kind of store overrides the methods with an underscore.

    A put that ends in an error or a crash leaves nothing that `exists`, and a put of known content changes nothing. The
    methods may be called from several threads.
    """

    sm3 = False
    """Whether a put also tells the SM3 digest of what it stores."""

    def __init__(self, spool: Path) -> None:
        """Nothing is touched.

        Args:
            spool: a directory of this store alone, for content whose digest is not known yet.
        """
        self._spool = spool

    def put_file(self, path: Path) -> Blob:
        """Store a copy of a file, as it is now; it may be changed or deleted afterwards.

        Raises:
            OSError: the file cannot be read.
            Unavailable: as for `put_stream`.
        """
        with path.open("rb") as file:
            return self.put_stream(iter(partial(file.read, CHUNK_BYTES), b""))

    def put_stream(self, chunks: Iterable[bytes]) -> Blob:
        """Store the chunks as one blob; returns its digest and its size in bytes.

        What `chunks` raises comes out unchanged, and then nothing is stored.

        Raises:
            Unavailable: `no-space-left`, `blob-damaged` when the store holds less than it was given, or what `check`
                raises.
        """
        with spooled(chunks, self._spool, sm3=self.sm3) as (path, blob):
            self._keep(path, blob)
        return blob

    def exists(self, digest: str) -> bool:
        """Whether the whole content is there; raises what `size` raises, but Unknown."""
        return self._size(_checked(digest)) is not None

    def size(self, digest: str) -> int:
        """The number of bytes.

        Raises:
            Invalid: `blob-digest-invalid`, it is not 64 lower-case hexadecimal digits.
            Unknown: `blob-unknown`.
            Unavailable: the store does not answer.
        """
        size = self._size(_checked(digest))
        if size is None:
            raise Unknown("blob-unknown", digest=digest)
        return size

    def read(self, digest: str, begin: int = 0, end: int | None = None) -> Generator[bytes, None, None]:
        """The bytes from `begin` up to, and without, `end`, in chunks of at most 64 KiB.

        The content is opened now, so that what is absent is known before an answer has begun. A consumer that stops
        early closes it with `close()`, or by dropping it. As in a slice, too large an end means the last byte.

        Raises:
            Invalid: `blob-digest-invalid`, or `blob-range-invalid` for a negative begin or an end before it.
            Unknown: `blob-unknown`.
            Unavailable: the store does not answer; also while reading, and `blob-damaged` when the content ends early.
        """
        if begin < 0 or (end is not None and end < begin):
            raise Invalid("blob-range-invalid", begin=begin, end=end)
        size = self.size(digest)
        stop = size if end is None else min(end, size)
        reading = self._read(digest, begin, stop) if begin < stop else _nothing()
        next(reading)
        return reading

    def _read(self, digest: str, begin: int, end: int) -> Generator[bytes, None, None]:
        with self._open(digest, begin, end) as read:
            yield b""  # `read` takes this one: from here on, closing the generator closes the source
            left = end - begin
            while left:
                chunk = read(min(left, CHUNK_BYTES))
                if not chunk:
                    raise Unavailable("blob-damaged", place=str(self), digest=digest)
                left -= len(chunk)
                yield chunk

    def delete(self, digest: str) -> None:
        """Remove the content for good; does nothing when it is not there.

        Raises:
            Invalid: `blob-digest-invalid`.
            Unavailable: the store does not answer.
        """
        self._delete(_checked(digest))

    @abstractmethod
    def check(self) -> None:
        """Write something, read it again and remove it.

        Raises:
            Unavailable: the store cannot be used now; the facts say why.
        """

    @abstractmethod
    def __str__(self) -> str:
        """Where the store is, without secrets."""

    @abstractmethod
    def _keep(self, path: Path, blob: Blob) -> None:
        """Make the whole content of `path` visible in one step; the file may be moved away."""

    @abstractmethod
    def _size(self, digest: str) -> int | None: ...

    @abstractmethod
    def _open(self, digest: str, begin: int, end: int) -> AbstractContextManager[Callable[[int], bytes]]:
        """A function that reads on from `begin`, at most so many bytes a call; never asked for bytes from `end` on."""

    @abstractmethod
    def _delete(self, digest: str) -> None: ...


def _checked(digest: str) -> str:
    if DIGEST.fullmatch(digest) is None:
        raise Invalid("blob-digest-invalid", digest=digest[:80])
    return digest


def _nothing() -> Generator[bytes, None, None]:
    yield b""
