"""Content of a store as a file that is read here and there, for those who know files only."""

import io

from storage.blobs.base import BlobStore


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

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, fewer at the end; all that follow for a negative size."""
        end = self._size if size < 0 else min(self._at + size, self._size)
        if end <= self._at:
            return b""
        found = b"".join(self._blobs.read(self._digest, self._at, end))
        self._at = end
        return found
