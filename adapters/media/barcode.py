"""A bar code in the picture that says which frame it is: read back, it proves that a cut or a snapshot is exact.

Two rows of 48 cells along the upper edge, each cell black or white. In reading order the bits are: frame number (32),
instant in milliseconds since 1970 (44), CRC-16 of both (16), four bits unused. Cells are placed by fractions of the
picture's size, so the code survives scaling, and are large enough to survive encoding.
"""

from binascii import crc_hqx
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Places = NDArray[np.int64]

_COLUMNS, _ROWS, _BITS = 48, 2, 96
_NUMBER_BITS, _INSTANT_BITS, _CHECK_BITS, _SPARE_BITS = 32, 44, 16, 4
_BLACK, _WHITE, _MIDDLE = 16, 235, 125
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The share of the picture that the code takes: its left, top, right and bottom edges.
_LEFT, _TOP, _RIGHT, _BOTTOM = 0.02, 0.02, 0.98, 0.10


class UnreadableCodeError(ValueError):
    """The picture has no bar code, or it is damaged."""


@dataclass(frozen=True)
class Code:
    """Which frame it is: its number in the recording and its instant (UTC, whole milliseconds)."""

    number: int
    instant: datetime


def strip(width: int, height: int) -> tuple[slice, slice]:
    """Return the rows and columns that the code takes in a picture of this size, in pixels and even."""
    columns, rows = _edges(width, height)
    top, bottom, left, right = (int(edge) for edge in (rows[0], rows[-1], columns[0], columns[-1]))
    return slice(top & ~1, (bottom + 1) & ~1), slice(left & ~1, (right + 1) & ~1)


def write_code(luma: Luma, code: Code) -> None:
    """Draw the code into a luma plane of shape (height, width), in place."""
    columns, rows = _edges(luma.shape[1], luma.shape[0])
    widths = np.diff(columns)
    for row, bits in enumerate(_bits(code).reshape(_ROWS, _COLUMNS)):
        line = np.repeat(bits * (_WHITE - _BLACK) + _BLACK, widths)
        luma[rows[row] : rows[row + 1], columns[0] : columns[-1]] = line


def read_code(luma: Luma) -> Code:
    """Return the code of a picture.

    Args:
        luma: the Y plane, shape (height, width), video range.

    Raises:
        UnreadableCodeError: the check sum does not fit.
    """
    columns, rows = _edges(luma.shape[1], luma.shape[0])
    left, right = _middles(columns)
    means = np.empty((_ROWS, _COLUMNS))
    for row, (top, bottom) in enumerate(zip(*_middles(rows), strict=True)):
        sums = np.concatenate(([0.0], luma[top:bottom].mean(axis=0).cumsum()))
        means[row] = (sums[right] - sums[left]) / (right - left)
    value = int("".join("1" if mean > _MIDDLE else "0" for mean in means.ravel()), 2) >> _SPARE_BITS
    payload, check = value >> _CHECK_BITS, value & ((1 << _CHECK_BITS) - 1)
    number, since = payload >> _INSTANT_BITS, payload & ((1 << _INSTANT_BITS) - 1)
    if check != _check(payload):
        raise UnreadableCodeError("no bar code in this picture, or a damaged one")
    return Code(number, _EPOCH + timedelta(milliseconds=since))


@lru_cache(maxsize=8)
def _edges(width: int, height: int) -> tuple[Places, Places]:
    columns = np.linspace(_LEFT * width, _RIGHT * width, _COLUMNS + 1).round().astype(np.int64)
    rows = np.linspace(_TOP * height, _BOTTOM * height, _ROWS + 1).round().astype(np.int64)
    return columns, rows


def _middles(edges: Places) -> tuple[Places, Places]:
    """Return where the middle half of each cell begins and ends: its rim is smeared by scaling and encoding."""
    margin = np.diff(edges) // 4
    begin = edges[:-1] + margin
    return begin, np.maximum(edges[1:] - margin, begin + 1)


def _bits(code: Code) -> Luma:
    """Return the bits of the code, each as 0 or 1, shape (96,)."""
    payload = code.number << _INSTANT_BITS | (code.instant - _EPOCH) // timedelta(milliseconds=1)
    value = (payload << _CHECK_BITS | _check(payload)) << _SPARE_BITS
    return np.unpackbits(np.frombuffer(value.to_bytes(_BITS // 8, "big"), np.uint8))


def _check(payload: int) -> int:
    return crc_hqx(payload.to_bytes((_NUMBER_BITS + _INSTANT_BITS + 7) // 8, "big"), 0xFFFF)
