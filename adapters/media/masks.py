"""Privacy masks: parts of a picture that nobody may see, whatever moves there.

A filled mask leaves nothing. A mosaic or a blur leaves broad patches of light and colour, from which a determined
person may guess something; they are there because some departments want to see that somebody was there.
"""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.media.planes import Canvas, Pixels, Plane, Rectangle
from broker.domain.footage.media import Mask, MaskStyle

_COARSE = 1 / 18  # the side of a tile of a mosaic, and the reach of a blur, as a share of the picture's height
_LEAST = 16  # pixels
_ACCURACY = 8  # corners are placed to a 256th of a pixel


def cover(canvas: Canvas, masks: Sequence[Mask]) -> None:
    """Cover every mask in place."""
    for mask in masks:
        for plane, (rows, columns, inside) in zip(canvas, _places(mask.polygon, *canvas.shape), strict=True):
            room = plane.pixels[rows, columns]
            if not room.size:
                continue
            if mask.style is MaskStyle.SOLID:
                np.copyto(room, np.uint8(plane.dark), where=inside)
            else:
                cv2.copyTo(_vague(room, mask.style, plane, canvas.height), inside.view(np.uint8), room)


def fill(canvas: Canvas, rectangles: Sequence[Rectangle]) -> None:
    """Fill rectangles, whose edges are in pixels of the canvas, with black."""
    for rows, columns in rectangles:
        for plane in canvas:
            share = plane.share
            inner = slice(rows.start // share, -(-rows.stop // share))
            plane.pixels[inner, columns.start // share : -(-columns.stop // share)] = plane.dark


def _vague(room: Pixels, style: MaskStyle, plane: Plane, height: int) -> Pixels:
    coarse = max(round(height * _COARSE), _LEAST) // plane.share
    if style is MaskStyle.MOSAIC:
        tiles = _averages(room, (max(room.shape[1] // coarse, 1), max(room.shape[0] // coarse, 1)))
        return np.asarray(cv2.resize(tiles, room.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
    once = cv2.blur(room, (2 * coarse + 1, 2 * coarse + 1))
    return np.asarray(cv2.blur(once, (coarse + 1, coarse + 1)), np.uint8)  # twice: one alone leaves edges


def _averages(room: Pixels, size: tuple[int, int]) -> Pixels:
    """Return a picture of that width and height.

    Halving even sides first takes a tenth of the time of one step; a last odd row or column weighs next to nothing.
    """
    while room.shape[1] >= 4 * size[0] and room.shape[0] >= 4 * size[1]:
        even = room[: room.shape[0] & ~1, : room.shape[1] & ~1]
        half = even.shape[1] // 2, even.shape[0] // 2
        room = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(room, size, interpolation=cv2.INTER_AREA), np.uint8)


@lru_cache(maxsize=64)
def _places(
    polygon: tuple[tuple[float, float], ...], height: int, width: int, shares: tuple[int, ...]
) -> list[tuple[slice, slice, NDArray[np.bool_]]]:
    """Return, for each plane, the box around the polygon and which pixels in it belong to the mask.

    Colour that is kept for four pixels together is covered as soon as one of the four is.
    """
    inside = np.zeros((height + 1 & ~1, width + 1 & ~1), np.uint8)
    corners = np.array(polygon) * (width, height) * 2**_ACCURACY
    cv2.fillPoly(inside[:height, :width], [corners.round().astype(np.int32)], 1, shift=_ACCURACY)
    places = []
    for share in shares:
        part = inside[:height, :width]
        if share > 1:
            part = inside.reshape(inside.shape[0] // share, share, inside.shape[1] // share, share).max(axis=(1, 3))
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        if not rows.size:
            places.append((slice(0, 0), slice(0, 0), np.zeros((0, 0), np.bool_)))
            continue
        box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
        places.append((*box, part[box].astype(np.bool_)))
    return places
