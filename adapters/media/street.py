"""A made-up street seen by a fixed camera: cheap to draw, with something moving in every frame.

The background is painted once; for each frame only the road, the pavement, the clock and the bar code change.
Everything that moves is a function of the instant alone, so any minute of a recording can be made on its own.
"""

from binascii import crc32
from datetime import datetime
from itertools import zip_longest
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from adapters.media.barcode import Code, strip, write_code

Picture = NDArray[np.uint8]
Planes = tuple[Picture, Picture, Picture]
Colour = tuple[int, int, int]

_FONT: Final = "uni"  # the font that comes with OpenCV and has Chinese characters
_ASPHALT, _PAVING, _LINE = (86, 84, 82), (128, 134, 138), (205, 210, 212)
_WHITE, _PANEL = 235, 24
# The same white and panel as brightness alone, in video range, for what is drawn straight into the luma plane.
_LUMA_WHITE, _LUMA_PANEL = 218, 37
# Brightness and the two colour differences.
_DARK, _ASPHALT_YUV = (30, 128, 128), (88, 128, 128)
_BLACK = (16, 128, 128)
_CARS = (
    (92, 112, 186),
    (130, 100, 118),
    (205, 128, 128),
    (72, 158, 112),
    (58, 128, 128),
    (140, 96, 150),
    (110, 134, 160),
)
_LIT = 0.2  # the share of windows with light
_CLOCK_LETTERS = "0123456789-:.# UTC"
# Heights of the scene's edges, as shares of the picture: skyline's foot, pavement, road, panel with the text.
_FOOT, _KERB, _PANEL_TOP = 0.52, 0.60, 0.92


