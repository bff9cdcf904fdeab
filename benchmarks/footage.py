"""An hour of 1080p footage with bar codes, made in a minute or two and kept in the temporary folder.

One minute is encoded and written sixty times over with the time moved on: so many bytes are not encoded for each run.
The pictures are noisy as at night; the hour that clips are cut from has the four megabits a second of real cameras.
"""

import bisect
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from adapters.media.barcode import Code, write_code
from adapters.media.planes import view
from adapters.media.street import Street
from adapters.media.stretches import Stretch
from adapters.media.testcard import read_codes
from broker.domain.time import TimeSpan

BEGIN = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
HOUR = TimeSpan(BEGIN, BEGIN + timedelta(hours=1))
SIZE = (1920, 1080)
MINUTE = 60
GOP = 50
_BASE = Fraction(1, 12800)
_MILLISECOND = timedelta(milliseconds=1)
_NOISE = 11


@dataclass(frozen=True)
class Kind:
    """How an hour is coded: at so many bits a second, or at a quality."""

    codec: str = "libx264"
    bframes: int = 0
    vfr: bool = False
    bits: int = 0
    crf: int = 34

    def options(self) -> dict[str, str]:
        order = f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes={self.bframes}:b-adapt=0"
        name = "x265-params" if self.codec == "libx265" else "x264-params"
        more = ":log-level=none:open-gop=0" if self.codec == "libx265" else ""
        aim = {"b": str(self.bits)} if self.bits else {"crf": str(self.crf)}
        return {"preset": "ultrafast", name: order + more, **aim}


KINDS = {
    "cfr": Kind(bits=4_000_000),
    "vfr": Kind(vfr=True, crf=32),
    "bframes": Kind(bframes=3, crf=32),
    "hevc": Kind("libx265", bframes=3, crf=34),
}


@dataclass(frozen=True)
class Hour:
    """One hour in one file; `codes` are the frames of its first minute, and `times` when they are shown."""

    path: Path
    codes: list[Code]
    times: list[float]

    def stretch(self, span: TimeSpan) -> Stretch:
        return Stretch(self.path.name, BEGIN, span, lambda: os.open(self.path, os.O_RDONLY))

    def shown(self, second: float) -> Code:
        """Return the code of the frame that is shown at a second of the hour."""
        return self.codes[bisect.bisect_right(self.times, second % MINUTE + 1e-6) - 1]


def hour(kind: str) -> Hour:
    """Return an hour of a kind, made when it is not there yet."""
    whole = hour_file(kind).path
    whole.parent.mkdir(exist_ok=True)
    minute = whole.with_name(f"{kind}-minute.mp4")
    for path, write in ((minute, _write_minute), (whole, _write_hour)):
        if not path.exists():
            part = path.with_suffix(".part.mp4")
            write(part, minute, KINDS[kind])
            part.replace(path)
    timed = read_codes(minute)
    return Hour(whole, [code for _, code in timed], [seconds for seconds, _ in timed])


def hour_file(kind: str) -> Hour:
    """Return the hour of a kind without its codes; it is not looked whether it is there."""
    return Hour(Path(tempfile.gettempdir()) / "xueliang-bench-hours" / f"{kind}-hour.mp4", [], [])


def _write_minute(target: Path, _: Path, kind: Kind) -> None:
    frame = VideoFrame(*SIZE, "yuv420p")
    frame.time_base = _BASE
    luma, blue, red = (view(plane) for plane in frame.planes)
    street = Street("bench", "基准", (luma, blue, red))
    dice = np.random.default_rng(7)
    noises = [dice.integers(0, _NOISE, (SIZE[1], SIZE[0]), np.uint8) for _ in range(8)]
    with av.open(str(target), "w") as container:
        stream = container.add_stream(kind.codec, rate=25)
        assert isinstance(stream, VideoStream)
        context = stream.codec_context
        context.width, context.height = SIZE
        context.pix_fmt, context.time_base, context.options = "yuv420p", _BASE, kind.options()
        context.thread_type = "FRAME"  # one slice a picture, as cameras do
        clean = luma.copy()
        for number in range(MINUTE * 25):
            shift = number * 53 % 30 if kind.vfr and number else 0
            if kind.vfr and number % 10 == 7:  # noqa: PLR2004 - a tenth is lost
                continue
            instant = BEGIN + (number * 40 + shift) * _MILLISECOND
            luma[:] = clean
            street.paint(number, instant)
            clean[:] = luma
            luma += noises[number % len(noises)]
            write_code(luma, Code(number, instant))
            frame.pts = round((instant - BEGIN) / timedelta(seconds=1) / _BASE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _write_hour(target: Path, minute: Path, _: Kind) -> None:
    with av.open(str(minute)) as source, av.open(str(target), "w") as container:
        given = source.streams.video[0]
        stream = container.add_stream_from_template(given)
        packets = [packet for packet in source.demux(given) if packet.size]
        kept = [(bytes(it), it.pts or 0, it.dts or 0, it.is_keyframe) for it in packets]
        base = given.time_base or _BASE
        for turn in range(60):
            ahead = round(turn * MINUTE / base)
            for content, pts, dts, key in kept:
                packet = Packet(content)
                packet.pts, packet.dts, packet.is_keyframe = pts + ahead, dts + ahead, key
                packet.time_base, packet.stream = base, stream
                container.mux(packet)
