"""Recordings of a few seconds in whatever coding a test needs; every frame has its bar code."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from adapters.media.barcode import Code, write_code
from adapters.media.planes import view
from adapters.media.stretches import Stretch
from broker.domain.time import TimeSpan
from tests.adapters.recordings import at

FPS = 10
MILLISECOND = timedelta(milliseconds=1)
_LOUD_HZ = 440


@dataclass(frozen=True)
class Coded:
    """How a file is written.

    Attributes:
        name: of the file; its ending is the container.
        codec: an encoder of FFmpeg.
        options: for the encoder.
        pixels: the pixel format.
        size: even.
        sound: an encoder of FFmpeg, or empty.
        loud: seconds of the file in which the sound is not silence.
        vfr: whether the time from frame to frame varies.
    """

    name: str = "file.mp4"
    codec: str = "libx264"
    options: Mapping[str, str] = field(default_factory=dict)
    pixels: str = "yuv420p"
    size: tuple[int, int] = (256, 144)
    sound: str = ""
    loud: tuple[float, float] = (0, 1000)
    vfr: bool = False


@dataclass(frozen=True)
class Film:
    """A written file, what is in it, and how the media functions are handed it."""

    path: Path
    codes: tuple[Code, ...]
    span: TimeSpan

    def stretch(self, wanted: TimeSpan) -> Stretch:
        share = self.span.overlap(wanted)
        assert share
        return Stretch(self.path.name, self.span.begin, share, lambda: os.open(self.path, os.O_RDONLY))

    def within(self, wanted: TimeSpan) -> list[Code]:
        return [code for code in self.codes if wanted.holds_instant(code.instant)]


def film(folder: Path, coded: Coded, begin: float = 0, seconds: float = 4) -> Film:
    """Write a file that begins `begin` seconds after the start of all recordings."""
    path = folder / coded.name
    codes = tuple(_codes(begin, seconds, vary=coded.vfr))
    with av.open(str(path), "w") as container:
        stream = container.add_stream(coded.codec, rate=FPS)
        assert isinstance(stream, VideoStream)
        context = stream.codec_context
        context.width, context.height = coded.size
        context.pix_fmt = coded.pixels
        if coded.codec not in {"mpeg4", "mjpeg"}:
            context.time_base = Fraction(1, 1000)
        context.options = dict(coded.options)
        noise = container.add_stream(coded.sound, rate=8000 if "pcm" in coded.sound else 48000) if coded.sound else None
        if isinstance(noise, AudioStream):
            noise.codec_context.layout = "mono"
        frame = VideoFrame(*coded.size, "yuv420p")
        luma, *chroma = (view(plane) for plane in frame.planes)
        for plane in chroma:
            plane[:] = 128
        shade = np.linspace(40, 200, luma.shape[1]).astype(np.uint8)
        for code in codes:
            luma[:] = np.roll(shade, code.number * 3)
            write_code(luma, code)
            picture = frame if coded.pixels == "yuv420p" else frame.reformat(format=coded.pixels)
            picture.time_base, picture.pts = Fraction(1, 1000), (code.instant - at(begin)) // MILLISECOND
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
        if isinstance(noise, AudioStream):
            for part in _noise(noise.codec_context.rate, noise.codec_context.format.name, seconds, coded.loud):
                container.mux(noise.encode(part))
            container.mux(noise.encode(None))
    return Film(path, codes, TimeSpan(at(begin), at(begin + seconds)))


def _codes(begin: float, seconds: float, *, vary: bool) -> Iterator[Code]:
    for number in range(round(seconds * FPS)):
        shift = (number * 37 % 70) if vary else 0
        if not vary or number % 9 != 4:
            yield Code(number + round(begin * FPS), at(begin) + (number * 1000 // FPS + shift) * MILLISECOND)


def _noise(rate: int, kind: str, seconds: float, loud: tuple[float, float]) -> Iterator[AudioFrame]:
    times = np.arange(round(rate * seconds)) / rate
    wave = 0.5 * np.sin(2 * np.pi * _LOUD_HZ * times) * ((times >= loud[0]) & (times < loud[1]))
    for place in range(0, len(wave), 960):
        part = wave[place : place + 960]
        samples = part.astype(np.float32)[None] if kind.startswith("flt") else (part * 32767).astype(np.int16)[None]
        frame = AudioFrame.from_ndarray(samples, kind, "mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, place, Fraction(1, rate)
        yield frame
