"""Words burnt into pictures: a text on a dark box below the upper edge, the same in every picture of a clip.

The edges of a picture are left to what cameras write there themselves. The box is opaque and the letters are nearly
white, so that the words are read on snow and at night. Whatever goes wrong, there is no picture without them.
"""

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from adapters.errors import MarkFailed, UnreadableMedia
from adapters.media.containers import opened
from adapters.media.encoder import ClipWriter
from adapters.media.letterbox import fitted
from adapters.media.planes import view
from broker.domain.media import Capture

Pixels = NDArray[np.uint8]

_FONT, _WEIGHT = "sans", 600
_HEIGHT = 0.055  # of a letter, as a share of the picture's height
_LEGIBLE = 13  # pixels; Chinese characters of fewer run into each other
_SMALLEST = 9
_TOP = 0.12  # where the box begins, as a share of the height: below the line that cameras write
_WIDEST = 0.96
_INK, _BOX, _NO_COLOUR = 235, 16, 128  # brightness in video range, and the chroma of grey
_QUALITY = 95
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}
_NOUGHT = datetime(1970, 1, 1, tzinfo=UTC)  # time stamps of a clip are only copied: any instant will do


@dataclass(frozen=True)
class Box:
    """The words on their box, in shades of grey, and where the box stands; all four numbers are even."""

    shades: Pixels
    top: int
    left: int

    @property
    def rows(self) -> slice:
        return slice(self.top, self.top + self.shades.shape[0])

    @property
    def columns(self) -> slice:
        return slice(self.left, self.left + self.shades.shape[1])


def burn_in(text: str, capture: Capture, target: Path) -> Capture:
    """Put the words into every picture of `target`, which is replaced, and return what it is now.

    Which frames there are, and when each is shown, stays as it was; a clip becomes H.264, and has no sound.

    Raises:
        MarkFailed: the file cannot be read to its end, or is too small for the words.
    """
    try:
        if capture.media_type.startswith("image/"):
            return _on_picture(text, capture, target)
        return _on_clip(text, capture, target)
    except (UnreadableMedia, FFmpegError, cv2.error) as error:
        if isinstance(error, MemoryError):
            raise
        raise MarkFailed(problem=type(error).__name__) from error


@lru_cache(maxsize=4)
def box_of(text: str, width: int, height: int) -> Box:
    """Return the words as they stand in a picture of this size: in one line, or in one line a word where it is narrow.

    Raises:
        MarkFailed: they do not fit, however small.
    """
    wanted = max(round(height * _HEIGHT), _LEGIBLE)
    least = {1: min(wanted, _LEGIBLE), len(text.split()): _SMALLEST}
    for lines in ([text], text.split()):
        for size in range(wanted, least[len(lines)] - 1, -1):
            words = _drawn(lines, size)
            top = int(height * _TOP) & ~1
            if words.shape[1] <= width * _WIDEST and top + words.shape[0] <= height:
                return Box(words, top, (width - words.shape[1]) // 4 * 2)
    raise MarkFailed(problem=f"{width}x{height}")


def _drawn(lines: list[str], size: int) -> Pixels:
    """Return the lines on their box, of even sides, with half a letter around them."""
    rows = [_line(line, size) for line in lines]
    around, between = max(size // 2, 4), max(size // 4, 2)
    high = sum(row.shape[0] for row in rows) + between * (len(rows) - 1) + 2 * around
    wide = max(row.shape[1] for row in rows) + 2 * around
    box = np.full((high + 1 & ~1, wide + 1 & ~1), _BOX, np.uint8)
    top = around
    for row in rows:
        left = (wide - row.shape[1]) // 2
        box[top : top + row.shape[0], left : left + row.shape[1]] = row
        top += row.shape[0] + between
    return box


def _line(text: str, size: int) -> Pixels:
    """Return one line of letters, cut to what is drawn."""
    ground = np.full((4 * size, (len(text) + 4) * 2 * size), _BOX, np.uint8)
    cv2.putText(ground, text, (size, 2 * size), (_INK,), cv2.FontFace(_FONT), size, _WEIGHT)
    rows, columns = np.nonzero(ground != _BOX)
    if not rows.size:
        raise MarkFailed(problem="no letters")
    return ground[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def _on_picture(text: str, capture: Capture, target: Path) -> Capture:
    suffix = _SUFFIXES.get(capture.media_type)
    picture = cv2.imdecode(np.fromfile(target, np.uint8), cv2.IMREAD_COLOR) if suffix else None
    if suffix is None or picture is None:
        raise MarkFailed(problem=capture.media_type)
    height, width = picture.shape[:2]
    box = box_of(text, width, height)
    picture[box.rows, box.columns] = box.shades[:, :, None]
    _, encoded = cv2.imencode(suffix, picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    target.write_bytes(encoded.tobytes())
    return replace(capture, width=width, height=height)


def _on_clip(text: str, capture: Capture, target: Path) -> Capture:
    marked = target.with_name(f"{target.name}.marked")
    try:
        writer, frames = _copied(text, target, marked)
        if frames != capture.frames:
            raise MarkFailed(problem=f"{frames} of {capture.frames}")
        marked.replace(target)
    finally:
        marked.unlink(missing_ok=True)
    return replace(
        capture, media_type="video/mp4", container="mp4", codec="h264", width=writer.width, height=writer.height
    )


def _copied(text: str, source: Path, target: Path) -> tuple[ClipWriter, int]:
    """Write the frames of `source` with the words to `target`, each at its own time, and return how many."""
    frames = 0
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
    with opened(descriptor, source.name) as (container, stream), ClipWriter(target, _NOUGHT) as writer:
        for frame in container.decode(stream):
            if frame.pts is None or frame.time_base is None or frame.is_corrupt:
                raise MarkFailed(problem="a frame without a time")
            wide, high = (writer.width, writer.height) if frames else (frame.width & ~1, frame.height & ~1)
            picture = fitted(frame, wide, high)
            picture.make_writable()  # the decoder still looks at what it gave
            _paint(picture, box_of(text, wide, high))
            since = timedelta(microseconds=round(frame.pts * frame.time_base * 1_000_000))
            writer.write(picture, _NOUGHT + since)
            frames += 1
    return writer, frames


def _paint(frame: VideoFrame, box: Box) -> None:
    luma, blue, red = (view(plane) for plane in frame.planes)
    luma[box.rows, box.columns] = box.shades
    rows, columns = (slice(edge.start // 2, edge.stop // 2) for edge in (box.rows, box.columns))
    blue[rows, columns] = red[rows, columns] = _NO_COLOUR
