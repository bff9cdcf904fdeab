"""The doors to pictures. Decoders are imported when a door is first used, not with this package.

Adapters import their media functions from here, so that checking the options of a source, which happens in the web
process, loads neither PyAV nor OpenCV.
"""
# ruff: noqa: PLC0415 - that the imports are inside the functions is what this module is for

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from adapters.media.mp4_head import read_mp4_head
from adapters.media.stretches import SEAM, Head, Stretch
from broker.domain.media import Capture
from broker.domain.time import TimeSpan

__all__ = ["SEAM", "Head", "Stretch", "burn_in", "inspect", "take_clip", "take_snapshot"]


def take_snapshot(stretches: Sequence[Stretch], instant: datetime, target: Path) -> Capture:
    """Write the picture shown at `instant`; see `adapters.media.frames.snapshot`."""
    from adapters.media.frames import snapshot

    return snapshot(stretches, instant, target)


def take_clip(stretches: Sequence[Stretch], span: TimeSpan, target: Path, progress: Callable[[float], None]) -> Capture:
    """Write the frames of `span`; see `adapters.media.clips.clip`."""
    from adapters.media.clips import clip

    return clip(stretches, span, target, progress)


def burn_in(text: str, capture: Capture, target: Path) -> Capture:
    """Burn a text into every picture of `target`; see `adapters.media.marks.burn_in`."""
    from adapters.media import marks

    return marks.burn_in(text, capture, target)


def inspect(descriptor: int, file: str) -> Head:
    """Return what a video file says about itself, without decoding it. The descriptor is closed.

    Raises:
        UnreadableMedia: it is no video; the subclass says why.
    """
    with os.fdopen(descriptor, "rb") as opened:
        head = read_mp4_head(opened.fileno(), file)
        if head is not None:
            return head
        from adapters.media.containers import read_head

        return read_head(os.dup(opened.fileno()), file)
