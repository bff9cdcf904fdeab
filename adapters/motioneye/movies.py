"""Movies of motionEye: the name says in local time when one was begun, the time of change when it was ended.

Neither is when the pictures were taken: motion goes back to a key frame before the beginning that it writes into the
name, by up to some seconds, and closes a file about a third of a second after its last picture. So the end is the
better of the two, and the beginning is what it is checked with.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.errors import ImpossibleAnswer
from adapters.local_times import readings
from adapters.web.recordings import LONGEST_LEAD, Placed
from broker.domain.time import TimeSpan

# The usual names: %Y-%m-%d/%H-%M-%S, and what people make of it with other marks between the numbers.
_NAME = re.compile(
    r".*?(?P<Y>(?:19|20)\d\d)\D?(?P<m>\d\d)\D?(?P<d>\d\d)\D?(?P<H>\d\d)\D?(?P<M>\d\d)\D?(?P<S>\d\d)(?!\d)[^/]*"
)
_JUST_BEGUN, _LONGEST = timedelta(seconds=3), timedelta(days=1)
# How far the end may lie from where beginning and length put it before the two are said to contradict each other.
_SLACK = timedelta(seconds=5)


@dataclass(frozen=True)
class Movie:
    """One file.

    Attributes:
        path: as listed, without the slash at its front.
        begun: by its name.
        changed: by the disk of the recorder.
        running: whether it is still being written, as far as the list shows.
        now: when it was listed.
    """

    path: str
    begun: datetime
    changed: datetime
    running: bool
    now: datetime

    @property
    def name(self) -> str:
        return self.path

    @property
    def span(self) -> TimeSpan:
        end = self.now if self.running else self.changed
        return TimeSpan(self.begun, max(end, self.begun + timedelta(seconds=1)))

    def placed(self, duration: timedelta, where: str) -> Placed:
        """Say where a file of this length stands in time.

        Raises:
            ImpossibleAnswer: its end and its length do not fit the beginning in its name: it was touched later, or the
                recorder writes names in another zone.
        """
        origin = self.changed - duration
        if not self.begun - LONGEST_LEAD <= origin <= self.begun + _SLACK:
            raise ImpossibleAnswer(where=where, problem=f"{self.path}: {self.begun:%H:%M:%S} / {self.changed:%H:%M:%S}")
        return Placed(origin, duration)


def movie_of(row: Mapping[str, object], zone: ZoneInfo, now: datetime, where: str) -> Movie | None:
    """Read an entry of the list; None for a file whose name says no time.

    Raises:
        ImpossibleAnswer: it cannot be read, or its path leads out of the folder.
    """
    path, told = row.get("path"), row.get("timestamp")
    if not isinstance(path, str) or isinstance(told, bool) or not isinstance(told, int | float):
        raise ImpossibleAnswer(where=where, problem="/mediaList")
    path = path.removeprefix("/")
    if not path.isprintable() or "\\" in path or {"", ".", ".."} & set(path.split("/")):
        raise ImpossibleAnswer(where=where, problem=f"path={path[:60]!a}")
    named = _NAME.fullmatch(path)
    try:
        changed = datetime.fromtimestamp(told, UTC)
        if named is None:
            return None
        local = datetime(*(int(named[part]) for part in "YmdHMS"))  # type: ignore[arg-type] # noqa: DTZ001 - given its zone below
    except (ValueError, OverflowError, OSError):
        raise ImpossibleAnswer(where=where, problem=f"path={path[:60]!a}") from None
    # In the hour that summer time repeats the file ended soon after one of the two beginnings.
    begun = min(readings(local, zone), key=lambda it: abs(changed - it))
    running = abs(changed - begun) < _JUST_BEGUN and now - begun < _LONGEST
    return Movie(path, begun, changed, running, now)
