"""A made-up recorder: the files of one camera, each written on its own, so that several can be written at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Literal

import av
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from adapters.media.barcode import Code
from adapters.media.planes import view
from adapters.media.street import Street
from broker.domain.time import TimeSpan, missing

_MILLISECOND = timedelta(milliseconds=1)
_TIME_BASE = Fraction(1, 1000)
_FILE_NAME = "%Y%m%dT%H%M%SZ.mp4"
_LOST = 0.1  # the share of frames that a camera with a variable rate drops


@dataclass(frozen=True)
class Style:
    """How a made-up recorder writes.

    Attributes:
        fps: frames a second; instants are rounded to whole milliseconds.
        size: width and height in pixels, even, at least 240 wide for the bar code to be readable.
        codec: `h264` or `hevc`.
        bframes: how many B-frames in a row.
        gop: frames from one key frame to the next; four seconds when None.
        vfr: drop every tenth frame or so and shift the others, as cameras on poor lines do.
        gaps: spans in which nothing was recorded; whole seconds, because files are named by the second.
        segment: the length of a file.
        fault: what is wrong with the camera, while the recorder goes on writing clock and code: its picture is black,
            or stands still.
    """

    fps: int = 5
    size: tuple[int, int] = (640, 360)
    codec: str = "h264"
    bframes: int = 0
    gop: int | None = None
    vfr: bool = False
    gaps: tuple[TimeSpan, ...] = field(default=())
    segment: timedelta = timedelta(minutes=1)
    fault: Literal["", "black", "frozen"] = ""


@dataclass(frozen=True)
class Recorder:
    """One camera's recorder: `write` makes the file of one span, always the same for the same arguments.

    Attributes:
        folder: holds one folder a channel.
        channel: the name of the channel's folder.
        name: is written into the picture.
        whole: the span of the recording; frames are numbered from its beginning.
        style: how it is encoded.
    """

    folder: Path
    channel: str
    name: str
    whole: TimeSpan
    style: Style

    def segments(self) -> Iterator[TimeSpan]:
        """Yield the spans of the files: cut at each full segment since the beginning, and new after each gap."""
        for part in missing(self.whole, self.style.gaps):
            begin = part.begin
            while begin < part.end:
                whole_segments = (begin - self.whole.begin) // self.style.segment + 1
                end = self.whole.begin + whole_segments * self.style.segment
                yield TimeSpan(begin, min(end, part.end))
                begin = end

    def write(self, span: TimeSpan) -> Path:
        """Write the file of `span` and return its path."""
        path = self.folder / self.channel / span.begin.strftime(_FILE_NAME)
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = VideoFrame(*self.style.size, "yuv420p")
        frame.time_base = _TIME_BASE
        luma, blue, red = (view(plane) for plane in frame.planes)
        street = Street(self.channel, self.name, (luma, blue, red))
        with av.open(str(path), "w") as container:
            container.metadata["creation_time"] = span.begin.isoformat()
            stream = _stream(container, self.style)
            for code in self._codes(span):
                # One frame for all: the encoders copy what they are given, and nothing is allocated on the way.
                still = self.whole.begin if self.style.fault == "frozen" else code.instant
                street.paint(code.number, code.instant, still, dark=self.style.fault == "black")
                frame.pts = (code.instant - span.begin) // _MILLISECOND
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    def _codes(self, span: TimeSpan) -> Iterator[Code]:
        """Yield number and instant of each frame in `span`; numbers count dropped frames too."""
        fps, number = self.style.fps, int((span.begin - self.whole.begin).total_seconds() * self.style.fps)
        while True:
            instant = self.whole.begin + round(number * 1000 / fps) * _MILLISECOND
            dice = Random(number)  # noqa: S311 - the same frame must fall the same way each time; no secret
            if self.style.vfr:
                instant += int(dice.uniform(0, 400 / fps)) * _MILLISECOND
            if instant >= span.end:
                return
            if instant >= span.begin and not (self.style.vfr and dice.random() < _LOST):
                yield Code(number, instant)
            number += 1


def _stream(container: OutputContainer, style: Style) -> VideoStream:
    """Add the fastest encoder there is for the style; one thread, because cameras are written side by side."""
    gop = style.gop or 4 * style.fps
    order = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={style.bframes}:b-adapt=0:qp=32"
    if style.codec == "hevc":
        stream = container.add_stream("libx265", rate=style.fps)
        params = {"x265-params": f"{order}:open-gop=0:log-level=none:pools=none:frame-threads=1"}
        stream.codec_context.codec_tag = "hvc1"
    else:
        stream = container.add_stream("libx264", rate=style.fps)
        params = {"x264-params": f"{order}:threads=1:me=dia:subme=0:no-chroma-me=1"}
    stream.width, stream.height = style.size
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = _TIME_BASE
    stream.codec_context.thread_type = "FRAME"
    stream.codec_context.options = {"preset": "ultrafast", **params}
    return stream
