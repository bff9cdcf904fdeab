"""Packets of one track put together to pictures; what is damaged is called damaged."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from adapters.rtsp.codecs import Codec, PayloadError
from adapters.rtsp.rtp import Packet

_TIMESTAMPS = 1 << 32
_SEQUENCES = 1 << 16
_MOST_BYTES = 64 * 1024 * 1024


@dataclass
class Picture:
    """The coded units of one picture.

    Attributes:
        ticks: its time stamp, going on beyond 32 bits.
        units: in order, without start codes.
        instant: by the clock of the source, where packets say it.
        damaged: something of it is missing, or of what lay before it.
        discontinuity: the source says that it does not follow the one before.
        ended: its last packet came.
    """

    ticks: int
    units: list[bytes] = field(default_factory=list)
    instant: datetime | None = None
    damaged: bool = False
    discontinuity: bool = False
    ended: bool = False


class Ticks:
    """Time stamps of 32 bits, unrolled: they begin anew every 13 hours."""

    def __init__(self) -> None:
        self._last: int | None = None

    def unrolled(self, timestamp: int) -> int:
        """Return the time stamp nearest to the last one."""
        if self._last is None:
            self._last = timestamp
        ahead = (timestamp - self._last + _TIMESTAMPS // 2) % _TIMESTAMPS - _TIMESTAMPS // 2
        self._last += ahead
        return self._last


class Sequence:
    """Notices packets that are missing."""

    def __init__(self) -> None:
        self._next: int | None = None

    def broken_by(self, number: int) -> bool:
        """Say whether packets are missing before this one."""
        broken = self._next is not None and number != self._next
        self._next = (number + 1) % _SEQUENCES
        return broken


class Assembler:
    """Puts pictures together. A picture ends where another time stamp begins: marks of the end are often wrong."""

    def __init__(self, codec: Codec, ticks: Ticks) -> None:
        self._codec, self._ticks = codec, ticks
        self._sequence = Sequence()
        self._picture: Picture | None = None
        self._size = 0

    def add(self, packet: Packet) -> Iterator[Picture]:
        """Take a packet; yield the picture before, when this one begins another."""
        lost = self._sequence.broken_by(packet.sequence)
        ticks = self._ticks.unrolled(packet.timestamp)
        picture = self._picture
        if picture is not None and picture.ticks != ticks:
            picture.damaged |= self._codec.midway or (lost and not picture.ended)
            yield picture
            picture = None
        if lost:
            self._codec.forget()
        if picture is None:
            self._size = 0
            picture = self._picture = Picture(ticks)
            self._codec.forget()
        picture.damaged |= lost
        picture.instant = picture.instant or packet.instant
        picture.discontinuity |= packet.discontinuity
        picture.ended |= packet.marker
        self._take(picture, packet)

    def last(self) -> Iterator[Picture]:
        """Yield the picture in hand, when the stream has ended behind it."""
        picture, self._picture = self._picture, None
        if picture is not None:
            picture.damaged |= self._codec.midway or not picture.ended
            yield picture

    def _take(self, picture: Picture, packet: Packet) -> None:
        self._size += len(packet.payload)
        if self._size > _MOST_BYTES:
            picture.damaged = True
            picture.units.clear()
            return
        try:
            if packet.payload:
                picture.units += self._codec.units(packet.payload)
        except PayloadError:
            picture.damaged = True
