"""JPEG (ISO/IEC 10918-1): SOI, segments by their lengths, the compressed data between them, EOI, nothing behind it."""

import re

from broker.services.requests.paper_contents.faults import damaged, trailing

EOI, SOS = 0xD9, 0xDA
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, RST0-7 and SOI have no length
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF; the three are tables
FIRST = 2  # behind SOI
SHORTEST = 2  # a length counts itself
FRAME_HEAD = 8
MOST_SEGMENTS = 10_000  # a progressive picture has some dozens; more is no picture but work

_FILLED = re.compile(rb"\xff++")

# Inside compressed data FF is followed by 00, by a restart marker, or by another FF that fills: all else is a marker.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def check_jpeg(content: bytes) -> None:
    """Walk the segments.

    Raises:
        Invalid: the file is cut off or damaged, or goes on behind its end.
    """
    place, framed, scanned = FIRST, False, False
    for _ in range(MOST_SEGMENTS):
        marker, place = _marker(content, place)
        if marker == EOI:
            break
        if marker in ALONE:
            raise damaged("JPEG", place)
        after = place + _length(content, place)
        if marker in FRAMES:
            _check_frame(content, place, after)
            framed = True
        if marker == SOS:
            if not framed:
                raise damaged("JPEG", place)
            found = _MARKER.search(content, after)
            if found is None:
                raise damaged("JPEG", len(content))
            scanned, after = True, found.start()
        place = after
    else:
        raise damaged("JPEG", place)
    if not scanned:
        raise damaged("JPEG", place)
    if place != len(content):
        raise trailing("JPEG", len(content) - place)


def _marker(content: bytes, place: int) -> tuple[int, int]:
    """Return the marker at `place` and where its segment begins; any number of FF may stand before it."""
    filled = _FILLED.match(content, place)
    after = filled.end() if filled else place
    if after == place or after >= len(content) or content[after] == 0:
        raise damaged("JPEG", place)
    return content[after], after + 1


def _length(content: bytes, place: int) -> int:
    length = int.from_bytes(content[place : place + 2])
    if length < SHORTEST or place + length > len(content):
        raise damaged("JPEG", place)
    return length


def _check_frame(content: bytes, place: int, after: int) -> None:
    height, width = content[place + 3 : place + 5], content[place + 5 : place + 7]
    if after - place < FRAME_HEAD or not any(height) or not any(width):
        raise damaged("JPEG", place)
