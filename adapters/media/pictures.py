"""Snapshots as files: the frame that was shown, or the picture a source gave, treated and written as JPEG or PNG."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.errors import MediaWithoutPictures
from adapters.media.copies import notes_of, treated
from adapters.media.frames import shown
from adapters.media.stretches import Stretch
from broker.domain.footage.media import Capture, PictureFormat, Piece, SnapshotAsk
from broker.domain.time import TimeSpan

_QUALITY = 90
_SUFFIXES = {PictureFormat.JPEG: ".jpg", PictureFormat.PNG: ".png"}
_MOST_BYTES = 64 * 1024 * 1024


def snapshot(stretches: Sequence[Stretch], ask: SnapshotAsk, folder: Path) -> Piece:
    """Write the last frame shown at or before the instant.

    Args:
        stretches: files that may hold it, in order of time; where the last has no frame yet, the one before is asked.
        ask: the instant, what is done to the picture, and how it is written.
        folder: where the file `picture.jpg` or `picture.png` is written.

    Raises:
        NoRecording: none of the files has a frame so early.
        UnreadableMedia: a file cannot be read, or (TruncatedMedia) not as far as the instant.
    """
    picture, at, digest = shown(stretches, ask.instant)
    return _written(picture, at, digest, ask, folder)


def given(raw: Path, at: datetime, ask: SnapshotAsk, folder: Path) -> Piece:
    """Write a picture that came from a source as a file, which is decoded and never passed on as it is.

    Raises:
        MediaWithoutPictures: it is no picture.
    """
    content = raw.read_bytes() if raw.stat().st_size <= _MOST_BYTES else b""
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if picture is None:
        raise MediaWithoutPictures(file=raw.name)
    return _written(np.asarray(picture, np.uint8), at, sha256(content).hexdigest(), ask, folder)


def _written(picture: NDArray[np.uint8], at: datetime, digest: str, ask: SnapshotAsk, folder: Path) -> Piece:
    if ask.treatment.touches_pictures:
        picture = treated(picture, at, ask.treatment)
    suffix = _SUFFIXES[ask.format]
    _, encoded = cv2.imencode(suffix, picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    target = folder / f"picture{suffix}"
    target.write_bytes(encoded.tobytes())
    height, width = picture.shape[:2]
    capture = Capture(
        media_type=f"image/{ask.format}",
        container=ask.format,
        codec=ask.format,
        width=width,
        height=height,
        frames=1,
        first=at,
        last=at,
        # It was on the screen from its own instant to at least the one asked for.
        obtained=(TimeSpan(at, max(at, ask.instant) + timedelta.resolution),),
        reencoded=1,
        source_digest=digest,
        notes=notes_of(ask.treatment),
    )
    return Piece(target.name, capture)
