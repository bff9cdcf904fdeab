"""Recordings as a recorder leaves them, made up: one-minute files named by the instant at which they start.

Every frame says in text and in a bar code which frame it is and when it was taken, so a test, a demonstration or an
adapter author can check a cut to the frame. No real picture is needed and none is contained.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from random import Random

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.stream import VideoStream

from adapters.media.barcode import Code, Luma, UnreadableCodeError, read_code
from adapters.media.street import Street
from broker.domain.time import TimeSpan, missing

__all__ = ["Code", "Style", "UnreadableCodeError", "read_code", "read_codes", "write_recording", "write_recordings"]

_MILLISECOND = timedelta(milliseconds=1)
_MINUTE = timedelta(minutes=1)
_TIME_BASE = Fraction(1, 1000)
_FILE_NAME = "%Y%m%dT%H%M%SZ.mp4"


@dataclass(frozen=True)
class Style:
    """How a made-up recorder writes.

    Attributes:
        fps: frames a second; instants are rounded to whole milliseconds.
        size: width and height in pixels, even, at least 240 wide for the bar code to be readable.
        codec: `h264` or `hevc`.
        bframes: how many B-frames in a row.
        gop: frames from one key frame to the next; two seconds when None.
        vfr: drop every tenth frame or so and shift the others, as cameras on poor lines do.
        gaps: spans in which nothing was recorded; whole seconds, because files are named by the second.
        segment: the length of a file.
    """

    fps: int = 5
    size: tuple[int, int] = (640, 360)
    codec: str = "h264"
    bframes: int = 0
    gop: int | None = None
    vfr: bool = False
    gaps: tuple[TimeSpan, ...] = field(default=())
    segment: timedelta = _MINUTE


def write_recording(
    folder: Path,
    channel: str,
    begin: datetime,
    minutes: float,
    *,
    style: Style | None = None,
    name: str = "",
    progress: Callable[[int], None] = lambda _: None,
) -> list[Path]:
    """Write the recording of one camera to `folder/channel/20260101T080000Z.mp4` and so on, one file a minute.

    Args:
        folder: holds one folder a channel; made when it is not there.
        channel: the name of the channel's folder.
        begin: whole seconds, aware.
        minutes: how long the recording is.
        style: how it is encoded.
        name: is written into the picture; the channel when empty.
        progress: told the number of files written so far, after each.

    Returns:
        The files, in order of time.
    """
    style = style or Style()
    paths = []
    for span in _segments(TimeSpan(begin, begin + timedelta(minutes=minutes)), style):
        paths.append(_write_segment(folder, channel, name or channel, begin, span, style))
        progress(len(paths))
    return paths


def write_recordings(
    folder: Path,
    cameras: Mapping[str, str],
    begin: datetime,
    minutes: float,
    *,
    style: Style | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[Path]:
    """Write recordings of several cameras at once, on all processors.

    Args:
        folder: as for `write_recording`.
        cameras: the name to show for each channel.
        begin: whole seconds, aware.
        minutes: how long each recording is.
        style: how they are encoded.
        progress: told how many files are written and how many there will be, after each.

    Returns:
        The files, sorted.
    """
    style = style or Style()
    segments = tuple(_segments(TimeSpan(begin, begin + timedelta(minutes=minutes)), style))
    # A fresh interpreter for each worker: the caller may have threads, and a fork would copy their locks.
    workers = min(os.cpu_count() or 1, len(segments) * len(cameras))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        # The earliest minutes of all cameras come first: a demonstration can start with them.
        order = ((channel, name, span) for span in segments for channel, name in cameras.items())
        tasks = [
            pool.submit(_write_segment, folder, channel, name, begin, span, style) for channel, name, span in order
        ]
        for done, task in enumerate(as_completed(tasks), start=1):
            task.result()
            progress(done, len(tasks))
    return sorted(task.result() for task in tasks)


def read_codes(path: Path, options: Mapping[str, str] | None = None) -> list[tuple[float, Code]]:
    """Return time in the file (seconds) and bar code of every frame of a video, in the order in which they are shown.

    Args:
        path: the video.
        options: for the demuxer, such as `{"ignore_editlist": "1"}` to see what players do not show.

    Raises:
        UnreadableCodeError: a frame has no readable code.
    """
    with av.open(str(path), options=dict(options or {})) as container:
        frames = container.decode(container.streams.video[0])
        return [(float(frame.time), read_code(_view(frame.planes[0]))) for frame in frames]


def _segments(whole: TimeSpan, style: Style) -> Iterator[TimeSpan]:
    """Yield the spans of the files: cut at each full segment since the beginning, and new after each gap."""
    for part in missing(whole, style.gaps):
        begin = part.begin
        while begin < part.end:
            full = whole.begin + ((begin - whole.begin) // style.segment + 1) * style.segment
            yield TimeSpan(begin, min(full, part.end))
            begin = full


def _instants(begin: datetime, span: TimeSpan, style: Style) -> Iterator[Code]:
    """Yield number and instant of each frame in `span`; numbers count from `begin`, dropped frames included."""
    number = int((span.begin - begin).total_seconds() * style.fps)
    while True:
        instant = begin + round(number * 1000 / style.fps) * _MILLISECOND
        if style.vfr:
            dice = Random(number)  # noqa: S311 - the same frame must fall the same way each time; no secret
            instant += int(dice.uniform(0, 400 / style.fps)) * _MILLISECOND
            if dice.random() < 0.1:  # noqa: PLR2004 - one in ten is lost
                number += 1
                continue
        if instant >= span.end:
            return
        if instant >= span.begin:
            yield Code(number, instant)
        number += 1


def _write_segment(folder: Path, channel: str, name: str, begin: datetime, span: TimeSpan, style: Style) -> Path:
    path = folder / channel / span.begin.strftime(_FILE_NAME)
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = VideoFrame(*style.size, "yuv420p")
    frame.time_base = _TIME_BASE
    luma, blue, red = (_view(plane) for plane in frame.planes)
    street = Street(channel, name, (luma, blue, red))
    with av.open(str(path), "w") as container:
        container.metadata["creation_time"] = span.begin.isoformat()
        stream = _stream(container, style)
        for code in _instants(begin, span, style):
            # One frame for all: the encoders copy what they are given, and nothing is allocated on the way.
            street.paint(code.number, code.instant)
            frame.pts = (code.instant - span.begin) // _MILLISECOND
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _stream(container: OutputContainer, style: Style) -> VideoStream:
    """Add the fastest encoder there is for the style; one thread, because cameras are written side by side."""
    gop = style.gop or 2 * style.fps
    order = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={style.bframes}:b-adapt=0"
    if style.codec == "hevc":
        stream = container.add_stream("libx265", rate=style.fps)
        params = {"x265-params": f"{order}:open-gop=0:log-level=none:pools=none:frame-threads=1"}
        stream.codec_context.codec_tag = "hvc1"
    else:
        stream = container.add_stream("libx264", rate=style.fps)
        params = {"x264-params": f"{order}:threads=1"}
    stream.width, stream.height = style.size
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = _TIME_BASE
    stream.codec_context.thread_type = "FRAME"
    stream.codec_context.options = {"preset": "ultrafast", "crf": "30", **params}
    return stream


def _view(plane: VideoPlane) -> Luma:
    """Return a plane's pixels, shape (height, width), without its padding; writing to it writes to the frame."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
