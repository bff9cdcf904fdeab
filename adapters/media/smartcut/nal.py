"""NAL units, of which a coded picture of H.264 or H.265 consists, and the two ways of putting them in a row."""

import re
from collections.abc import Iterable

_START = b"\0\0\1"
_NEVER = b"\0\0\0"  # cannot stand inside a unit; where a disk lost a sector it does
_MOST_FILLING = 8  # noughts that some recorders leave at the end of a unit
_ESCAPED = re.compile(rb"\0\0(?=[\0-\3])")


class DamagedUnitError(ValueError):
    """The units of a picture are not as they were written."""


def payload(unit: bytes) -> bytes:
    """Return a unit without the bytes that keep start codes out of it."""
    return unit.replace(b"\0\0\3", b"\0\0")


def unit(content: bytes) -> bytes:
    """Undo `payload`."""
    return _ESCAPED.sub(b"\0\0\3", content)


def units(data: bytes, length_size: int) -> list[bytes]:
    """Return the units of a coded picture.

    Args:
        data: the packet.
        length_size: bytes of the length before each unit; 0 where start codes part them.

    Raises:
        DamagedUnitError: lengths do not add up, or a unit holds what none can.
    """
    found = _parted(data) if length_size == 0 else _measured(data, length_size)
    if not found:
        raise DamagedUnitError
    return found


def joined(parts: Iterable[bytes]) -> bytes:
    """Return units as MP4 wants them: each after its length in four bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _parted(data: bytes) -> list[bytes]:
    first, *rest = data.split(_START)
    if first.strip(b"\0"):
        raise DamagedUnitError
    found = [part.rstrip(b"\0") for part in rest]
    if any(_NEVER in part for part in found):
        raise DamagedUnitError
    return [part for part in found if part]


def _measured(data: bytes, length_size: int) -> list[bytes]:
    found, place = [], 0
    while place < len(data):
        begin = place + length_size
        end = begin + int.from_bytes(data[place:begin], "big")
        if end > len(data) or end == begin:
            raise DamagedUnitError
        part = data[begin:end]
        if _NEVER in part and _NEVER in part[: max(len(part.rstrip(b"\0")), len(part) - _MOST_FILLING)]:
            raise DamagedUnitError
        found.append(part)
        place = end
    return found
