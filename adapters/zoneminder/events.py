"""Events of ZoneMinder: what its API says about a recording, and what of that can be believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from adapters.errors import ImpossibleAnswer
from adapters.local_times import readings
from adapters.web.recordings import LONGEST_LEAD, Placed
from broker.domain.time import TimeSpan

LOCAL = "%Y-%m-%d %H:%M:%S"
_SECOND = timedelta(seconds=1)
_LONGEST = timedelta(days=2)
# A last picture's share and the rounding of the length; what is more is a beginning before the stated one.
_TOLERANCE = timedelta(seconds=0.5)
# The stated length is that from beginning to end, both cut to seconds; further apart, nobody knows what it is.
_CUT = timedelta(seconds=2)


@dataclass(frozen=True)
class Event:
    """One recording.

    Attributes:
        number: its identity.
        start: as stated, to the second.
        end: as stated; None while it is being recorded.
        length: as stated, to the hundredth of a second, from the instant before `start` was cut to seconds.
        frames: how many there are.
        now: up to when it is being recorded, where it has no end.
    """

    number: int
    start: datetime
    end: datetime | None
    length: timedelta
    frames: int
    now: datetime

    @property
    def name(self) -> str:
        return f"event {self.number}"

    @property
    def span(self) -> TimeSpan:
        """What it holds as far as is stated; the last second is cut off in the statement and not in the recording."""
        end = self.now if self.end is None else self.end + _SECOND
        return TimeSpan(self.start, max(end, self.start + _SECOND))

    def placed(self, duration: timedelta, where: str) -> Placed:
        """Say where a file of this length stands in time.

        Recording begins with the key frame before the event, and sometimes the event begins later than its file: then
        the file is longer than the event, and what is more lies before the stated start.

        Raises:
            ImpossibleAnswer: the file is so much longer that nobody knows where it stands, or the stated length is not
                that of the event.
        """
        if self.end is not None and abs(self.end - self.start - self.length) > _CUT:
            raise ImpossibleAnswer(where=where, problem=f"{self.name}: Length")
        lead = duration - self.length - duration / max(self.frames, 1)
        if self.end is None or lead <= _TOLERANCE:
            return Placed(self.start, duration)
        if lead > LONGEST_LEAD:
            raise ImpossibleAnswer(where=where, problem=f"{self.name}: {duration.total_seconds():.0f} s")
        return Placed(self.start - lead, duration)


def event_of(row: Mapping[str, object], monitor: str, zone: ZoneInfo, now: datetime, where: str) -> Event | None:
    """Read an event as the API gives it; None for one of another monitor.

    Raises:
        ImpossibleAnswer: it cannot be read.
    """
    try:
        number, length = int(str(row["Id"])), timedelta(seconds=float(str(row.get("Length") or 0)))
        if int(str(row["MonitorId"])) != int(monitor):
            return None
        start, end = _instants(str(row["StartDateTime"]), row.get("EndDateTime"), length, zone, now)
        frames = int(str(row.get("Frames") or 0))
    except (KeyError, ValueError, OverflowError):
        raise ImpossibleAnswer(where=where, problem=f"event {str(row.get('Id'))[:20]!a}") from None
    if end is not None and not start <= end <= start + _LONGEST:
        raise ImpossibleAnswer(where=where, problem=f"event {number}: EndDateTime")
    return Event(number, start, end, length, frames, now)


def _instants(
    start: str, end: object, length: timedelta, zone: ZoneInfo, now: datetime
) -> tuple[datetime, datetime | None]:
    """Read local times; where summer time makes them ambiguous, so that they fit the length, or to be in the past."""
    starts = list(readings(datetime.strptime(start, LOCAL), zone))  # noqa: DTZ007 - given its zone there
    if not end:
        return max((it for it in starts if it <= now), default=starts[0]), None
    ends = readings(datetime.strptime(str(end), LOCAL), zone)  # noqa: DTZ007
    return min(product(starts, ends), key=lambda pair: abs(pair[1] - pair[0] - length))
