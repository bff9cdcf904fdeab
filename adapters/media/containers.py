"""Video files opened with suspicion: known containers only, no second file, no absurd picture, plain errors."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from adapters.errors import HostilePath, MediaWithoutPictures, MediaWithoutVideo, UnreadableMedia
from adapters.media.mp4_head import read_mp4_head
from adapters.media.stretches import Head

# A text that calls itself .mp4 may be a playlist naming other files: only real containers are let in, only this file.
_OPTIONS = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf",
    "protocol_whitelist": "file",
}
_FULL = {errno.ENOSPC, errno.EDQUOT}
_MOST_PIXELS = 8192 * 8192
# Containers whose clock starts anywhere; in the others nought is the beginning of the file.
_FREE_RUNNING = {"mpegts", "mpeg", "asf"}
# Containers that only count pictures: what FFmpeg adds for a codec that may reorder them is a guess.
_COUNTING = {"avi"}
_LATE_START = timedelta(seconds=1)
_LONGEST = timedelta(days=1)


@contextmanager
def opened(descriptor: int, file: str) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a video by its descriptor, which is closed in any case.

    Args:
        descriptor: open for reading, of a regular file.
        file: what to call it in errors.

    Raises:
        UnreadableMedia: no video in it, with the subclass that says why. FFmpeg's own errors become this too.
    """
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise HostilePath(path=file)
        read_mp4_head(descriptor, file)  # knows better than FFmpeg what is wrong with an MP4
        with (
            only_media_errors(file),
            av.open(f"file:/proc/self/fd/{descriptor}", options=dict(_OPTIONS), metadata_errors="replace") as container,
        ):
            yield container, _video(container, file)
    finally:
        os.close(descriptor)


@contextmanager
def only_media_errors(file: str) -> Iterator[None]:
    """Turn what FFmpeg raises into UnreadableMedia; want of memory or of disk stays what it is."""
    try:
        yield
    except FFmpegError as error:
        if is_no_media_error(error):
            raise
        raise UnreadableMedia(file=file) from error


def is_no_media_error(error: FFmpegError) -> bool:
    """Whether FFmpeg fails for want of memory or of disk, which says nothing about a file."""
    return isinstance(error, MemoryError) or error.errno in _FULL


def origin_shift(container: InputContainer, stream: VideoStream) -> Fraction:
    """Return the time stamp, in seconds, that stands for the beginning of the file. It may go back to its start."""
    if container.format.name in _COUNTING:
        first = next((packet.pts for packet in container.demux(stream) if packet.pts is not None), 0)
        container.seek(0)
        return Fraction(first) * _time_base(stream)
    start = Fraction(stream.start_time or 0) * _time_base(stream)
    free_running = container.format.name in _FREE_RUNNING or not 0 <= start <= Fraction(_LATE_START.seconds)
    return start if free_running else Fraction(0)


def read_head(descriptor: int, file: str) -> Head:
    """Return what any known container says about its length and its beginning.

    Raises:
        UnreadableMedia: as for `opened`, or it has no picture.
    """
    with opened(descriptor, file) as (container, stream):
        late = Fraction(container.start_time or 0, av.time_base) - origin_shift(container, stream)
        duration = timedelta(seconds=float(Fraction(container.duration or 0, av.time_base) + late))
        if not container.duration or not timedelta(0) < duration <= _LONGEST:  # none told, or one that no file has
            duration = _measured(container, stream)
        if not timedelta(0) < duration <= _LONGEST:
            raise MediaWithoutPictures(file=file)
        return Head(duration, _created(container.metadata.get("creation_time", "")))


def _video(container: InputContainer, file: str) -> VideoStream:
    if not container.streams.video:
        raise MediaWithoutVideo(file=file)
    stream = container.streams.video[0]
    if getattr(stream, "codec_context", None) is None:  # a codec that FFmpeg does not have, such as SVAC
        raise UnreadableMedia(file=file)
    if stream.width * stream.height > _MOST_PIXELS:
        raise UnreadableMedia(file=file)
    if not stream.width or not stream.height:
        raise MediaWithoutPictures(file=file)
    # The header may tell a smaller size than the pictures have.
    stream.codec_context.options = {"max_pixels": str(_MOST_PIXELS)}
    # More threads would only cost address space, which is what the sandbox limits.
    stream.thread_count = min(os.cpu_count() or 1, 4)
    return stream


def _measured(container: InputContainer, stream: VideoStream) -> timedelta:
    """Return the length by the time stamps of the packets themselves."""
    shift, base, end = origin_shift(container, stream), _time_base(stream), Fraction(0)
    for packet in container.demux(stream):
        if packet.pts is not None:
            end = max(end, (packet.pts + (packet.duration or 0)) * base - shift)
    return timedelta(seconds=float(end))


def _time_base(stream: VideoStream) -> Fraction:
    return stream.time_base or Fraction(1, 90000)


def _created(told: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(told)
    except ValueError:
        return None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
