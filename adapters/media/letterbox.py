"""Frames brought to one size and pixel format, without distortion."""

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from adapters.media.planes import view

_FORMAT = "yuv420p"
_BLACK = (16, 128, 128)
_ROUNDED = 2  # pixels that even sides cost; a bar of so few is none


def limited(width: int, height: int, longest_side: int | None) -> tuple[int, int]:
    """Return the size of a clip of such pictures: even, as 4:2:0 wants it, and no side longer than the limit."""
    scale = 1.0 if longest_side is None else min(longest_side / max(width, height), 1.0)
    return max(int(width * scale) & ~1, 2), max(int(height * scale) & ~1, 2)


def fitted(frame: VideoFrame, width: int, height: int) -> VideoFrame:
    """Return the frame as yuv420p in video range and of this even size.

    It is taken as it is, cut by an odd row or column, or scaled into black bars.
    """
    if (frame.width & ~1, frame.height & ~1) == (width, height):
        plain = _plain(frame, frame.width, frame.height)
        return plain if (frame.width, frame.height) == (width, height) else _placed(plain, width, height)
    scale = min(width / frame.width, height / frame.height)
    inner_width, inner_height = (
        room if room - side * scale <= _ROUNDED else max(int(side * scale) // 2 * 2, 2)
        for side, room in ((frame.width, width), (frame.height, height))
    )
    return _placed(_plain(frame, inner_width, inner_height), width, height)


def plain(frame: VideoFrame) -> VideoFrame:
    """Return the frame as yuv420p in video range, in its own size; often it is the frame itself."""
    return _plain(frame, frame.width, frame.height)


def _plain(frame: VideoFrame, width: int, height: int) -> VideoFrame:
    # Many cameras use the full range of values; players take H.264 for video range and would show it too harsh.
    reach = ColorRange.MPEG if frame.color_range == ColorRange.JPEG else None
    if reach is None and (frame.width, frame.height, frame.format.name) == (width, height, _FORMAT):
        return frame
    return frame.reformat(width, height, _FORMAT, dst_color_range=reach)


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
