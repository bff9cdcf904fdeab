"""Key frames of finished results, and the sheet that shows them side by side, each with its camera and its instant."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from adapters.errors import MediaWithoutPictures, UnreadableMedia
from adapters.media.containers import opened

Pixels = NDArray[np.uint8]

SHEET = "contact-sheet.jpg"
MOST_SHOTS = 180  # on the sheet; the report has room for all
_PARTS = (Fraction(0), Fraction(1, 2), Fraction(1))
_WIDTH, _COLUMNS, _GAP = 400, 3, 12
_TITLE, _TIME = 16, 14  # pixels, the height of letters
_PAPER, _INK = 255, 30
_QUALITY = 82


@dataclass(frozen=True)
class Film:
    """One finished file: its name in the folder, what it is, the instant of its first frame, and whose it is."""

    file: str
    media_type: str
    first: datetime
    title: str


@dataclass(frozen=True)
class Shot:
    """One picture of a film (counted from 0), as a JPEG of its own in the folder."""

    film: int
    file: str
    instant: datetime


def contact_sheet(films: Sequence[Film], folder: Path, zone: str) -> tuple[Shot, ...]:
    """Write up to three key frames of each film and the sheet of all into the folder, and return the frames.

    Args:
        films: files in the folder; one that cannot be read has no frame, and is said so by its absence.
        folder: is read and written.
        zone: the IANA name of the zone in which the sheet tells instants.
    """
    shots: list[Shot] = []
    cells: list[Pixels] = []
    for number, film in enumerate(films):
        for place, (instant, picture) in enumerate(_pictures(folder / film.file, film)):
            shot = Shot(number, f"frame-{number}-{place}.jpg", instant)
            small = _small(picture)
            _write(folder / shot.file, small)
            shots.append(shot)
            if len(cells) < MOST_SHOTS:
                told = instant.astimezone(ZoneInfo(zone)).isoformat(sep=" ", timespec="milliseconds")
                cells.append(_cell(small, film.title, told))
    if cells:
        _write(folder / SHEET, _grid(cells))
    return tuple(shots)


def _pictures(path: Path, film: Film) -> list[tuple[datetime, Pixels]]:
    try:
        if film.media_type.startswith("image/"):
            picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
            return [] if picture is None else [(film.first, np.asarray(picture, np.uint8))]
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with opened(descriptor, film.file) as (container, stream):
            return list(_of_clip(container, stream, film.first))
    except (FFmpegError, UnreadableMedia, cv2.error) as error:
        if isinstance(error, MemoryError):
            raise
        return []


def _of_clip(container: InputContainer, stream: VideoStream, first: datetime) -> Iterator[tuple[datetime, Pixels]]:
    """Yield the first frame, and the key frames before the middle and before the end, each once."""
    base = stream.time_base or Fraction(1, 90000)
    beginning = next(container.decode(stream), None)
    if beginning is None or beginning.pts is None:
        raise MediaWithoutPictures(file="")
    last: int | None = None
    length = Fraction(container.duration or 0, 1_000_000) / base
    for part in _PARTS:
        frame = beginning if part == 0 else _key_frame(container, stream, beginning.pts + int(length * part))
        if frame is None or frame.pts is None or (last is not None and frame.pts <= last):
            continue
        last = frame.pts
        since = timedelta(microseconds=round((frame.pts - beginning.pts) * base * 1_000_000))
        yield first + since, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def _key_frame(container: InputContainer, stream: VideoStream, at: int) -> VideoFrame | None:
    container.seek(at, stream=stream, backward=True)
    frames = (frame for frame in container.decode(stream) if frame.key_frame and not frame.is_corrupt)
    return next(frames, None)


def _small(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    size = (_WIDTH, max(1, round(height * _WIDTH / width)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _cell(picture: Pixels, title: str, told: str) -> Pixels:
    """Return a picture with its two lines below."""
    lines = [_line(title, _TITLE), _line(told, _TIME)]
    return np.vstack([picture, *lines])


def _line(text: str, size: int) -> Pixels:
    strip = np.full((size + 8, _WIDTH, 3), _PAPER, np.uint8)
    cv2.putText(strip, text, (2, size + 2), (_INK, _INK, _INK), cv2.FontFace("sans"), size, 400)
    return strip


def _grid(cells: Sequence[Pixels]) -> Pixels:
    rows = [_row(cells[place : place + _COLUMNS]) for place in range(0, len(cells), _COLUMNS)]
    return np.asarray(cv2.copyMakeBorder(np.vstack(rows), _GAP, 0, 0, 0, cv2.BORDER_CONSTANT, value=(255, 255, 255)))


def _row(cells: Sequence[Pixels]) -> Pixels:
    height = max(cell.shape[0] for cell in cells) + _GAP
    row = np.full((height, _COLUMNS * (_WIDTH + _GAP) + _GAP, 3), _PAPER, np.uint8)
    for place, cell in enumerate(cells):
        left = _GAP + place * (_WIDTH + _GAP)
        row[: cell.shape[0], left : left + _WIDTH] = cell
    return row


def _write(path: Path, picture: Pixels) -> None:
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    path.write_bytes(encoded.tobytes())
