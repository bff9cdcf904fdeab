"""The health of points: what looks at them say, and what it comes to in days.

A point that is well has no entry: it is as its source is, until a look at it says otherwise. What is written down is
each trouble, with the first and the last look that saw it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from broker.domain.ids import CameraId
from broker.domain.sources.source_health import JITTER, LONGEST_DETAIL

EVERY = timedelta(hours=6)
"""How often a point is looked at that is well, if there is time for all of them."""

AGAIN = (timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2))
"""How long to wait after the first, second … troubled look in a row; after more, as long as after the last."""

SPEAKS_FOR = AGAIN[-1] * (1 + JITTER)
"""How long after a look its trouble is taken to last, where nobody looked again."""

MOST_FAILURES = 1000


class PointState(StrEnum):
    """How a point is."""

    ONLINE = "online"
    OFFLINE = "offline"  # its source does not know it, or cannot reach it
    SILENT = "silent"  # it is there, and nothing new was recorded for too long
    BLACK = "black"  # its picture is black, or of one colour
    FROZEN = "frozen"  # its picture stands still


OF_THE_PICTURE = frozenset({PointState.BLACK, PointState.FROZEN})
"""Troubles of a point that answers. Dark and still pictures happen: two looks in a row have to see them."""


@dataclass(frozen=True)
class Trouble:
    """One stay of a point in a state that is not well; as `Spell` of a source."""

    camera_id: CameraId
    state: PointState
    since: datetime
    seen_at: datetime
    until: datetime | None = None
    detail: str = ""
    number: int = 0


@dataclass(frozen=True)
class Verdict:
    """What a look says; `picture_at` is the instant of the newest picture there is, None where the look saw none."""

    camera_id: CameraId
    state: PointState
    detail: str = ""
    picture_at: datetime | None = None


@dataclass(frozen=True)
class Course:
    """What becomes of a point after a look: of its trouble, of the one that begins, and what only one look saw yet."""

    changed: Trouble | None = None
    begun: Trouble | None = None
    suspected: PointState | None = None


def observed(current: Trouble | None, suspected: PointState | None, verdict: Verdict, at: datetime) -> Course:
    """Return what becomes of the current trouble; what was seen before the latest look changes nothing."""
    told = verdict.detail[:LONGEST_DETAIL]
    if current is not None and at < current.seen_at:
        return Course(suspected=suspected)
    if verdict.state is PointState.ONLINE:
        return Course(None if current is None else replace(current, until=at))
    if current is not None and current.state is verdict.state:
        return Course(replace(current, seen_at=at, detail=told))
    ended = None if current is None else replace(current, until=at)
    if verdict.state in OF_THE_PICTURE and suspected is not verdict.state:
        return Course(ended, suspected=verdict.state)
    return Course(ended, Trouble(verdict.camera_id, verdict.state, at, at, detail=told))


def pause(failures: int, chance: float) -> timedelta:
    """Return how long not to look after so many troubled looks in a row; `chance` lies between -1 and 1."""
    plain = EVERY if failures == 0 else AGAIN[min(failures, len(AGAIN)) - 1]
    return plain * (1 + JITTER * chance)


@dataclass(frozen=True)
class Availability:
    """Sums over points and days, in seconds; never a bare share.

    Attributes:
        point_days: how many points there were, added up over the days.
        watched: how long somebody could tell how they were, planned maintenance left out.
        online: how much of that they were there.
        intact: how much of that their pictures were in order.
        asked: the length of the days for which it was asked what is recorded.
        recorded: how much of that is recorded.
    """

    point_days: int = 0
    watched: int = 0
    online: int = 0
    intact: int = 0
    asked: int = 0
    recorded: int = 0

    @property
    def online_share(self) -> float | None:
        """The share of the watched time; None where nobody watched."""
        return self.online / self.watched if self.watched else None

    @property
    def intact_share(self) -> float | None:
        return self.intact / self.watched if self.watched else None

    @property
    def recorded_share(self) -> float | None:
        return self.recorded / self.asked if self.asked else None


@dataclass(frozen=True)
class PointDay:
    """One day of one point, in seconds; `recorded` None: nobody asked yet."""

    day: date
    watched: int
    online: int
    intact: int
    recorded: int | None
