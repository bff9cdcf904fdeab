"""The pictures of one file that lie in a span: as they were coded where that is possible, decoded where it is not."""

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from av.video.frame import VideoFrame

from adapters.media.decoding import Footage
from adapters.media.smartcut.coding import Coding, Entry
from adapters.media.smartcut.pace import DEPTH
from adapters.media.smartcut.source import Source
from adapters.media.stored import StoredPacket
from broker.domain.time import TimeSpan

# Two pictures nearer to each other than the time base of a clip is fine cannot both be in it.
CLOSEST = timedelta(microseconds=12)


class Digest(Protocol):
    """What notes the packets that were read; `hashlib` makes such things."""

    def update(self, content: StoredPacket, /) -> None: ...


@dataclass(frozen=True)
class Copied:
    """A picture as it was coded."""

    coding: Coding
    at: datetime
    packet: StoredPacket
    key: bool


@dataclass(frozen=True)
class Drawn:
    """A picture that was decoded and has to be encoded again."""

    coding: Coding
    at: datetime
    frame: VideoFrame


Taken = Copied | Drawn


class Excerpt:
    """Takes the pictures of `span` out of one file, in the order of decoding.

    `damaged` tells afterwards that some packets were not as they were written.

    Args:
        film: the open file.
        span: half open; nothing from outside of it is given.
        after: an instant that every picture has to be later than.
        digest: is told every packet of the span, and those before it that are needed, once and in order.
        source: how the file is coded.
    """

    def __init__(self, film: Footage, span: TimeSpan, after: datetime, digest: Digest, source: Source) -> None:
        self._film, self._span, self._digest, self._source = film, span, digest, source
        self._reached = after
        self._noted: int | None = None
        self._coding: Coding | None = None
        self.damaged = False

    def pictures(self) -> Generator[Taken]:
        """Yield the pictures.

        Raises:
            MediaWithoutPictures: nothing of the file can be decoded.
        """
        position, passed = max(self._span.begin, self._reached + CLOSEST), self._reached
        while position < self._span.end:
            entry = self._entry(position, passed)
            until = entry.at if entry else self._span.end
            if position < until:
                yield from self._drawn(position, until)
            if entry is None:
                return
            position, passed = yield from self._copied(entry)

    def _entry(self, position: datetime, passed: datetime) -> Copied | None:
        """Return the first picture at or after `position` from which on can be copied, and set the coding before it."""
        self._coding, beyond = None, 0
        for packet, at in self._noting(self._film.packets(position)):
            beyond += at >= self._span.end
            if beyond > DEPTH:
                return None
            if not packet.is_keyframe or packet.pts is None:
                continue
            coding, entry = self._source.entry(packet)
            self._coding = self._coding or coding
            if entry is not Entry.NONE and max(position, passed + CLOSEST) <= at < self._span.end:
                self._coding = coding
                return Copied(coding, at, packet, key=True)
        return None

    def _drawn(self, begin: datetime, end: datetime) -> Iterator[Drawn]:
        coding = self._coding or self._source.plain
        for frame, at in self._film.frames(begin):
            if at >= end:
                break
            if at >= begin and at - self._reached >= CLOSEST:
                self._reached = at
                yield Drawn(coding, at, frame)
        self.damaged |= self._film.damaged

    def _copied(self, entry: Copied) -> Generator[Taken, None, tuple[datetime, datetime]]:
        """Yield pictures from an entry on; return from where on, and after which entry, the next is to be sought."""
        window: deque[Copied] = deque()
        leading, newest, latest = True, entry.at, entry.at
        packets = self._noting(self._film.packets_from(entry.packet))
        for packet, at in packets:
            if leading and window:
                if at < entry.at:
                    continue  # shown before the entry, and drawn there
                leading = False
            copied = self._copy(entry, packet, at, opening=not window)
            follows = at - latest >= CLOSEST or not window
            if copied is None or not (follows or self._in_order(copied, window, newest)):
                self.damaged |= copied is None and at < self._span.end and not packet.is_keyframe
                following = [at, *(later for _, later in islice(packets, DEPTH))]
                return (yield from self._broken_off(window, following)), entry.at
            if len(window) >= DEPTH:
                yield self._released(oldest := window.popleft())
                newest = max(newest, oldest.at)
            window.append(copied)
            latest = max(latest, at)
        return (yield from self._broken_off(window, [])), entry.at

    def _copy(self, entry: Copied, packet: StoredPacket, at: datetime, *, opening: bool) -> Copied | None:
        """Return a packet ready for the clip, or None where it cannot simply follow those before it."""
        if packet.pts is None or at >= self._span.end:
            return None
        ready = self._source.ready(packet, entry.coding, opening=opening)
        return None if ready is None else Copied(entry.coding, at, ready, key=packet.is_keyframe)

    @staticmethod
    def _in_order(copied: Copied, window: deque[Copied], newest: datetime) -> bool:
        """Whether a picture that is shown before others is later than all that it cannot be meant to come before."""
        return copied.at - newest >= CLOSEST and all(abs(copied.at - it.at) >= CLOSEST for it in window)

    def _broken_off(self, window: deque[Copied], following: list[datetime]) -> Generator[Taken, None, datetime]:
        """Yield of the last pictures those that nothing can come before; return from where on to draw the rest."""
        wanted = [at for at in following if at < self._span.end]
        kept = list(window)
        while kept and wanted and max(it.at for it in kept) >= min(wanted):
            wanted.append(kept.pop().at)
        for copied in kept:
            yield self._released(copied)
        return max(min(wanted, default=self._span.end), self._reached + CLOSEST)

    def _released(self, copied: Copied) -> Copied:
        self._reached = max(self._reached, copied.at)
        return copied

    def _noting(self, packets: Iterator[StoredPacket]) -> Iterator[tuple[StoredPacket, datetime]]:
        """Yield packets with the instants at which they are shown, and tell the digest what it does not know yet."""
        for packet in packets:
            stamp, place = (packet.pts, packet.dts) if packet.pts is not None else (packet.dts, packet.dts)
            if stamp is None:
                continue
            at, place = self._film.instant(stamp), stamp if place is None else place
            if at < self._span.end and (self._noted is None or place > self._noted):
                self._noted = place
                self._digest.update(packet)
            yield packet, at
        self.damaged |= self._film.damaged
