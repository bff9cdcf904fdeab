"""One file of a clip: pictures that were copied and pictures that were encoded anew, in one track, with their sound."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import av
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext

from adapters.media.containers import is_no_media_error
from adapters.media.smartcut.account import Account
from adapters.media.smartcut.coding import Coding
from adapters.media.smartcut.encoder import TIME_BASE, Encoder
from adapters.media.smartcut.excerpt import Copied, Taken
from adapters.media.smartcut.pace import Pace
from adapters.media.smartcut.sound import Heard, Sound
from adapters.media.stored import StoredPacket

# The index stands first, so that it plays over the net from the beginning; pauses are kept to the tick.
_OPTIONS = {"movflags": "faststart+negative_cts_offsets", "movie_timescale": str(TIME_BASE.denominator)}


class UnjoinableError(ValueError):
    """Copied and new pictures cannot be put together as they should."""


@dataclass
class Written:
    """What is in a file, for those who check it: ticks are of `TIME_BASE` since the beginning of the span asked for."""

    frames: int = 0
    reencoded: int = 0
    first: int = 0
    last: int = 0
    seams: list[int] = field(default_factory=list)


class Reel:
    """Writes one file.

    Args:
        target: is written; complete after `close`.
        coding: of its pictures.
        sound: of its first stretch, or None for a silent file.
        account: is told every picture; its zero is nought in the file.
    """

    def __init__(self, target: Path, coding: Coding, sound: Sound | None, account: Account) -> None:
        self.target, self.coding, self.account, self.written = target, coding, account, Written()
        self.sound, self.sound_key = sound.codec if sound else "", sound.key if sound else None
        self._container = av.open(str(target), "w", format="mp4", options=dict(_OPTIONS))
        self._video = self._container.add_stream(coding.ENCODER, rate=coding.look.rate)
        context = self._video.codec_context
        assert isinstance(context, VideoCodecContext)  # noqa: S101 - for the type checker
        self._encoder = Encoder(coding, context)
        context.extradata = coding.record(self._encoder.sets)
        self._video.time_base = TIME_BASE
        self._audio = sound.track(self._container) if sound else None
        self._pace: Pace[StoredPacket] = Pace()
        self._given = 0
        self._drawing: bool | None = None
        self._interval = 0
        self._heard_until: int | None = None

    def add(self, taken: Taken) -> None:
        """Take the next picture in the order of decoding.

        Raises:
            UnjoinableError: it does not fit behind those before it.
        """
        self._given += 1
        drawing = not isinstance(taken, Copied)
        if self._drawing is not None and drawing != self._drawing:
            self._place(self._encoder.finish() if self._drawing else [])
            self.written.seams.append(self._tick(taken.at))
        self._drawing = drawing
        if isinstance(taken, Copied):
            taken.packet.pts = self._tick(taken.at)
            self._place([taken.packet], taken.at)
        else:
            self.written.reencoded += 1
            self._place(self._encoder.encode(taken.frame, self._tick(taken.at), taken.at))

    def hear(self, heard: Heard) -> None:
        """Take a packet of sound; one that begins while the last still lasts is dropped."""
        if self._audio is None or (self._heard_until is not None and heard.tick < self._heard_until):
            return
        packet = heard.packet
        packet.pts = packet.dts = heard.tick
        packet.duration, packet.time_base, packet.stream = heard.ticks, heard.base, self._audio
        self._heard_until = heard.tick + heard.ticks
        self._write(packet)

    def close(self) -> None:
        """End the file.

        Raises:
            UnjoinableError: as for `add`.
        """
        self._place(self._encoder.finish())
        for item, decoded, at in self._pace.rest():
            self._shown(item, decoded, at)
        self._container.close()
        if self.written.frames != self._given:
            raise UnjoinableError("pictures were lost on the way")

    def abandon(self) -> None:
        """Let go of the file, whatever is in it."""
        with suppress(FFmpegError):
            self._container.close()

    def _place(self, packets: list[StoredPacket], at: datetime | None = None) -> None:
        for packet in packets:
            tick = packet.pts or 0
            instant = at or self.account.zero + timedelta(microseconds=round(tick * TIME_BASE * 1_000_000))
            for item, decoded, shown in self._pace.add(packet, tick, instant):
                self._shown(item, decoded, shown)

    def _shown(self, packet: StoredPacket, decoded: int | None, at: datetime) -> None:
        if decoded is None:
            raise UnjoinableError("pictures too close to each other")
        tick, written = self._tick(at), self.written
        if written.frames == 0:
            written.first = tick
        else:
            self._interval = tick - written.last
        written.last = tick
        written.frames += 1
        self.account.add(at)
        packet.dts, packet.duration = decoded, self._interval
        packet.time_base, packet.stream = TIME_BASE, self._video
        self._write(packet)

    def _write(self, packet: StoredPacket) -> None:
        try:
            self._container.mux(packet)
        except FFmpegError as error:
            if is_no_media_error(error):
                raise
            raise UnjoinableError("not what MP4 can hold") from error

    def _tick(self, at: datetime) -> int:
        return round((at - self.account.zero) // timedelta.resolution * TIME_BASE.denominator / 1_000_000)
