"""Footage for tests of copies: files as stretches, what the encoder was given, and pictures with a drawn face."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from adapters.media import copies
from adapters.media.encoder import ClipWriter
from adapters.media.planes import view
from adapters.media.stretches import SEAM, Stretch
from broker.domain.time import TimeSpan

if TYPE_CHECKING:
    from av.video.stream import VideoStream

Pixels = NDArray[np.uint8]
Planes = tuple[Pixels, Pixels, Pixels]


def stretch(file: Path, begin: datetime, seconds: float) -> Stretch:
    """Return a file that begins at an instant and serves so many seconds."""
    span = TimeSpan(begin, begin + timedelta(seconds=seconds))
    return Stretch(file.name, begin, span, lambda: os.open(file, os.O_RDONLY))


def films_of(files: Sequence[Path]) -> list[Stretch]:
    """Return the files of a made-up recording, named by their beginnings, each serving all that it holds.

    As an adapter does it, the last picture of a file stays until the next file begins, where that is soon.
    """
    films = []
    for file in files:
        with av.open(str(file)) as container:
            seconds = float(Fraction(container.duration or 0, av.time_base))
        films.append(stretch(file, datetime.strptime(file.name, "%Y%m%dT%H%M%SZ.mp4").replace(tzinfo=UTC), seconds))
    for place, (film, following) in enumerate(pairwise(films)):
        if following.origin - film.span.end <= SEAM:
            films[place] = replace(film, span=TimeSpan(film.span.begin, following.origin))
    return films


def write_film(
    file: Path, frames: Iterator[VideoFrame], fps: int = 10, codec: str = "libx264", *, sound: bool = False
) -> Path:
    """Write frames of one size and format, with a second of silence where sound is wanted."""
    with av.open(str(file), "w") as container:
        first = next(frames)
        stream = cast("VideoStream", container.add_stream(codec, rate=fps))
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, first.format.name
        voice = container.add_stream("aac", rate=8000, layout="mono") if sound else None
        for number, frame in enumerate((first, *frames)):
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if voice is not None:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
            silence.sample_rate = 8000
            container.mux([*voice.encode(silence), *voice.encode(None)])
    return file


def timed_lumas(file: Path) -> list[tuple[float, Pixels]]:
    """Return the time and the brightness of every picture of a video file."""
    with av.open(str(file)) as container:
        return [(float(frame.time or 0), np.array(view(frame.planes[0]))) for frame in container.decode(video=0)]


def lumas(file: Path) -> list[Pixels]:
    """Return the brightness of every picture of a video file."""
    return [luma for _, luma in timed_lumas(file)]


@contextmanager
def given_to_the_encoder(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Planes]]:
    """Give the planes of all pictures that are written, as they are before encoding."""
    seen: list[Planes] = []

    class Watched(ClipWriter):
        def write(self, picture: VideoFrame, instant: datetime) -> None:
            luma, blue, red = (np.array(view(plane)) for plane in picture.planes)
            seen.append((luma, blue, red))
            super().write(picture, instant)

    with monkeypatch.context() as patched:
        patched.setattr(copies, "ClipWriter", Watched)
        yield seen


def street(width: int, height: int) -> Pixels:
    """Return a picture with soft shapes and no face."""
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [90 + 40 * np.sin(columns / step + shift) + 30 * np.cos(rows / step) for step, shift in _WAVES]
    return np.asarray(np.stack(waves, axis=2), np.uint8)


_WAVES = ((37.0, 0.0), (53.0, 1.0), (71.0, 2.0))


def face(size: int) -> Pixels:
    """Return a drawn face with shoulders, `size` pixels from ear to ear, on grey: shape (2 size, 2 size, 3)."""
    scale = 4 * size
    picture = np.full((2 * scale, 2 * scale, 3), (120, 130, 125), np.uint8)

    def oval(across: float, down: float, wide: float, high: float, colour: tuple[int, int, int]) -> None:
        middle = int(scale * (1 + across)), int(scale * (1 + down))
        axes = max(int(wide * scale), 1), max(int(high * scale), 1)
        cv2.ellipse(picture, middle, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)

    for shape in _FACE:
        oval(*shape)
    for side in (-1, 1):
        for across, down, wide, high, colour in _SIDES:
            oval(side * across, down, wide, high, colour)
    soft = cv2.GaussianBlur(picture, (0, 0), scale / 60)
    return np.asarray(cv2.resize(soft, (2 * size, 2 * size), interpolation=cv2.INTER_AREA), np.uint8)


_Shape = tuple[float, float, float, float, tuple[int, int, int]]
_FACE: tuple[_Shape, ...] = (
    (0, 0.75, 0.55, 0.35, (80, 60, 50)),
    (0, 0.42, 0.16, 0.25, (130, 160, 205)),
    (0, -0.12, 0.40, 0.47, (30, 35, 45)),
    (0, 0, 0.34, 0.46, (150, 180, 225)),
    (0, -0.36, 0.33, 0.16, (30, 35, 45)),
    (0, 0.04, 0.03, 0.1, (165, 195, 235)),
    (0, 0.24, 0.12, 0.035, (90, 90, 190)),
    (0, 0.235, 0.12, 0.008, (50, 50, 110)),
)
_SIDES: tuple[_Shape, ...] = (
    (0.34, 0.02, 0.05, 0.1, (140, 170, 215)),
    (0.14, -0.07, 0.075, 0.035, (245, 245, 245)),
    (0.14, -0.07, 0.03, 0.034, (40, 30, 25)),
    (0.14, -0.16, 0.09, 0.02, (40, 45, 60)),
    (0.035, 0.12, 0.02, 0.014, (90, 115, 165)),
)


def frames_of(count: int, draw: Callable[[int], Pixels]) -> Iterator[VideoFrame]:
    """Yield so many pictures as frames that an encoder takes."""
    for number in range(count):
        yield VideoFrame.from_ndarray(draw(number), format="bgr24").reformat(format="yuv420p")
