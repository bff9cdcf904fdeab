"""Packets of RTP and RTCP (RFC 3550) with the extension header of ONVIF, which tells each picture's instant."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_ONVIF = 0xABAC
_ONVIF_WORDS = 3
_HEAD = 12
_VERSION = 2
_SENDER_REPORT, _BYE = 200, 203
_REPORT_SIZE = 28
_NTP_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)
_NTP_ERA = 1 << 32
_UNIX_IN_NTP = 2_208_988_800


class PacketError(ValueError):
    """The bytes are no packet."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of media.

    Attributes:
        marker: set on the last packet of a picture.
        payload_type: which codec.
        sequence: 16 bits, one more each packet.
        timestamp: 32 bits, in ticks of the track's clock.
        source: of which sender (SSRC).
        payload: the coded bytes.
        instant: of the picture by the clock of the source, where the packet says it.
        discontinuity: the source says that this picture does not follow the one before.
        terminal: the source says that nothing follows this picture.
    """

    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    source: int
    payload: bytes
    instant: datetime | None = None
    discontinuity: bool = False
    terminal: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A sender's word which instant of its clock a time stamp is; None where its clock makes no sense."""

    source: int
    timestamp: int
    instant: datetime | None


@dataclass(frozen=True, slots=True)
class Bye:
    """A sender's word that nothing more comes."""


def read_packet(data: bytes) -> Packet:
    """Read a packet of media.

    Raises:
        PacketError: it is cut off or of another version.
    """
    if len(data) < _HEAD or data[0] >> 6 != _VERSION:
        raise PacketError
    at = _HEAD + 4 * (data[0] & 0x0F)
    instant, flags = None, 0
    if data[0] & 0x10:
        if len(data) < at + 4:
            raise PacketError
        profile, words = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        extension = data[at + 4 : at + 4 + 4 * words]
        if len(extension) < 4 * words:
            raise PacketError
        if profile == _ONVIF and words >= _ONVIF_WORDS:
            instant, flags = _instant(extension[:8]), extension[8]
        at += 4 + 4 * words
    end = len(data) - (data[-1] if data[0] & 0x20 else 0)
    if end < at:
        raise PacketError
    return Packet(
        marker=bool(data[1] & 0x80),
        payload_type=data[1] & 0x7F,
        sequence=int.from_bytes(data[2:4], "big"),
        timestamp=int.from_bytes(data[4:8], "big"),
        source=int.from_bytes(data[8:12], "big"),
        payload=data[at:end],
        instant=instant,
        discontinuity=bool(flags & 0x20),
        terminal=bool(flags & 0x10),
    )


def read_control(data: bytes) -> list[Report | Bye]:
    """Return the reports and farewells of a control packet, as far as it can be read."""
    found: list[Report | Bye] = []
    while len(data) >= 4 and data[0] >> 6 == _VERSION:  # noqa: PLR2004 - the head of each part
        size = 4 + 4 * int.from_bytes(data[2:4], "big")
        part, data = data[:size], data[size:]
        if len(part) < size:
            break
        if part[1] == _SENDER_REPORT and size >= _REPORT_SIZE:
            source, timestamp = int.from_bytes(part[4:8], "big"), int.from_bytes(part[16:20], "big")
            found.append(Report(source, timestamp, _instant(part[8:16])))
        elif part[1] == _BYE:
            found.append(Bye())
    return found


def _instant(ntp: bytes) -> datetime | None:
    """Return an instant of NTP, None for nought. A clock that was never set gives an instant far away from now."""
    seconds, fraction = int.from_bytes(ntp[:4], "big"), int.from_bytes(ntp[4:], "big")
    if not seconds:
        return None
    if seconds < _UNIX_IN_NTP:  # the count begins anew in 2036
        seconds += _NTP_ERA
    return _NTP_EPOCH + timedelta(seconds=seconds, microseconds=round(fraction * 1_000_000 / _NTP_ERA))
