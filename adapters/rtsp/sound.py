"""Sound beside pictures: AAC (RFC 3640, high bit rate) and G.711."""

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.rtsp.assembly import Ticks
from adapters.rtsp.rtp import Packet
from adapters.rtsp.sdp import Track

_AAC_SAMPLES = 1024
_LONGEST_CONFIG = 64


@dataclass(frozen=True, slots=True)
class Sound:
    """A coded piece of sound: its time stamp, how many samples, and the bytes."""

    ticks: int
    samples: int
    data: bytes


@dataclass(frozen=True)
class Voice:
    """How a track's sound is coded.

    Attributes:
        codec: as FFmpeg calls it.
        rate: samples a second.
        config: what a decoder of AAC has to know.
        frames: whether packets hold frames of AAC behind a list of their lengths.
    """

    codec: str
    rate: int
    config: bytes = b""
    frames: bool = False

    def pieces(self, packet: Packet, ticks: Ticks) -> Iterator[Sound]:
        """Yield the pieces in a packet. One that is broken gives none: a moment of silence, no damaged picture."""
        at = ticks.unrolled(packet.timestamp)
        if not self.frames:
            if packet.payload:
                yield Sound(at, len(packet.payload), packet.payload)
            return
        bits = int.from_bytes(packet.payload[:2], "big")
        count, rest = bits // 16, packet.payload[2 + bits // 8 :]
        sizes = [int.from_bytes(packet.payload[2 + 2 * it : 4 + 2 * it], "big") >> 3 for it in range(count)]
        if bits % 16 or sum(sizes) != len(rest):
            return
        for number, size in enumerate(sizes):
            if size:
                yield Sound(at + number * _AAC_SAMPLES, _AAC_SAMPLES, rest[:size])
            rest = rest[size:]


def voice_of(track: Track) -> Voice | None:
    """Return how the sound of a track is coded, or None when it is not kept."""
    if track.codec in {"PCMA", "PCMU"}:
        return Voice("pcm_alaw" if track.codec == "PCMA" else "pcm_mulaw", track.clock)
    told = {name: track.settings.get(name, "") for name in ("mode", "sizelength", "indexlength", "indexdeltalength")}
    usual = {"sizelength": "13", "indexlength": "3", "indexdeltalength": "3"}
    if track.codec != "MPEG4-GENERIC" or told.pop("mode").lower() != "aac-hbr" or told != usual:
        return None
    try:
        config = bytes.fromhex(track.settings.get("config", ""))
    except ValueError:
        return None
    return Voice("aac", track.clock, config, frames=True) if 2 <= len(config) <= _LONGEST_CONFIG else None  # noqa: PLR2004
