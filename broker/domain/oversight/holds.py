"""Legal holds (保全) on copies: nothing that is held is deleted, whatever the clocks of retention say.

A hold lies on one result, or on all copies of a request: those that are there and those that come. It has a date on
which somebody has to look at it again; when nobody does, it ends there, and who set it is told.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from broker.domain.errors import Conflict, Invalid
from broker.domain.footage.grants import Level
from broker.domain.ids import DepartmentId, HoldId, PersonId, RequestId, RetrievalId
from broker.domain.oversight.audit import Entry

LONGEST = timedelta(days=366)
"""The furthest date of review; a hold that is needed for longer is set again, beside the one that stands."""

UNRATIFIED_FOR = timedelta(days=180)
"""How long the copies of an emergency that nobody stood up for are held, unless somebody decides otherwise."""

GRACE = timedelta(days=7)
"""How long copies are kept after a hold has ended by its date, so that who is told can set another one."""

MOST = 50
"""Holds that stand on one request and its results at a time."""


@dataclass(frozen=True)
class Hold:
    """A hold on the copies of a request, or on one result of it.

    `level` and `department_id` say in which office it was set: the center's or one owner's. `set_by` is None where the
    rules set it; `ended_by` is None where it ended by its date.
    """

    id: HoldId
    request_id: RequestId
    retrieval_id: RetrievalId | None
    department_id: DepartmentId
    level: Level
    reason: str
    set_by: PersonId | None
    set_at: datetime
    until: datetime
    ended_by: PersonId | None = None
    ended_at: datetime | None = None
    version: int = 0

    @property
    def stream(self) -> str:
        return f"hold/{self.id}"

    @property
    def standing(self) -> bool:
        return self.ended_at is None

    def covers(self, retrieval: RetrievalId) -> bool:
        """Say whether a result of the request is held by this hold."""
        return self.retrieval_id in {None, retrieval}


@dataclass(frozen=True)
class HoldChange:
    """A hold after a step, with what is to be written in the trace."""

    after: Hold
    entries: tuple[Entry, ...]


def set_hold(hold: Hold, standing: int) -> HoldChange:
    """Return the first version of a hold; `standing` counts those that are on the request already.

    Raises:
        Invalid: it has no reason, or its date is not within the next year.
        Conflict: there are as many as there may be.
    """
    if not hold.reason.strip():
        raise Invalid("field-empty", pointer="/reason")
    if not hold.set_at < hold.until <= hold.set_at + LONGEST:
        raise Invalid("hold-until", pointer="/until", longest=LONGEST.days)
    if standing >= MOST:
        raise Conflict("holds-full", most=MOST)
    data = {
        "request": str(hold.request_id), "retrieval": str(hold.retrieval_id) if hold.retrieval_id else None,
        "department": str(hold.department_id), "level": hold.level.name, "reason": hold.reason,
        "until": hold.until.isoformat(),
    }  # fmt: skip
    return HoldChange(replace(hold, version=1), (Entry(hold.stream, "hold:set", data),))


def lift(hold: Hold, by: PersonId, reason: str, at: datetime) -> HoldChange:
    """End a hold before its date.

    Raises:
        Invalid: there is no reason.
        Conflict: it has ended.
    """
    if not reason.strip():
        raise Invalid("field-empty", pointer="/reason")
    after = replace(_ended(hold, "lift", at), ended_by=by)
    return HoldChange(after, (Entry(hold.stream, "hold:lifted", {"reason": reason}),))


def run_out(hold: Hold, at: datetime) -> HoldChange:
    """End a hold whose date has come.

    Raises:
        Conflict: it has ended, or its date has not come.
    """
    if at < hold.until:
        raise Conflict("hold-until", longest=LONGEST.days)
    return HoldChange(
        _ended(hold, "run out", at), (Entry(hold.stream, "hold:ended", {"until": hold.until.isoformat()}),)
    )


def _ended(hold: Hold, command: str, at: datetime) -> Hold:
    if not hold.standing:
        raise Conflict("transition-refused", subject="hold", state="ENDED", command=command, allowed="")
    return replace(hold, ended_at=at, version=hold.version + 1)
