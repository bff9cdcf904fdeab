"""Mapbox vector tiles, version 2.1, as far as points need them: one layer, strings and whole numbers."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

EXTENT = 4096
_POINT = bytes([0x18, 1])  # field 3, type: POINT
_MOVE = 9  # one MoveTo


class Feature(NamedTuple):
    """A point of a tile: where in the tile (0 to EXTENT), and what it says."""

    x: int
    y: int
    properties: Mapping[str, str | int]


def encode(layer: str, features: Sequence[Feature]) -> bytes:
    """Return a tile of one layer; without features it is empty."""
    if not features:
        return b""
    keys: dict[str, int] = {}
    values: dict[str | int, int] = {}
    parts = [_field(1, layer.encode())]
    for feature in features:
        tags = bytearray()
        for key, value in feature.properties.items():
            tags += _varint(keys.setdefault(key, len(keys)))
            tags += _varint(values.setdefault(value, len(values)))
        shape = _varint(_MOVE) + _varint(_zigzag(feature.x)) + _varint(_zigzag(feature.y))
        told = b"\x12" + _varint(len(tags)) + tags + _POINT + b"\x22" + _varint(len(shape)) + shape  # fields 2, 3, 4
        parts.append(b"\x12" + _varint(len(told)) + told)
    parts += (_field(3, key.encode()) for key in keys)
    parts += (_field(4, _value(value)) for value in values)
    parts.append(b"\x28" + _varint(EXTENT) + b"\x78\x02")  # extent, version 2
    return _field(3, b"".join(parts))


def _value(value: str | int) -> bytes:
    return _field(1, value.encode()) if isinstance(value, str) else b"\x28" + _varint(value)


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


@lru_cache(1 << 15)
def _varint(number: int) -> bytes:
    if number < 0x80:  # noqa: PLR2004  # one byte, as most are
        return bytes([number])
    signs = bytearray()
    while number >= 0x80:  # noqa: PLR2004
        signs.append(number & 0x7F | 0x80)
        number >>= 7
    signs.append(number)
    return bytes(signs)
