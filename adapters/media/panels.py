"""Words on a dark box: the words of an emergency below the upper edge, the clock above the lower one.

The edges of a picture are left to what cameras write there themselves. The box is opaque and the letters are nearly
white, so that the words are read on snow and at night.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

import cv2
import numpy as np

from adapters.errors import MarkFailed
from adapters.media.letters import drawn, legible
from adapters.media.planes import Canvas, Pixels

_HEIGHT = 0.055  # of a letter, as a share of the picture's height
_LEGIBLE = 13  # pixels; Chinese characters of fewer run into each other
_SMALLEST = 9
_TOP = 0.12  # where the box of the banner begins, as a share of the height: below the line that cameras write
_CLOCK_HEIGHT, _CLOCK_BOTTOM, _CLOCK_LEFT = 0.04, 0.9, 0.02
_WIDEST = 0.96
_CLOCK_LETTERS = "0123456789-:.+ "
_CLOCK_SAMPLE = "2026-03-01 12:00:00.000 +08:00"


@dataclass(frozen=True)
class Panel:
    """Words on their box, 0 the box and 255 the letters, and where the box stands; all four numbers are even."""

    ink: Pixels
    top: int
    left: int

    @property
    def rows(self) -> slice:
        return slice(self.top, self.top + self.ink.shape[0])

    @property
    def columns(self) -> slice:
        return slice(self.left, self.left + self.ink.shape[1])

    def paint(self, canvas: Canvas) -> None:
        """Cover what is there."""
        for plane in canvas:
            room = plane.part(self.rows, self.columns)
            if plane.dark == plane.light:
                room[:] = plane.dark
            else:
                cv2.LUT(self.ink, _shades(plane.dark, plane.light), dst=room)


@lru_cache(maxsize=4)
def banner(text: str, width: int, height: int) -> Panel:
    """Return the words as they stand in a picture of this size: in one line, or in one line a word where it is narrow.

    Raises:
        MarkFailed: they do not fit, however small.
    """
    text = legible(text)
    wanted = max(round(height * _HEIGHT), _LEGIBLE)
    least = {1: min(wanted, _LEGIBLE), len(text.split()): _SMALLEST}
    for lines in ([text], text.split()):
        for size in range(wanted, least[len(lines)] - 1, -1):
            words = _stacked([drawn(line, size) for line in lines], size)
            top = int(height * _TOP) & ~1
            if words.shape[1] <= width * _WIDEST and top + words.shape[0] <= height:
                return Panel(words, top, (width - words.shape[1]) // 4 * 2)
    raise MarkFailed(problem=f"{width}x{height}")


class Clock:
    """The instant of each picture, to the millisecond, in a zone and with its offset.

    Args:
        zone: the zone whose time is shown.
        width: of the pictures, in pixels.
        height: of the pictures, in pixels.

    Raises:
        MarkFailed: the pictures are too small for it.
    """

    def __init__(self, zone: tzinfo, width: int, height: int) -> None:
        self._zone = zone
        self._lines, self._size = _layout(width, height)
        self._cells = _cells(self._size)
        high, wide = self._cells[" "].shape
        around = max(self._size // 3, 3)
        self._corners = [around + number * (high + around // 2) for number in range(len(self._lines))]
        ink = np.zeros(
            (self._corners[-1] + high + around + 1 & ~1, max(map(len, self._lines)) * wide + 2 * around + 1 & ~1),
            np.uint8,
        )
        self._around, self._shown = around, [""] * len(self._lines)
        self._panel = Panel(ink, int(height * _CLOCK_BOTTOM) - ink.shape[0] & ~1, int(width * _CLOCK_LEFT) & ~1)

    @property
    def panel(self) -> Panel:
        return self._panel

    def paint(self, canvas: Canvas, instant: datetime) -> None:
        """Write the instant; only the letters that changed are drawn."""
        said = told(instant, self._zone)
        texts = [said] if len(self._lines) == 1 else said.split(" ")
        high, wide = self._cells[" "].shape
        for number, (text, top) in enumerate(zip(texts, self._corners, strict=True)):
            before = self._shown[number].ljust(len(text))
            for place, letter in enumerate(text):
                if letter != before[place]:
                    left = self._around + place * wide
                    self._panel.ink[top : top + high, left : left + wide] = self._cells[letter]
            self._shown[number] = text
        self._panel.paint(canvas)


def told(instant: datetime, zone: tzinfo) -> str:
    """Return an instant as people of a zone read it: `2026-03-01 12:00:00.125 +08:00`."""
    local = instant.astimezone(zone)
    offset = local.replace(tzinfo=UTC) - instant.astimezone(UTC)
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03} {sign}{hours:02}:{rest:02}"


def _layout(width: int, height: int) -> tuple[list[str], int]:
    """Return the lines of the clock and the size of their letters."""
    wanted = max(round(height * _CLOCK_HEIGHT), _LEGIBLE)
    for lines in ([_CLOCK_SAMPLE], _CLOCK_SAMPLE.split()):
        for size in range(wanted, _SMALLEST - 1, -1):
            high, wide = _cells(size)[" "].shape
            around = max(size // 3, 3)
            room = int(height * _CLOCK_BOTTOM) - len(lines) * (high + around // 2) - 2 * around - 2
            if max(map(len, lines)) * wide + 2 * around + 2 <= width * _WIDEST and room >= 0:
                return lines, size
    raise MarkFailed(problem=f"{width}x{height}")


@lru_cache(maxsize=64)
def _cells(size: int) -> dict[str, Pixels]:
    """Return each letter of the clock in a cell, all of one size, so that the clock does not dance."""
    digit = drawn("0", size)
    high, wide = digit.shape[0] + size // 4, digit.shape[1] + max(size // 8, 1)
    cells = {" ": np.zeros((high, wide), np.uint8)}
    base = (high + digit.shape[0]) // 2
    for letter in _CLOCK_LETTERS.strip():
        ink = drawn(letter, size)
        ink = ink[:high, :wide]
        cell = np.zeros((high, wide), np.uint8)
        bottom = base if letter.isdigit() or letter == "." else (high + ink.shape[0]) // 2
        left = (wide - ink.shape[1]) // 2
        top = max(bottom - ink.shape[0], 0)
        cell[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
        cells[letter] = cell
    return cells


def _stacked(rows: list[Pixels], size: int) -> Pixels:
    """Return lines one below the other on their box, of even sides, with half a letter around them."""
    around, between = max(size // 2, 4), max(size // 4, 2)
    high = sum(row.shape[0] for row in rows) + between * (len(rows) - 1) + 2 * around
    wide = max(row.shape[1] for row in rows) + 2 * around
    box = np.zeros((high + 1 & ~1, wide + 1 & ~1), np.uint8)
    top = around
    for row in rows:
        left = (wide - row.shape[1]) // 2
        box[top : top + row.shape[0], left : left + row.shape[1]] = row
        top += row.shape[0] + between
    return box


@lru_cache(maxsize=4)
def _shades(dark: int, light: int) -> Pixels:
    return np.linspace(dark, light, 256).round().astype(np.uint8)
