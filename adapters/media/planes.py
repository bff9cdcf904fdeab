"""The pixels of a decoded or drawn frame as arrays, without a copy."""

from typing import cast

import numpy as np
from av.video.plane import VideoPlane
from numpy.typing import NDArray


def view(plane: VideoPlane) -> NDArray[np.uint8]:
    """Return a plane's pixels, shape (height, width), without its padding; writing to it writes to the frame."""
    pixels = np.frombuffer(cast("bytearray", plane), np.uint8)  # a plane is a buffer, which its types do not say
    return pixels.reshape(-1, plane.line_size)[: plane.height, : plane.width]
