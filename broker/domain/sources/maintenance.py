"""Planned maintenance: time that does not count, declared before it begins. What was not planned counts."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import CameraId, DepartmentId, SourceId
from broker.domain.oversight.audit import Entry
from broker.domain.time import TimeSpan

LONGEST = timedelta(days=31)
AHEAD = timedelta(days=366)
LONGEST_REASON = 500


@dataclass(frozen=True)
class Maintenance:
    """One window of one source, one department with all below it, or one camera; exactly one of the three is set.

    `ends` moves back to the instant at which somebody ended it; one that was called off ends where it begins.
    """

    id: UUID
    begins: datetime
    ends: datetime
    reason: str
    declared_by: str
    declared_at: datetime
    source_id: SourceId | None = None
    department_id: DepartmentId | None = None
    camera_id: CameraId | None = None
    version: int = 0

    @property
    def stream(self) -> str:
        return f"maintenance/{self.id}"


def declared(new: Maintenance, called: str, now: datetime) -> tuple[Maintenance, tuple[Entry, ...]]:
    """Return the window as it is kept; `called` names its subject in the trace.

    Raises:
        Invalid: it begins in the past, lies too far ahead, is too long, or says no reason.
    """
    span = TimeSpan(new.begins, new.ends)
    if span.begin < now:
        raise Invalid("maintenance-in-the-past", pointer="/begins", begins=span.begin.isoformat(timespec="seconds"))
    if span.begin > now + AHEAD:
        raise Invalid("maintenance-too-far-ahead", pointer="/begins", days=AHEAD.days)
    if span.duration > LONGEST:
        raise Invalid("maintenance-too-long", pointer="/ends", days=LONGEST.days)
    if not new.reason.strip() or len(new.reason) > LONGEST_REASON:
        raise Invalid("maintenance-needs-reason", pointer="/reason", most=LONGEST_REASON)
    kept = replace(new, begins=span.begin, ends=span.end, version=1)
    data = {"subject": called, "begins": span.begin.isoformat(), "ends": span.end.isoformat(), "reason": new.reason}
    return kept, (Entry(kept.stream, "maintenance:declared", data),)


def ended(window: Maintenance, now: datetime) -> tuple[Maintenance, tuple[Entry, ...]]:
    """Return the window after it was ended early, or called off before it began.

    Raises:
        Conflict: it is over.
    """
    if window.ends <= now:
        raise Conflict("maintenance-over", ends=window.ends.isoformat(timespec="seconds"))
    after = replace(window, ends=max(now, window.begins), version=window.version + 1)
    return after, (Entry(after.stream, "maintenance:ended", {"ends": after.ends.isoformat()}),)
