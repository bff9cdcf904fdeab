"""Whether a picture is dark and whether it moves: three figures, and nothing about what is to be seen in it."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.errors import MediaWithoutPictures

# The upper and the lower sixth are left out: clocks are written there, and go on over a picture that stands still or
# is black.
_EDGE = 6
_BLACK = 24
_OTHER = 8


class Stillness(NamedTuple):
    """As in `broker.domain.sources.point_looks.Look`."""

    dark: float
    moved: float | None
    drift: float | None


def stillness(newest: Path, before: Path | None) -> Stillness:
    """Compare two pictures of one channel.

    Raises:
        MediaWithoutPictures: one of the files is no picture.
    """
    last = _middle(newest)
    dark = float(np.mean(last <= _BLACK))
    if before is None:
        return Stillness(dark, None, None)
    first = _middle(before)
    if first.shape != last.shape:  # a camera that was set to another size is alive
        return Stillness(dark, 1.0, 255.0)
    apart = cv2.absdiff(last, first)
    return Stillness(dark, float(np.mean(apart > _OTHER)), float(np.mean(apart)))


def _middle(file: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise MediaWithoutPictures(file=file.name)
    edge = picture.shape[0] // _EDGE
    return np.asarray(picture[edge : picture.shape[0] - edge], np.uint8)