class Street:
    """The view of one camera, drawn into the three planes of one picture.

    Args:
        channel: seeds the houses and the traffic, so that no two cameras look alike.
        name: is written into the picture; Chinese is fine.
        canvas: the Y, U and V planes of a yuv420p picture in video range; width and height are even.
    """

    def __init__(self, channel: str, name: str, canvas: Planes) -> None:
        self._height, self._width = canvas[0].shape
        self._dice = np.random.default_rng(crc32(channel.encode()))
        self._clean = _planes(cv2.cvtColor(self._scene(name), cv2.COLOR_BGR2YUV_I420), self._height)
        self._calm()
        for plane, clean in zip(canvas, self._clean, strict=True):
            plane[:] = clean
        self._canvas = canvas
        self._letters = self._clock_letters()
        self._shown = ""
        self._cars = [_car(self._width // 9, self._row(0.075), colour) for colour in _CARS]
        self._people = [_box(max(self._width // 90, 2), self._row(0.06), colour) for colour in _CARS[2:]]
        self._traffic = self._dice.uniform(0, 1, (len(_CARS), 2)).tolist()
        self._walkers = self._dice.uniform(0, 1, (len(self._people), 2)).tolist()

    def paint(self, number: int, instant: datetime, scene: datetime | None = None, *, dark: bool = False) -> None:
        """Bring the canvas to the frame with this number and instant (UTC, whole milliseconds).

        With `scene` the street shows that instant, with `dark` nothing at all; clock and code go on.
        """
        moving = slice(self._row(_FOOT), self._row(_PANEL_TOP))
        for plane, clean in zip(self._canvas, self._clean, strict=True):
            share = self._height // plane.shape[0]
            rows = slice(moving.start // share, moving.stop // share)
            plane[rows] = clean[rows]
        seconds = (scene or instant).timestamp() % 86400
        self._drive(seconds)
        self._walk(seconds)
        if dark:
            self._darken()
        self._write_clock(number, instant)
        write_code(self._canvas[0], Code(number, instant))

    def _darken(self) -> None:
        for plane, black in zip(self._canvas, _BLACK, strict=True):
            plane[: plane.shape[0] * self._row(_PANEL_TOP) // self._height] = black

    def _row(self, share: float) -> int:
        return int(self._height * share) // 2 * 2

    def _scene(self, name: str) -> Picture:
        width, height = self._width, self._height
        scene = np.empty((height, width, 3), np.uint8)
        shade = np.linspace(0, 1, height)[:, None]
        scene[:] = (np.array((235, 205, 170)) * (1 - shade) + np.array((225, 225, 220)) * shade)[:, None, :]
        self._houses(scene)
        scene[self._row(_FOOT) :] = _PAVING
        scene[self._row(_KERB) :] = _ASPHALT
        lane, dash = self._row((_KERB + _PANEL_TOP) / 2), max(width // 24, 4)
        for left in range(0, width, 2 * dash):
            scene[lane : lane + max(height // 120, 2), left : left + dash] = _LINE
        scene[self._row(_PANEL_TOP) :] = _PANEL
        size = max(int(height * 0.045), 8)
        place = (int(width * 0.02), int(height * 0.975))
        cv2.putText(scene, name, place, (_WHITE, _WHITE, _WHITE), cv2.FontFace(_FONT), size)
        return scene

    def _houses(self, scene: Picture) -> None:
        left, foot = 0, self._row(_FOOT)
        while left < self._width:
            wide = int(self._width * self._dice.uniform(0.07, 0.15))
            top = int(self._height * self._dice.uniform(0.13, 0.36))
            wall = self._dice.integers(95, 190, 3)
            scene[top:foot, left : left + wide] = wall
            step = max(self._height // 22, 6)
            for row in range(top + step // 2, foot - step, step):
                for column in range(left + step // 2, min(left + wide, self._width) - step // 2, step):
                    lit = self._dice.uniform() < _LIT
                    scene[row : row + step // 2, column : column + step // 2] = (120, 220, 240) if lit else wall // 2
            left += wide + int(self._width * self._dice.uniform(0, 0.02))

    def _calm(self) -> None:
        """Take the colour away where the code stands: it is read from the brightness alone."""
        rows, columns = strip(self._width, self._height)
        for plane in self._clean[1:]:
            plane[rows.start // 2 : rows.stop // 2, columns.start // 2 : columns.stop // 2] = 128

    def _clock_letters(self) -> dict[str, Picture]:
        """Return each letter as a cell of luma: all of one width, so that the clock does not dance."""
        high, wide = self._height - self._row(_PANEL_TOP), max(int(self._height * 0.033), 6)
        letters = {}
        for letter in _CLOCK_LETTERS:
            cell = np.full((high, wide, 3), _LUMA_PANEL, np.uint8)
            ink = (_LUMA_WHITE, _LUMA_WHITE, _LUMA_WHITE)
            cv2.putText(cell, letter, (1, int(high * 0.7)), ink, cv2.FontFace(_FONT), max(int(high * 0.5), 7))
            letters[letter] = np.ascontiguousarray(cell[:, :, 0])
        return letters

    def _write_clock(self, number: int, instant: datetime) -> None:
        """Write the clock, right-aligned; only the letters that changed are drawn."""
        text = f"#{number:06} {instant:%Y-%m-%d %H:%M:%S}.{instant.microsecond // 1000:03} UTC"
        panel, wide = self._canvas[0][self._row(_PANEL_TOP) :], self._letters[" "].shape[1]
        for place, (letter, before) in enumerate(zip_longest(reversed(text), reversed(self._shown), fillvalue=" ")):
            right = self._width - place * wide
            if letter != before and right >= wide:
                panel[:, right - wide : right] = self._letters[letter]
        self._shown = text

    def _drive(self, seconds: float) -> None:
        long, lanes = self._cars[0][0].shape[1], (self._row(0.605), self._row(0.765))
        way = self._width + long
        for index, (offset, pace) in enumerate(self._traffic):
            gone = (offset + seconds * (0.05 + 0.12 * pace)) % 1 * way
            self._put(self._cars[index], int(gone if index % 2 else way - gone) - long, lanes[index % 2])

    def _walk(self, seconds: float) -> None:
        wide, top = self._people[0][0].shape[1], self._row(0.535)
        for person, (offset, pace) in zip(self._people, self._walkers, strict=True):
            self._put(person, int((offset + seconds * (0.004 + 0.008 * pace)) % 1 * (self._width + wide)) - wide, top)

    def _put(self, sprite: Planes, left: int, top: int) -> None:
        """Copy a sprite to its place, cut off at the picture's left and right edges."""
        left, wide = left & ~1, sprite[0].shape[1]
        begin, end = max(left, 0), min(left + wide, self._width)
        for plane, part in zip(self._canvas, sprite, strict=True):
            share = wide // part.shape[1]
            row = top // share
            cut = part[:, (begin - left) // share : (end - left) // share]
            plane[row : row + part.shape[0], begin // share : end // share] = cut


def _car(long: int, high: int, colour: Colour) -> Planes:
    """Return a car on asphalt, seen from the side, in a box twice as high as its body."""
    box = _box(long, 2 * high, _ASPHALT_YUV)
    _fill(box, (0, high // 2), (long, high), colour)
    _fill(box, (long // 5, 0), (long * 3 // 5, high // 2), _DARK)
    for wheel in (long // 8, long * 5 // 8):
        _fill(box, (wheel, high * 3 // 2), (long // 5, high // 3), _DARK)
    return box


def _box(wide: int, high: int, colour: Colour) -> Planes:
    luma = np.full((high & ~1, wide & ~1), colour[0], np.uint8)
    half = luma[::2, ::2]
    return luma, np.full_like(half, colour[1], order="C"), np.full_like(half, colour[2], order="C")


def _fill(box: Planes, corner: tuple[int, int], size: tuple[int, int], colour: Colour) -> None:
    left, top, right, bottom = corner[0] & ~1, corner[1] & ~1, (corner[0] + size[0]) & ~1, (corner[1] + size[1]) & ~1
    for plane, value, share in zip(box, colour, (1, 2, 2), strict=True):
        plane[top // share : bottom // share, left // share : right // share] = value


def _planes(picture: MatLike, height: int) -> Planes:
    """Return the planes of an I420 picture of shape (height * 3 / 2, width)."""
    stacked = np.asarray(picture, dtype=np.uint8)
    shape = (height // 2, stacked.shape[1] // 2)
    blue, red = np.split(stacked[height:].reshape(-1), 2)
    return stacked[:height], blue.reshape(shape), red.reshape(shape)
