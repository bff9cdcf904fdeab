"""Words laid over the whole picture again and again, half transparent, so that no part of it leaves without them.

Letters make the picture lighter and their rims make it darker, by so much everywhere: on snow the rim is read, at
night the letter. The colours stay. They lie aslant, which nothing that cameras write does. How much is added and taken
is computed once for all pictures of a clip.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from adapters.errors import MarkFailed
from adapters.media.letters import drawn, legible
from adapters.media.planes import Canvas, Pixels

_SIZE = 0.036  # of a letter, as a share of the shorter side
_READ_AT_HALF = 26  # pixels of a letter: scaled to half, Chinese characters are still read
_SMALLEST = 11
_WIDEST, _HIGHEST = 0.94, 0.8  # shares of the picture that one block of the words may take
_SLANT = 18.0  # degrees
_LEADING = 1.3  # from line to line, in letters
_APART = (3.0, 4.2)  # letters between two blocks: across, and down
_LETTER, _RIM = 0.24, 0.28  # how much lighter and how much darker, as a share of black to white


@dataclass(frozen=True)
class Film:
    """For each plane of a canvas: what is added and what is then taken; None where the plane stays as it is."""

    layers: tuple[tuple[Pixels, Pixels] | None, ...]

    def paint(self, canvas: Canvas) -> None:
        """Lay it over the canvas."""
        for plane, layer in zip(canvas, self.layers, strict=True):
            if layer is not None:
                cv2.add(plane.pixels, layer[0], dst=plane.pixels)
                cv2.subtract(plane.pixels, layer[1], dst=plane.pixels)


def film(lines: tuple[str, ...], canvas: Canvas) -> Film:
    """Return the words for every canvas of this size and kind.

    Raises:
        MarkFailed: the picture is too small for them.
    """
    return _film(lines, canvas.height, canvas.width, tuple((plane.dark, plane.light) for plane in canvas))


def block(lines: tuple[str, ...], width: int, height: int) -> tuple[Pixels, int]:
    """Return the words as one block, 255 where a letter is, and the size of their letters.

    Raises:
        MarkFailed: they do not fit into a picture of this size, however small.
    """
    told = [legible(line) for line in lines if line.strip()]
    slant = np.radians(_SLANT)
    for size in range(max(round(min(width, height) * _SIZE), _READ_AT_HALF), _SMALLEST - 1, -1):
        rows = [drawn(line, size) for line in told]
        wide, high = max(row.shape[1] for row in rows), round(size * _LEADING) * len(rows)
        across = wide * np.cos(slant) + high * np.sin(slant)
        down = wide * np.sin(slant) + high * np.cos(slant)
        if across <= width * _WIDEST and down <= height * _HIGHEST:
            return _stacked(rows, size, wide), size
    raise MarkFailed(problem=f"{width}x{height}")


def _stacked(rows: list[Pixels], size: int, wide: int) -> Pixels:
    step = round(size * _LEADING)
    stack = np.zeros((step * len(rows), wide), np.uint8)
    for number, row in enumerate(rows):
        top = number * step + (step - row.shape[0]) // 2
        stack[max(top, 0) : top + row.shape[0], : row.shape[1]] = row[max(-top, 0) :][: stack.shape[0] - max(top, 0)]
    return stack


@lru_cache(maxsize=2)
def _film(lines: tuple[str, ...], height: int, width: int, shades: tuple[tuple[int, int], ...]) -> Film:
    letters, size = _letters(lines, width, height)
    radius = max(size // 16, 1)
    around = cv2.dilate(letters, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)))
    rims = cv2.subtract(around, letters)
    layers = []
    for dark, light in shades:
        lighter, darker = (share * (light - dark) / 255 for share in (_LETTER, _RIM))
        layer = cv2.convertScaleAbs(letters, alpha=lighter), cv2.convertScaleAbs(rims, alpha=darker)
        layers.append(None if dark == light else (np.asarray(layer[0], np.uint8), np.asarray(layer[1], np.uint8)))
    return Film(tuple(layers))


def _letters(lines: tuple[str, ...], width: int, height: int) -> tuple[Pixels, int]:
    """Return the whole field of words aslant, 255 where a letter is; one block stands whole in the middle."""
    words, size = block(lines, width, height)
    high, wide = words.shape
    across, down = wide + round(_APART[0] * size), high + round(_APART[1] * size)
    side = int(np.hypot(width, height)) + 2 * max(across, down)
    field = np.zeros((side, side), np.uint8)
    middle_row, middle_column = (side - high) // 2, (side - wide) // 2
    for number, top in enumerate(range(middle_row % down, side - high, down)):
        odd = (number - middle_row // down) % 2
        for left in range((middle_column + odd * across // 2) % across, side - wide, across):
            field[top : top + high, left : left + wide] = words
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), _SLANT, 1.0)
    turn[:, 2] += (width - side) / 2, (height - side) / 2
    return np.asarray(cv2.warpAffine(field, turn, (width, height)), np.uint8), size
