"""One stream that plays, from packets to files; the loops that live and replayed footage share."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.errors import AdapterError, MediaWithoutVideo
from adapters.rtsp.assembly import Assembler, Picture, Ticks
from adapters.rtsp.codecs import CODECS
from adapters.rtsp.dialogue import Dialogue
from adapters.rtsp.messages import Interleaved
from adapters.rtsp.reel import Reels
from adapters.rtsp.rtp import Bye, Packet, PacketError, read_control, read_packet
from adapters.rtsp.sdp import Description, Track
from adapters.rtsp.sound import Voice, voice_of
from adapters.rtsp.timeline import Timeline

_LEAST_HOLE = 1.0
_PLAUSIBLE = timedelta(days=1)


@dataclass
class Medium:
    """A track that was set up: where its packets come, and what its time stamps mean."""

    track: Track
    channel: int
    line: Timeline
    ticks: Ticks
    source: int | None = None

    def is_of(self, packet: Packet) -> bool:
        """Say whether a packet is one of this track, from the sender that began."""
        if packet.payload_type != self.track.payload:
            return False
        self.source = packet.source if self.source is None else self.source
        return packet.source == self.source


class Stream:
    """The pictures, and perhaps the sound, of one talk.

    Args:
        dialogue: described and not yet set up.
        description: what the server said about the stream.
        room: where files are written.
        sound: whether sound is kept.
        headers: for every SETUP.
        ahead: how far the clock of the source is ahead of ours.
    """

    def __init__(
        self,
        dialogue: Dialogue,
        description: Description,
        room: Path,
        *,
        sound: bool,
        headers: Mapping[str, str] | None = None,
        ahead: timedelta = timedelta(0),
    ) -> None:
        track = description.track("video", tuple(CODECS))
        if track is None:
            raise MediaWithoutVideo(file=dialogue.where)
        self._dialogue, self._headers, self._ahead = dialogue, headers or {}, ahead
        self.video = self._set_up(track, 0)
        self._voice: tuple[Voice, Medium] | None = None
        other = description.track("audio", ("MPEG4-GENERIC", "PCMA", "PCMU")) if sound else None
        voice = voice_of(other) if other else None
        if other and voice:
            self._voice = voice, self._set_up(other, 1)
        codec = self.codec = CODECS[track.codec]()
        beside = (self._voice[0], self._voice[1].line) if self._voice else None
        self._assembler = Assembler(codec, self.video.ticks)
        self.reels = Reels(room, codec, track.parameter_sets(), self.video.line, beside)
        self.ended = False
        self.broken: AdapterError | None = None
        self.clock: timedelta | None = None
        self._last: Picture | None = None
        self._interval = 0.0

    def _set_up(self, track: Track, number: int) -> Medium:
        channel = self._dialogue.setup(track, number, self._headers)
        return Medium(track, channel, Timeline(track.clock, self._ahead), Ticks())

    def media(self) -> tuple[Medium, ...]:
        """Return the tracks that were set up."""
        return (self.video, self._voice[1]) if self._voice else (self.video,)

    def pictures(self, pinned: Callable[[Medium, Packet], None]) -> Iterator[Picture]:
        """Yield the pictures as they come; `pinned` is told of the first packet of each track, to pin its time."""
        begun: set[int] = set()
        for medium, packet in self._until_broken(self._media_packets()):
            if medium.channel not in begun:
                begun.add(medium.channel)
                pinned(medium, packet)
            medium.line.arrived(medium.ticks.unrolled(packet.timestamp))
            if medium is not self.video:
                self._hear(medium, packet)
                continue
            yield from self._assembler.add(packet)
            if packet.terminal and packet.marker:
                break
        yield from self._assembler.last()

    def _until_broken(self, packets: Iterator[tuple[Medium, Packet]]) -> Iterator[tuple[Medium, Packet]]:
        """Yield packets until the talk breaks, and note why: what came before is as good as ever."""
        try:
            yield from packets
        except AdapterError as error:
            self.broken = error

    def _media_packets(self) -> Iterator[tuple[Medium, Packet]]:
        """Yield the packets of the tracks that were set up; heed those that speak of them."""
        for found in self._dialogue.packets():
            medium = next((it for it in self.media() if found.channel in {it.channel, it.channel + 1}), None)
            if medium is None:
                continue
            if found.channel != medium.channel:
                self._heed(medium, found)
                if self.ended:
                    return
                continue
            try:
                packet = read_packet(found.packet)
            except PacketError:
                continue  # the hole in the numbers will tell
            if medium.is_of(packet):
                yield medium, packet

    def instant(self, picture: Picture) -> datetime | None:
        """Return the instant of a picture, as far as it is known by now."""
        return picture.instant or self.video.line.instant(picture.ticks)

    def jumps(self, picture: Picture) -> bool:
        """Say whether a picture lies behind a hole in time, or before the last one by more than order explains."""
        last, self._last = self._last, picture
        if last is None:
            return False
        if picture.discontinuity:
            return True
        passed = (picture.ticks - last.ticks) / self.video.line.clock
        if picture.instant and last.instant:
            passed = (picture.instant - last.instant).total_seconds()
        hole = abs(passed) > max(_LEAST_HOLE, 3 * self._interval)
        if passed > 0 and not hole:
            self._interval = max(passed, 0.9 * self._interval)
        return hole

    def _hear(self, medium: Medium, packet: Packet) -> None:
        if packet.instant:
            medium.line.pin = medium.ticks.unrolled(packet.timestamp), packet.instant
        for piece in self._voice[0].pieces(packet, medium.ticks) if self._voice else ():
            self.reels.sound(piece)

    def _heed(self, medium: Medium, found: Interleaved) -> None:
        for it in read_control(found.packet):
            if isinstance(it, Bye):
                self.ended = self.ended or medium is self.video
            elif it.instant is not None and medium.source in {None, it.source}:
                ahead = it.instant - datetime.now(UTC)
                if abs(ahead) > _PLAUSIBLE:
                    continue  # a clock that was never set, or replayed footage
                self.clock = self.clock or ahead
                if medium.line.pin is None:
                    medium.line.pin = medium.ticks.unrolled(it.timestamp), it.instant
