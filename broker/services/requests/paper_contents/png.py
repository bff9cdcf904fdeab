"""PNG (ISO/IEC 15948): signature, chunks with their checksums, IEND, nothing behind it."""

import zlib

from broker.services.requests.paper_contents.faults import damaged, trailing

SIGNATURE = 8
FRAME = 12  # length, type and checksum around the data of a chunk
HEADER = 13  # bytes of IHDR
CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
MOST_CHUNKS = 50_000  # encoders write chunks of some kilobytes; more is no picture but work
LARGEST_SIDE = 30_000  # pixels; a scan of A3 at 1200 dpi has 20,000


def check_png(content: bytes) -> None:
    """Walk the chunks.

    Raises:
        Invalid: the file is cut off or damaged, or goes on behind its end.
    """
    place, met = SIGNATURE, 0
    kinds: set[bytes] = set()
    while True:
        kind, data, after = _chunk(content, place)
        met += 1
        if met > MOST_CHUNKS or (kind == b"IHDR") != (met == 1) or (kind.isupper() and kind not in CRITICAL):
            raise damaged("PNG", place)
        if kind == b"IHDR":
            _check_header(data, place)
        kinds.add(kind)
        if kind == b"IEND":
            break
        place = after
    if b"IDAT" not in kinds or len(data):
        raise damaged("PNG", place)
    if after != len(content):
        raise trailing("PNG", len(content) - after)


def _chunk(content: bytes, place: int) -> tuple[bytes, memoryview, int]:
    """Return type and data of the chunk at `place`, and where the next one begins."""
    length = int.from_bytes(content[place : place + 4])
    after = place + FRAME + length
    if after > len(content):
        raise damaged("PNG", place)
    kind = content[place + 4 : place + 8]
    data = memoryview(content)[place + 8 : after - 4]
    if not kind.isalpha() or zlib.crc32(data, zlib.crc32(kind)) != int.from_bytes(content[after - 4 : after]):
        raise damaged("PNG", place)
    return kind, data, after


def _check_header(data: memoryview, place: int) -> None:
    width, height = int.from_bytes(data[:4]), int.from_bytes(data[4:8])
    if len(data) != HEADER or not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise damaged("PNG", place)
