"""What a look says about a point, and how much of each day it says is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from broker.domain.ids import CameraId
from broker.domain.sources.point_health import PointState, Verdict
from broker.domain.sources.point_looks import Look
from broker.domain.time import TimeSpan

DARK = 0.97
"""A picture with so large a share of black is black."""

MOVED, DRIFT = 0.001, 0.1
"""Two pictures that differ in no larger share, and on average by no more of 255, are one picture."""

STEADY, BEFORE = 0.9, timedelta(days=1)
"""A point is steadily recorded that was so for so large a share of the day before its newest recording."""

QUIET_IF_STEADY, QUIET = timedelta(hours=1), timedelta(days=1)
"""How long nothing new need be recorded: of a point that is steadily recorded, and of one that waits for movement."""

LIVE = timedelta(minutes=1)
"""A picture of so short a time ago shows that the point is there, whatever is recorded."""

AWAY = frozenset({"source-unreachable", "source-timeout", "source-failed"})
"""A channel that could not be reached; where no channel of the source could, that says nothing about any of them."""

NOT_THERE = frozenset({"unknown-channel", "source-refuses-entry"})

MOST_BACK, USUAL_BACK = 30, 7
"""Days that a look asks back at most, and the first look where nobody says how many days are kept."""


@dataclass(frozen=True)
class Known:
    """What is known of a point when a look comes back: its newest picture so far, and what was asked."""

    camera_id: CameraId
    picture_at: datetime | None
    asked: TimeSpan
    now: datetime


def judged(look: Look, known: Known, *, others_answer: bool) -> Verdict | None:
    """Return what a look says; None where it says nothing about the point itself."""
    if look.fault in NOT_THERE or (look.fault in AWAY and others_answer):
        return Verdict(known.camera_id, PointState.OFFLINE, look.fault)
    if look.fault:
        return None
    newest = _newest(look, known)
    quiet = _quiet_for(look, newest, known)
    if quiet is not None:
        return Verdict(known.camera_id, PointState.SILENT, quiet, newest)
    if look.dark is not None and look.dark >= DARK:
        return Verdict(known.camera_id, PointState.BLACK, f"dark={look.dark:.2f}", newest)
    if look.moved is not None and look.drift is not None and look.moved <= MOVED and look.drift <= DRIFT:
        return Verdict(known.camera_id, PointState.FROZEN, f"moved={look.moved:.4f}", newest)
    return Verdict(known.camera_id, PointState.ONLINE, "", newest)


def first_day(last: date | None, kept: int | None, today: date) -> date:
    """Return the first day for which it is to be asked what is recorded: after the last that was asked for.

    `kept`: how many days are kept, as far as somebody says so.
    """
    back = min(kept, MOST_BACK) if kept else USUAL_BACK
    first = today - timedelta(days=back)
    if last is None:
        return first
    return max(last + timedelta(days=1), today - timedelta(days=MOST_BACK))


def day_span(day: date, zone: tzinfo) -> TimeSpan:
    """Return a day as the city counts it; where clocks change it has 23 or 25 hours."""
    midnight = datetime.combine(day, time(), zone)
    return TimeSpan(midnight, datetime.combine(day + timedelta(days=1), time(), zone))


def recorded_days(recorded: Sequence[TimeSpan], first: date, end: date, zone: tzinfo) -> dict[date, int]:
    """Return the seconds that are recorded of each day in [first, end)."""
    days = [first + timedelta(days=number) for number in range((end - first).days)]
    return {day: round(_seconds(recorded, day_span(day, zone))) for day in days}


def _newest(look: Look, known: Known) -> datetime | None:
    ends = [span.end for span in (look.recorded or ())[-1:]]
    return max((at for at in (look.picture_at, known.picture_at, *ends) if at is not None), default=None)


def _quiet_for(look: Look, newest: datetime | None, known: Known) -> str | None:
    """Return what is to be said of a point for which nothing new is recorded; None while that is in order."""
    if look.recorded is None or (look.picture_at is not None and known.now - look.picture_at <= LIVE):
        return None
    if newest is None:
        return "nothing-recorded" if known.asked.duration >= QUIET else None
    before = TimeSpan(newest - BEFORE, newest)
    steady = known.asked.holds(before) and _seconds(look.recorded, before) >= STEADY * BEFORE.total_seconds()
    limit = QUIET_IF_STEADY if steady else QUIET
    return f"newest={newest.isoformat(timespec='seconds')}" if known.now - newest > limit else None


def _seconds(recorded: Sequence[TimeSpan], span: TimeSpan) -> float:
    return sum(part.seconds for each in recorded if (part := each.overlap(span)))
