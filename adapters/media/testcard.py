"""Recordings as a recorder leaves them, made up: one-minute files named by the instant at which they start.

Every frame says in text and in a bar code which frame it is and when it was taken, so a test, a demonstration or an
adapter author can check a cut to the frame. No real picture is needed and none is contained.
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import av

from adapters.media.barcode import Code, UnreadableCodeError, read_code
from adapters.media.planes import view
from adapters.media.recorder import Recorder, Style
from broker.domain.time import TimeSpan

__all__ = ["Code", "Style", "UnreadableCodeError", "read_code", "read_codes", "write_recording", "write_recordings"]


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
    whole = TimeSpan(begin, begin + timedelta(minutes=minutes))
    recorder = Recorder(folder, channel, name or channel, whole, style or Style())
    paths = []
    for span in recorder.segments():
        paths.append(recorder.write(span))
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
    whole = TimeSpan(begin, begin + timedelta(minutes=minutes))
    recorders = [Recorder(folder, channel, name, whole, style or Style()) for channel, name in cameras.items()]
    # The earliest minutes of all cameras come first: a demonstration can start with them.
    work = sorted(((span, number) for number, it in enumerate(recorders) for span in it.segments()))
    # A fresh interpreter for each worker: the caller may have threads, and a fork would copy their locks.
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(work)), mp_context=get_context("spawn")) as pool:
        tasks = [pool.submit(recorders[number].write, span) for span, number in work]
        try:
            for done, task in enumerate(as_completed(tasks), start=1):
                task.result()
                progress(done, len(tasks))
        except BaseException:  # stopped, or one failed: what waits is not written any more
            pool.shutdown(wait=False, cancel_futures=True)
            raise
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
        return [(float(frame.time), read_code(view(frame.planes[0]))) for frame in frames]
