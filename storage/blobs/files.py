"""Content of a store as a file that is read here and there, for those who know files only."""

import io
from typing import TYPE_CHECKING

from storage.blobs.base import BlobStore

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class BlobFile(io.RawIOBase):
    """One blob, open for reading; raises what `BlobStore.read` raises."""

    def __init__(self, blobs: BlobStore, digest: str) -> None:
        super().__init__()
        self._blobs = blobs
        self._digest = digest
        self._size = blobs.size(digest)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte, counted from the beginning, from here or from the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill a buffer as far as there are bytes; returns how many."""
        view = memoryview(buffer).cast("B")
        end = min(self._at + len(view), self._size)
        if end <= self._at:
            return 0
        found = b"".join(self._blobs.read(self._digest, self._at, end))
        view[: len(found)] = found
        self._at = end
        return len(found)
