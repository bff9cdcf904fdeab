"""The doors to pictures. Decoders are imported when a door is first used, not with this package.

The base class of adapters has its media functions from here, so that checking the options of a source, which happens
in the web process, loads neither PyAV nor OpenCV.
"""
# ruff: noqa: PLC0415 - that the imports are inside the functions is what this module is for

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from adapters.media.mp4_head import read_mp4_head
from adapters.media.stretches import SEAM, Head, Stretch
from broker.domain.footage.media import ClipAsk, Piece, SnapshotAsk

__all__ = [
    "SEAM",
    "Head",
    "Stretch",
    "copy_whole",
    "crowd_at_the_front",
    "first_picture",
    "inspect",
    "shift_between",
    "still_between",
    "take_clip",
    "take_picture",
    "take_snapshot",
]

_BLOCK = 1024 * 1024


def take_snapshot(stretches: Sequence[Stretch], ask: SnapshotAsk, folder: Path) -> Piece:
    """Write the picture shown at the instant; see `adapters.media.pictures.snapshot`."""
    from adapters.media.pictures import snapshot

    return snapshot(stretches, ask, folder)


def take_picture(raw: Path, at: datetime, ask: SnapshotAsk, folder: Path) -> Piece:
    """Write a picture that a source gave as a whole; see `adapters.media.pictures.given`."""
    from adapters.media.pictures import given

    return given(raw, at, ask, folder)


def take_clip(
    stretches: Iterable[Stretch], ask: ClipAsk, folder: Path, progress: Callable[[float], None]
) -> list[Piece]:
    """Write the frames of the span, as they were recorded or treated.

    See `adapters.media.originals.cut` and `adapters.media.copies.marked`.
    """
    if ask.treatment.touches_pictures:
        from adapters.media.copies import marked

        return marked(stretches, ask.span, folder, progress, ask.treatment)
    from adapters.media.originals import cut

    return cut(stretches, ask.span, folder, progress, sound=ask.treatment.sound)


def copy_whole(stretch: Stretch, target: Path) -> None:
    """Copy the whole file of a stretch, as it is now."""
    with os.fdopen(stretch.open(), "rb") as source, target.open("xb") as copy:
        shutil.copyfileobj(source, copy, _BLOCK)


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


def shift_between(one: Path, other: Path) -> timedelta | None:
    """Compare the times of two files of one recording; see `adapters.media.alignment.shift_between`."""
    from adapters.media import alignment

    return alignment.shift_between(one, other)


def still_between(newest: Path, before: Path | None) -> tuple[float, float | None, float | None]:
    """Say how dark a picture is and how it differs from another; see `adapters.media.stillness.stillness`."""
    from adapters.media import stillness

    return stillness.stillness(newest, before)


def crowd_at_the_front(descriptor: int, file: str) -> timedelta:
    """Find pictures that a server piled up at nought; see `adapters.media.alignment.crowd_at_the_front`."""
    from adapters.media import alignment

    return alignment.crowd_at_the_front(descriptor, file)


def first_picture(file: Path) -> timedelta:
    """Find when the first picture of a file is shown; see `adapters.media.alignment.first_picture`."""
    from adapters.media import alignment

    return alignment.first_picture(file)
