"""What of a span really has pictures, counted while they pass."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.media.stretches import SEAM
from broker.domain.time import TimeSpan, merge

_TELL_EVERY = timedelta(seconds=1)
# A camera may leave out pictures while nothing moves. Longer than this, and far longer than it did just before, is a
# hole in the recording.
_LONGEST_PAUSE = timedelta(seconds=2)
_USUAL_PAUSES = 4


@dataclass
class Share:
    """What one file gave of its share of the span."""

    span: TimeSpan
    runs: list[tuple[datetime, datetime]] = field(default_factory=list)
    interval: timedelta = timedelta(0)

    def add(self, at: datetime) -> None:
        """Count a picture; instants rise."""
        if not self.runs:
            self.runs.append((at, at))
            return
        begin, last = self.runs[-1]
        pause = at - last
        if pause > max(_LONGEST_PAUSE, _USUAL_PAUSES * self.interval) and self.interval:
            self.runs[-1] = begin, last + self.interval
            self.runs.append((at, at))
        else:
            self.interval = pause
            self.runs[-1] = begin, at

    def obtained(self) -> Iterator[TimeSpan]:
        """Yield the spans that have pictures: the whole of it, unless they begin late, end early or have holes.

        A picture stands for the time until the next, so half a second without one at either end is no hole.
        """
        usual = max(self.interval, SEAM)
        for number, (first, last) in enumerate(self.runs):
            begin, end = first, max(last, first + timedelta.resolution)
            if number == 0 and first - self.span.begin <= usual:
                begin = self.span.begin
            if number == len(self.runs) - 1:
                whole = self.span.end - last <= usual
                end = self.span.end if whole else last + max(self.interval, timedelta.resolution)
            yield TimeSpan(begin, end)


@dataclass
class Account:
    """The pictures of one file of a clip, over the files that they came from.

    Attributes:
        zero: the beginning of the span asked for.
        progress: told about once a second of footage how far into the span it has come, in seconds.
    """

    zero: datetime
    progress: Callable[[float], None]
    shares: list[Share] = field(default_factory=list)
    first: datetime | None = None
    last: datetime | None = None
    _at: int = 0
    _told: datetime | None = None

    def expect(self, span: TimeSpan) -> None:
        """Open the share of the next file."""
        self.shares.append(Share(span))

    def add(self, at: datetime) -> None:
        """Count a picture as it leaves; instants rise."""
        while self._at < len(self.shares) - 1 and at >= self.shares[self._at].span.end:
            self._at += 1
        self.shares[self._at].add(at)
        self.first, self.last = self.first or at, at
        if self._told is None or at - self._told >= _TELL_EVERY:
            self._told = at
            self.progress((at - self.zero).total_seconds())

    def obtained(self) -> tuple[TimeSpan, ...]:
        """Return what has pictures: merged, sorted. Between files there is none but what a share was said to reach."""
        return merge(span for share in self.shares for span in share.obtained())
