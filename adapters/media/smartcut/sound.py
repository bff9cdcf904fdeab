"""The sound of a file: copied where MP4 can hold it, else encoded anew, never from before or after the span."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil, floor

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Discard

from adapters.media.containers import opened, origin_shift
from adapters.media.stored import StoredPacket
from adapters.media.stretches import Stretch
from broker.domain.time import TimeSpan

_COPIED = {"aac", "opus", "mp3"}
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_LARGEST_HOLE = Fraction(1, 20)  # seconds without samples after which sound begins anew
_AAC_FRAME = 1024

Key = tuple[str, int, str, bytes]


@dataclass(frozen=True)
class Heard:
    """A packet of sound: `tick` and `ticks` are when and how long, in `base`, since nought of the clip."""

    packet: StoredPacket
    tick: int
    ticks: int
    base: Fraction


class Sound:
    """The sound of one open file.

    Attributes:
        transcoded: whether it is encoded anew.
        codec: what it is in the clip.
        key: what has to be alike for two stretches to share a track.
    """

    def __init__(self, stretch: Stretch, container: InputContainer, stream: AudioStream, shift: Fraction) -> None:
        self._stretch, self._container, self._stream, self._shift = stretch, container, stream, shift
        context = stream.codec_context
        self.transcoded = context.name not in _COPIED
        self.codec = "aac" if self.transcoded else context.name
        rate = context.sample_rate
        self._rate = rate if not self.transcoded else min(_RATES, key=lambda known: abs(known - rate))
        self._layout = context.layout.name if not self.transcoded else ("mono" if context.channels == 1 else "stereo")
        header = b"" if self.transcoded else bytes(context.extradata or b"")
        self.key: Key = (self.codec, self._rate, self._layout, header)

    def track(self, container: OutputContainer) -> AudioStream:
        """Add the track for this sound to a file."""
        if not self.transcoded:
            return container.add_stream_from_template(self._stream)
        return container.add_stream("aac", rate=self._rate, layout=self._layout)

    def packets(self, span: TimeSpan, zero: datetime) -> Iterator[Heard]:
        """Yield the packets that lie in the span from their first sample to their last; damage ends them."""
        begin, end, nought = (self._seconds(it) for it in (span.begin, span.end, zero))
        base = self._stream.time_base or Fraction(1, self._rate)
        try:
            self._container.seek(max(int((begin + self._shift) / base) - 1, 0), stream=self._stream, backward=True)
        except FFmpegError:
            return
        wanted = self._encoded(begin, end) if self.transcoded else self._copied(begin, end)
        for packet, at, lasts in wanted:
            yield Heard(packet, round((at - nought) * self._rate), round(lasts * self._rate), Fraction(1, self._rate))

    def _seconds(self, instant: datetime) -> Fraction:
        """Return an instant on the file's own clock."""
        gone = instant - self._stretch.origin
        return Fraction(gone.days * 86400 + gone.seconds) + Fraction(gone.microseconds, 1_000_000)

    def _stored(self, end: Fraction) -> Iterator[tuple[StoredPacket, Fraction, Fraction]]:
        base = self._stream.time_base or Fraction(1, self._rate)
        try:
            for packet in self._container.demux(self._stream):
                if packet.pts is None or not packet.size:
                    continue
                at = packet.pts * base - self._shift
                if at >= end:
                    return
                yield packet, at, (packet.duration or 0) * base
        except FFmpegError as error:
            if isinstance(error, MemoryError):
                raise

    def _copied(self, begin: Fraction, end: Fraction) -> Iterator[tuple[StoredPacket, Fraction, Fraction]]:
        for packet, at, lasts in self._stored(end):
            if at >= begin and at + lasts <= end:
                yield packet, at, lasts

    def _encoded(self, begin: Fraction, end: Fraction) -> Iterator[tuple[StoredPacket, Fraction, Fraction]]:
        encoder: _Aac | None = None
        for packet, _, _ in self._stored(end):
            try:
                frames = self._stream.decode(packet)
            except FFmpegError:
                continue
            for frame in frames:
                if frame.pts is None or frame.time_base is None:
                    continue
                at = frame.pts * frame.time_base - self._shift
                part, at = _trimmed(frame, at, begin, end)
                if part is None:
                    continue
                if encoder and abs(at - encoder.until) > _LARGEST_HOLE:
                    yield from encoder.finish()
                    encoder = None
                encoder = encoder or _Aac(self._rate, self._layout, at)
                yield from encoder.encode(part)
        if encoder:
            yield from encoder.finish()


