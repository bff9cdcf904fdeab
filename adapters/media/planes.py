"""The pixels of a decoded or drawn frame as arrays, without a copy, and pictures as something to paint on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self, cast

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Rectangle = tuple[slice, slice]


def view(plane: VideoPlane) -> Pixels:
    """Return a plane's pixels, shape (height, width), without its padding; writing to it writes to the frame."""
    pixels = np.frombuffer(cast("bytearray", plane), np.uint8)  # a plane is a buffer, which its types do not say
    return pixels.reshape(-1, plane.line_size)[: plane.height, : plane.width]


class Plane(NamedTuple):
    """One plane of a canvas.

    Attributes:
        pixels: shape (height, width) of the canvas divided by `share`, rounded up.
        share: 1, or 2 for colour that is kept for every second row and column only.
        dark: what stands for black here.
        light: what stands for white here.
    """

    pixels: Pixels
    share: int
    dark: int
    light: int

    def part(self, rows: slice, columns: slice) -> Pixels:
        """Return the pixels of a rectangle whose edges, in pixels of the canvas, are even."""
        share = self.share
        return self.pixels[rows.start // share : rows.stop // share, columns.start // share : columns.stop // share]


@dataclass(frozen=True)
class Canvas:
    """A picture that is painted on in place, as Y, U and V in video range or as blue, green and red in full range."""

    planes: tuple[Plane, Plane, Plane]

    @classmethod
    def of_frame(cls, frame: VideoFrame) -> Self:
        """Return the canvas of a yuv420p frame in video range that may be written to."""
        luma, blue, red = (view(plane) for plane in frame.planes)
        return cls((Plane(luma, 1, 16, 235), Plane(blue, 2, 128, 128), Plane(red, 2, 128, 128)))

    @classmethod
    def of_picture(cls, picture: Pixels) -> Self:
        """Return a canvas that holds a copy of a picture of shape (height, width, 3)."""
        blue, green, red = (Plane(np.ascontiguousarray(picture[:, :, it]), 1, 0, 255) for it in range(3))
        return cls((blue, green, red))

    def picture(self) -> Pixels:
        """Return what `of_picture` took, with what was painted on it."""
        return np.asarray(cv2.merge([plane.pixels for plane in self.planes]), np.uint8)

    def __iter__(self) -> Iterator[Plane]:
        return iter(self.planes)

    @property
    def height(self) -> int:
        return int(self.planes[0].pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.planes[0].pixels.shape[1])

    @property
    def shape(self) -> tuple[int, int, tuple[int, ...]]:
        """What everything prepared for a canvas depends on: height, width, and how its planes are made."""
        return self.height, self.width, tuple(plane.share for plane in self.planes)
