"""Frames brought to one size and pixel format, without distortion."""

import numpy as np
from av.video.frame import VideoFrame

from adapters.media.planes import view

_FORMAT = "yuv420p"
_BLACK = (16, 128, 128)


def fitted(frame: VideoFrame, width: int, height: int) -> VideoFrame:
    """Return the frame as yuv420p of this even size: as it is, cut by an odd row or column, or with black bars."""
    if (frame.width, frame.height) == (width, height):
        return frame if frame.format.name == _FORMAT else frame.reformat(format=_FORMAT)
    if (frame.width & ~1, frame.height & ~1) == (width, height):
        return _placed(frame.reformat(format=_FORMAT), width, height)
    scale = min(width / frame.width, height / frame.height)
    inner_width, inner_height = (max(int(side * scale) // 2 * 2, 2) for side in (frame.width, frame.height))
    return _placed(frame.reformat(inner_width, inner_height, _FORMAT), width, height)


def _placed(inner: VideoFrame, width: int, height: int) -> VideoFrame:
    """Return a black frame with `inner` in its middle, cut where it is larger."""
    outer = VideoFrame(width, height, _FORMAT)
    left, top = max(width - inner.width, 0) // 4 * 2, max(height - inner.height, 0) // 4 * 2
    for index, (source, target) in enumerate(zip(inner.planes, outer.planes, strict=True)):
        pixels, room = view(source), view(target)
        share = 1 if index == 0 else 2
        row, column = top // share, left // share
        room[:] = np.uint8(_BLACK[index])
        part = room[row : row + pixels.shape[0], column : column + pixels.shape[1]]
        part[:] = pixels[: part.shape[0], : part.shape[1]]
    return outer
