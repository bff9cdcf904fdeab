"""Stopping at once: what runs and what flows for a person, a camera or a department."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from broker.domain.footage import packages
from broker.domain.footage.grants import Grant, GrantState
from broker.domain.footage.locks import LockKind
from broker.domain.footage.retrievals import abort
from broker.domain.footage.stops import Stop
from broker.domain.ids import RequestId
from broker.domain.oversight.audit import Entry
from broker.domain.permits import Permit
from storage.db.unit_of_work import UnitOfWork

LOCKED = {
    LockKind.PERSON: "person-locked",
    LockKind.CAMERA: "camera-locked",
    LockKind.DEPARTMENT: "department-locked",
}
"""What is told of footage that a lock keeps back or has ended."""


def ended_by(grant: Grant, locked: Collection[LockKind], now: datetime) -> str | None:
    """Return why a retrieval under a grant may not go on, None when it may."""
    if grant.state_at(now) is not GrantState.ACTIVE:
        return "grant-expired"
    return next((LOCKED[kind] for kind in LockKind if kind in locked), None)


def halt(work: UnitOfWork, permit: Permit, stop: Stop, reason: str) -> None:
    """Abort what is queued, fetched or ready, and end what flows, in the caller's transaction; the gate is shut."""
    work.stops.note(stop)
    cases = defaultdict[RequestId, list[Entry]](list)
    for running, case in work.retrievals.under(stop):
        stopped = abort(running, reason)
        work.retrievals.save(running, stopped.after)
        cases[case].extend(stopped.entries)
    for package, case in work.packages.under(stop):
        unmade = packages.abort(package, reason)
        work.packages.save(package, unmade.after)
        cases[case].extend(unmade.entries)
    for case, entries in cases.items():  # one a request that something runs for: a handful
        work.audit.append(permit, entries, case=case)
