"""Frames with their instants, from any instant on: the one place that seeks."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from adapters.errors import MediaWithoutPictures
from adapters.media.containers import opened, origin_shift
from adapters.media.stretches import Stretch

Shown = tuple[VideoFrame, datetime]

# How far before the wanted instant a seek starts, in seconds. Containers seek by decoding time, so with B-frames or
# open groups the first try may land on a key frame that is shown after the instant; the last resort is the beginning.
_LEADS = (0, 1, 5, 30, None)


@dataclass
class Footage:
    """One open file as a sequence of frames. `damaged` tells, after the last frame, that some could not be read."""

    stretch: Stretch
    container: InputContainer
    stream: VideoStream
    damaged: bool = False

    def frames(self, begin: datetime) -> Iterator[Shown]:
        """Yield frames with their instants, in the order shown.

        The first is shown at `begin` or, where the file has none so early, is the first of the file.

        Raises:
            MediaWithoutPictures: not one frame of the file can be decoded.
        """
        for lead in _LEADS if begin > self.stretch.origin else _LEADS[-1:]:
            self._seek(begin, lead)
            frames = self._decoded()
            first = next(frames, None)
            if first is not None and (lead is None or first[1] <= begin):
                yield first
                yield from frames
                return
        raise MediaWithoutPictures(file=self.stretch.file)

    def _seek(self, begin: datetime, lead: int | None) -> None:
        shift = origin_shift(self.container, self.stream)
        ahead = (begin - self.stretch.origin).total_seconds() - (lead or 0)
        seconds = shift if lead is None else shift + Fraction(max(ahead, 0))
        self.damaged = False
        with suppress(FFmpegError):  # beyond the last key frame; a longer lead finds it
            self.container.seek(int(seconds / self._base), stream=self.stream, backward=True)

    def _decoded(self) -> Iterator[Shown]:
        shift = origin_shift(self.container, self.stream)
        for frame in self._raw():
            stamp = frame.pts if frame.pts is not None else frame.dts
            if frame.is_corrupt or stamp is None:
                self.damaged = True
                continue
            # Whole microseconds, like the instants people ask with: a frame is found under the instant it reports.
            microseconds = round((stamp * self._base - shift) * 1_000_000)
            yield frame, self.stretch.origin + timedelta(microseconds=microseconds)

    def _raw(self) -> Iterator[VideoFrame]:
        """Yield what the decoder gives; a damaged packet costs its frames, a damaged container what follows."""
        try:
            for packet in self.container.demux(self.stream):
                try:
                    yield from packet.decode()
                except InvalidDataError:
                    self.damaged = True
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            self.damaged = True
            yield from self._rest()

    def _rest(self) -> Iterator[VideoFrame]:
        try:
            yield from self.stream.decode(None)
        except FFmpegError:
            self.damaged = True

    @property
    def _base(self) -> Fraction:
        return self.stream.time_base or Fraction(1, 90000)


@contextmanager
def footage(stretch: Stretch) -> Iterator[Footage]:
    """Open a stretch for decoding.

    Raises:
        UnreadableMedia: the file is no video.
    """
    with opened(stretch.open(), stretch.file) as (container, stream):
        yield Footage(stretch, container, stream)
