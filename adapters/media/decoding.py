"""Frames with their instants, from any instant on: the one place that seeks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property

from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from adapters.errors import MediaWithoutPictures
from adapters.media.containers import opened, origin_shift
from adapters.media.stored import StoredPacket
from adapters.media.stretches import Stretch

Shown = tuple[VideoFrame, datetime]

# How far before the wanted instant a seek starts, in seconds. Containers seek by decoding time, so with B-frames or
# open groups the first try may land on a key frame that is shown after the instant; the last resort is the beginning.
_LEADS = (0, 1, 5, 30, None)


@dataclass
class Footage:
    """One open file as a sequence of frames. `damaged` tells, after the last frame, that some could not be read.

    `read` is handed every coded packet that `frames` reads.
    """

    stretch: Stretch
    container: InputContainer
    stream: VideoStream
    damaged: bool = False
    read: Callable[[StoredPacket], object] | None = None

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

    def packets(self, begin: datetime) -> Iterator[StoredPacket]:
        """Yield packets as they are stored, from a key frame on.

        That key frame is shown at or before `begin` or, where there is none, is the first of the file.
        """
        for lead in _LEADS if begin > self.stretch.origin else _LEADS[-1:]:
            self._seek(begin, lead)
            packets = self._stored()
            first = next((packet for packet in packets if packet.is_keyframe), None)
            if first is None:
                continue
            stamp = first.pts if first.pts is not None else first.dts
            if lead is None or (stamp is not None and self.instant(stamp) <= begin):
                yield first
                yield from packets
                return

    def packets_from(self, entry: StoredPacket) -> Iterator[StoredPacket]:
        """Yield packets as they are stored, from one that was given before on."""
        for lead in _LEADS:
            self._seek(self.instant(entry.pts or 0), lead)
            packets = self._stored()
            for packet in packets:
                if not packet.is_keyframe or packet.pts is None or packet.pts < (entry.pts or 0):
                    continue
                if (packet.pts, packet.size) != (entry.pts, entry.size):
                    break  # the search went too far
                yield packet
                yield from packets
                return

    def instant(self, stamp: int) -> datetime:
        """Return the instant of a time stamp of the file."""
        # Whole microseconds, like the instants people ask with: a frame is found under the instant it reports.
        step, shift, whole = self._clock
        return self.stretch.origin + timedelta(microseconds=(2 * (stamp * step - shift) + whole) // (2 * whole))

    @cached_property
    def _clock(self) -> tuple[int, int, int]:
        """The microseconds of a tick and of nought, both times the third number, so that all three are whole."""
        step, shift = self._base * 1_000_000, self._shift * 1_000_000
        whole = step.denominator * shift.denominator
        return step.numerator * shift.denominator, shift.numerator * step.denominator, whole

    def _stored(self) -> Iterator[StoredPacket]:
        try:
            for packet in self.container.demux(self.stream):
                if packet.size:
                    yield packet
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            self.damaged = True

    def _seek(self, begin: datetime, lead: int | None) -> None:
        shift, self.damaged = self._shift, False
        with suppress(FFmpegError):  # beyond the last key frame; a longer lead finds it
            if lead is None:
                self.container.seek(0)  # before every time stamp, of whatever clock
                return
            ahead = (begin - self.stretch.origin).total_seconds() - lead
            seconds = shift + Fraction(max(ahead, 0))
            self.container.seek(int(seconds / self._base), stream=self.stream, backward=True)

    def _decoded(self) -> Iterator[Shown]:
        for frame in self._raw():
            stamp = frame.pts if frame.pts is not None else frame.dts
            if frame.is_corrupt or stamp is None:
                self.damaged = True
                continue
            yield frame, self.instant(stamp)

    def _raw(self) -> Iterator[VideoFrame]:
        """Yield what the decoder gives; a damaged packet costs its frames, a damaged container what follows."""
        try:
            for packet in self.container.demux(self.stream):
                if self.read is not None and packet.size:
                    self.read(packet)
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

    @cached_property
    def _shift(self) -> Fraction:
        return origin_shift(self.container, self.stream)

    @cached_property
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
