"""Snapshots: the picture that was on the screen at an instant, exact to the frame."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from adapters.errors import NoRecording, TruncatedMedia
from adapters.media.decoding import Shown, footage
from adapters.media.stretches import SEAM, Stretch


def shown(stretches: Sequence[Stretch], instant: datetime) -> tuple[NDArray[np.uint8], datetime, str]:
    """Return the last frame shown at or before `instant`: BGR, shape (height, width, 3), its own instant, the digest.

    Args:
        stretches: files that may hold it, in order of time; where the last has no frame yet, the one before is asked.
        instant: UTC.

    Raises:
        NoRecording: none of the files has a frame so early.
        UnreadableMedia: a file cannot be read, or (TruncatedMedia) not as far as the instant.
    """
    for stretch in reversed(stretches):
        found = _shown_at(stretch, instant)
        if found is not None:
            frame, at = found
            return np.asarray(frame.to_ndarray(format="bgr24"), np.uint8), at, ""
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
