"""How a file is coded, read from its header and from the pictures where decoding can begin."""

from collections.abc import Callable

from av.codec.context import CodecContext
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from adapters.media.smartcut import avc, hevc
from adapters.media.smartcut.coding import Coding, Entry, Look
from adapters.media.smartcut.nal import DamagedUnitError, joined, units
from adapters.media.smartcut.plain import Plain
from adapters.media.stored import StoredPacket

_Kind = type[avc.Avc] | type[hevc.Hevc]
_CODINGS: dict[str, tuple[_Kind, Callable[[bytes], tuple[int, list[bytes]]]]] = {
    "h264": (avc.Avc, avc.sets_of),
    "hevc": (hevc.Hevc, hevc.sets_of),
}


class Source:
    """The coding of one stream.

    Args:
        stream: of a file that is open.
        joining: False where everything is to be encoded anew.
    """

    def __init__(self, stream: VideoStream, *, joining: bool = True) -> None:
        context: VideoCodecContext = stream.codec_context
        self._look = Look.of(context, stream.average_rate or stream.guessed_rate)
        self.plain = Plain.looking(self._look)
        self._length_size = 0
        self._sets: tuple[bytes, ...] = ()
        self._name = context.name
        known = _CODINGS.get(context.name) if joining else None
        self._kind = known[0] if known else None
        extra = bytes(context.extradata or b"")
        if known and extra[:1] == b"\1":
            try:
                self._length_size, found = known[1](extra)
                self._sets = tuple(found)
            except IndexError:
                self._kind = None
        elif known:
            self._sets = tuple(part for part in _units(extra, 0) if known[0].is_set(part))
        self._codings: dict[tuple[bytes, ...], Coding | None] = {}

    def entry(self, packet: StoredPacket) -> tuple[Coding, Entry]:
        """Return the coding from a key frame on, and whether pictures can be copied from it on."""
        parts = _units(bytes(packet), self._length_size) if self._kind else []
        coding = self._coding(parts)
        if coding is None:
            return self.plain, Entry.NONE
        return coding, Entry.NONE if packet.is_corrupt else coding.entry(parts)

    def ready(self, packet: StoredPacket, coding: Coding, *, opening: bool) -> StoredPacket | None:
        """Return a packet as a track of that coding wants it, or None where it is damaged or needs another header.

        Args:
            packet: may be changed or returned itself.
            coding: that of the track.
            opening: whether what stands before it is not the recording.
        """
        content = bytes(packet)
        parts = _units(content, self._length_size)
        plain = [part for part in parts if not coding.is_set(part)]
        if not plain or packet.is_corrupt or (len(plain) < len(parts) and self._coding(parts) != coding):
            return None
        if opening and coding.entry(parts) is Entry.OPEN:
            plain = coding.broken_off(plain)
        elif self._length_size == 4 and len(plain) == len(parts):  # noqa: PLR2004 - as MP4 has them
            return packet
        made = Packet(joined(plain))
        made.is_keyframe = packet.is_keyframe
        return made

    def _coding(self, parts: list[bytes]) -> Coding | None:
        """Return the coding with the sets that stand in a packet, or else in the header."""
        if self._kind is None:
            return None
        own = tuple(dict.fromkeys(part for part in parts if self._kind.is_set(part)))
        sets = self._sets if all(part in self._sets for part in own) else own
        if sets not in self._codings:
            look = self._look if sets is self._sets else self._looking(parts)
            self._codings[sets] = self._kind.of(look, sets) if look else None
        return self._codings[sets]

    def _looking(self, parts: list[bytes]) -> Look | None:
        """Return the look of a picture whose sets are not those of the header."""
        decoder = CodecContext.create(self._name, "r")
        if not isinstance(decoder, VideoCodecContext):
            return None
        packet = Packet(b"".join(b"\0\0\0\1" + part for part in parts))
        try:
            for _ in (*decoder.decode(packet), *decoder.decode(None)):
                return Look.of(decoder, self._look.rate)
        except FFmpegError:
            return None
        return None


def _units(data: bytes, length_size: int) -> list[bytes]:
    """Return the units of a packet; none where it is damaged."""
    try:
        return units(data, length_size)
    except DamagedUnitError:
        return []