@contextmanager
def heard(stretch: Stretch) -> Iterator[Sound | None]:
    """Open the sound of a stretch; None where it has none that can be read.

    Raises:
        UnreadableMedia: the file is no video.
    """
    with opened(stretch.open(), stretch.file) as (container, video):
        streams = [it for it in container.streams.audio if getattr(it, "codec_context", None) is not None]
        shift = origin_shift(container, video)
        for stream in container.streams:
            if not streams or stream.index != streams[0].index:
                stream.discard = Discard.all
        usable = bool(streams) and streams[0].codec_context.sample_rate > 0
        yield Sound(stretch, container, streams[0], shift) if usable else None


class _Aac:
    """Encodes one unbroken run of sound that begins at `at`."""

    def __init__(self, rate: int, layout: str, at: Fraction) -> None:
        context = av.CodecContext.create("aac", "w")
        context.sample_rate, context.layout, context.format = rate, layout, "fltp"
        context.time_base = Fraction(1, rate)
        context.flags |= Flags.global_header
        self._context, self._rate, self._at = context, rate, at
        self._resampler = AudioResampler("fltp", layout, rate, frame_size=_AAC_FRAME)
        self._given = 0
        self.until = at

    def encode(self, frame: AudioFrame) -> Iterator[tuple[StoredPacket, Fraction, Fraction]]:
        self.until += Fraction(frame.samples, frame.sample_rate)
        frame.pts = None
        yield from self._through(self._resampler.resample(frame))

    def finish(self) -> Iterator[tuple[StoredPacket, Fraction, Fraction]]:
        yield from self._through(self._resampler.resample(None))
        yield from self._timed(self._context.encode(None))

    def _through(self, frames: list[AudioFrame]) -> Iterator[tuple[StoredPacket, Fraction, Fraction]]:
        for frame in frames:
            frame.pts, frame.time_base = self._given, Fraction(1, self._rate)
            self._given += frame.samples
            yield from self._timed(self._context.encode(frame))

    def _timed(self, packets: list[StoredPacket]) -> Iterator[tuple[StoredPacket, Fraction, Fraction]]:
        for packet in packets:
            # The first packet only winds the encoder up; it would lie before the beginning.
            if packet.pts is not None and packet.pts >= 0 and packet.pts + _AAC_FRAME <= self._given:
                yield packet, self._at + Fraction(packet.pts, self._rate), Fraction(_AAC_FRAME, self._rate)


def _trimmed(frame: AudioFrame, at: Fraction, begin: Fraction, end: Fraction) -> tuple[AudioFrame | None, Fraction]:
    """Return the samples of a frame that lie in [begin, end), and when they begin."""
    rate = frame.sample_rate
    first = max(ceil((begin - at) * rate), 0)
    last = min(floor((end - at) * rate), frame.samples)
    if first >= last:
        return None, at
    if (first, last) == (0, frame.samples):
        return frame, at
    step = 1 if frame.format.is_planar else len(frame.layout.channels)
    samples = frame.to_ndarray()[:, first * step : last * step].copy()
    part = AudioFrame.from_ndarray(samples, frame.format.name, frame.layout.name)
    part.sample_rate = rate
    return part, at + Fraction(first, rate)
