"""Long content at rest: sealed with AES-256-GCM chunk by chunk, so that neither end is held in memory.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar 2015): the nonce of a chunk is its number, counted from
nought, and whether it is the last one. A chunk that is missing, changed, moved or added does not open, nor does a
stream that ends before its last chunk. A stream is

    head (8 bytes): "XLSEAL", format (1), binary logarithm of the chunk size
    chunks:         text and tag (16 bytes); all but the last one hold exactly a chunk of text

Each stream has a key of its own, derived from the key of the copy it belongs to and the place it is stored at, so no
nonce is ever used twice under a key and no stream opens at another place.
"""

from collections.abc import Callable, Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
TAG_BYTES = 16
CHUNK_BITS = 18
"""Chunks of 256 KiB: a tag costs nothing, and two chunks are all that is held in memory."""

_MAGIC = b"XLSEAL\x01"
_HEAD = len(_MAGIC) + 1
_SMALLEST, _LARGEST = 16, 20  # 64 KiB to 1 MiB
_MOST_CHUNKS = 2**32


class Damaged(Exception):  # noqa: N818  # as in the domain, a name says what is the matter
    """The stream is not what was sealed under this key for this place."""


def seal_stream(chunks: Iterable[bytes], key: bytes, place: str, bits: int = CHUNK_BITS) -> Iterator[bytes]:
    """Yield the sealed stream of some content, which comes in pieces of any size.

    Args:
        chunks: the content.
        key: of the copy, 32 bytes; used for nothing else.
        place: where the stream is stored; no two streams under a key may have the same.
        bits: the binary logarithm of the chunk size, 16 to 20.
    """
    if not _SMALLEST <= bits <= _LARGEST:
        raise ValueError(f"chunks of 2**{bits} bytes")
    head = _MAGIC + bytes([bits])
    cipher = AESGCM(_key(key, place))
    yield head
    for number, (text, last) in enumerate(_with_last(_cut(chunks, 1 << bits))):
        yield cipher.encrypt(_nonce(number, last=last), text, head)


def open_stream(chunks: Iterable[bytes], key: bytes, place: str) -> Iterator[bytes]:
    """Yield the content of a sealed stream, each piece only once it is proved.

    What was yielded is only the beginning until the iterator ends without an error.

    Raises:
        Damaged: something is missing, changed, moved or added, or the key or the place is another one.
    """
    buffer = _Buffer(chunks)
    head = buffer.take(_HEAD)
    if head[:-1] != _MAGIC or len(head) != _HEAD or not _SMALLEST <= head[-1] <= _LARGEST:
        raise Damaged("head")
    cipher = AESGCM(_key(key, place))
    sealed = iter(lambda: buffer.take((1 << head[-1]) + TAG_BYTES), b"")
    ended = False
    for number, (text, last) in enumerate(_with_last(sealed)):
        if last and len(text) < TAG_BYTES:
            raise Damaged("end")
        try:
            opened = cipher.decrypt(_nonce(number, last=last), text, head)
        except InvalidTag:
            raise Damaged(f"chunk {number}") from None
        ended = last
        yield opened
    if not ended:
        raise Damaged("end")


def _key(key: bytes, place: str) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError("a key of another length")
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"xueliang sealed stream:" + place.encode()).derive(key)


def _nonce(number: int, *, last: bool) -> bytes:
    if number >= _MOST_CHUNKS:
        raise ValueError("the content is too long for one stream")
    return bytes(7) + number.to_bytes(4) + bytes([last])


class _Buffer:
    """Reads exactly so many bytes of pieces of any size."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = bytearray()

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes, fewer only at the end."""
        while len(self._held) < count:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._held += piece
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken


def _cut(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield the content in chunks of one size, the last one shorter; empty content is one empty chunk."""
    take: Callable[[int], bytes] = _Buffer(chunks).take
    chunk = take(size)
    yield chunk
    while chunk := take(size):
        yield chunk


def _with_last(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each chunk with whether it is the last."""
    ahead: bytes | None = None
    for chunk in chunks:
        if ahead is not None:
            yield ahead, False
        ahead = chunk
    if ahead is not None:
        yield ahead, True
