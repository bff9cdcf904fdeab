"""Instants and spans: every instant is aware and in UTC, every span is half open, [begin, end)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from broker.domain.errors import Invalid


class Clock(Protocol):
    """Where the time comes from; handed in, so that tests can choose it."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def aware(instant: datetime, pointer: str = "") -> datetime:
    """Return the instant in UTC.

    Raises:
        Invalid: the instant has no offset; `pointer` is the JSON pointer of the field it came from.
    """
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise Invalid("naive-time", pointer=pointer, value=instant.isoformat())
    return instant.astimezone(UTC)


@dataclass(frozen=True, order=True)
class TimeSpan:
    """A half-open span of time, [begin, end), in UTC and never empty."""

    begin: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "begin", aware(self.begin, "/begin"))
        object.__setattr__(self, "end", aware(self.end, "/end"))
        if self.end <= self.begin:
            raise Invalid("reversed-time", pointer="/end", begin=self.begin.isoformat(), end=self.end.isoformat())

    @property
    def duration(self) -> timedelta:
        return self.end - self.begin

    @property
    def seconds(self) -> float:
        return self.duration.total_seconds()

    def moved(self, by: timedelta) -> "TimeSpan":
        """Return the span that much later."""
        return TimeSpan(self.begin + by, self.end + by)

    def holds(self, other: "TimeSpan") -> bool:
        return self.begin <= other.begin and other.end <= self.end

    def holds_instant(self, instant: datetime) -> bool:
        return self.begin <= instant < self.end

    def overlap(self, other: "TimeSpan") -> "TimeSpan | None":
        """Return the part that both spans share, or None."""
        begin, end = max(self.begin, other.begin), min(self.end, other.end)
        return TimeSpan(begin, end) if begin < end else None


def merge(spans: Iterable[TimeSpan], tolerance: timedelta = timedelta(0)) -> tuple[TimeSpan, ...]:
    """Join spans that overlap, touch or lie at most `tolerance` apart; the result is sorted and disjoint."""
    merged: list[TimeSpan] = []
    for span in sorted(spans):
        if merged and span.begin <= merged[-1].end + tolerance:
            merged[-1] = TimeSpan(merged[-1].begin, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def missing(asked: TimeSpan, present: Iterable[TimeSpan]) -> tuple[TimeSpan, ...]:
    """Return the parts of `asked` that none of the `present` spans covers, in order."""
    gaps: list[TimeSpan] = []
    reached = asked.begin
    for span in merge(present):
        if span.end <= reached:
            continue
        if span.begin >= asked.end:
            break
        if span.begin > reached:
            gaps.append(TimeSpan(reached, span.begin))
        reached = span.end
    if reached < asked.end:
        gaps.append(TimeSpan(reached, asked.end))
    return tuple(gaps)
