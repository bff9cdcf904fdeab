"""Snapshots: the picture that was on the screen at an instant, exact to the frame."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from adapters.errors import NoRecording, TruncatedMedia
from adapters.media.decoding import Shown, footage
from adapters.media.stretches import SEAM, Stretch
from broker.domain.media import Capture
from broker.domain.time import TimeSpan

_QUALITY = 90


def snapshot(stretches: Sequence[Stretch], instant: datetime, target: Path) -> Capture:
    """Write the last frame shown at or before `instant` to `target`, as JPEG in the size of the recording.

    Args:
        stretches: files that may hold it, in order of time; where the last has no frame yet, the one before is asked.
        instant: UTC.
        target: is written.

    Raises:
        NoRecording: none of the files has a frame so early.
        UnreadableMedia: a file cannot be read, or (TruncatedMedia) not as far as the instant.
    """
    for stretch in reversed(stretches):
        shown = _shown_at(stretch, instant)
        if shown is not None:
            return _written(shown, instant, target)
    raise NoRecording


def _shown_at(stretch: Stretch, instant: datetime) -> Shown | None:
    last = None
    with footage(stretch) as film:
        for frame, at in film.frames(instant):
            if at > instant:
                return last
            last = frame, at
        # The file was read to its end. If that end was not a good one, an old frame is no answer.
        if film.damaged and (last is None or instant - last[1] > SEAM):
            raise TruncatedMedia(file=stretch.file)
    return last


def _written(shown: Shown, instant: datetime, target: Path) -> Capture:
    frame, at = shown
    picture = frame.to_ndarray(format="bgr24")
    _, encoded = cv2.imencode(".jpg", np.asarray(picture, np.uint8), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    target.write_bytes(encoded.tobytes())
    return Capture(
        media_type="image/jpeg",
        container="jpeg",
        codec="jpeg",
        width=frame.width,
        height=frame.height,
        frames=1,
        first=at,
        last=at,
        # It was on the screen from its own instant to at least the one asked for.
        obtained=(TimeSpan(at, instant + timedelta.resolution),),
    )
