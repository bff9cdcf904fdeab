"""A city is organised anew: departments move below others, are closed, and are opened again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from broker.domain.errors import Conflict, Invalid
from broker.domain.footage.locks import LockKind
from broker.domain.footage.stops import Stop, StopKind
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Department
from broker.domain.people.reorganising import Ties, closed, moved, reopened, told_of_move
from broker.domain.permits import Permit
from broker.services.footage.stops import LOCKED, halt
from broker.services.requests.rerouting import reroute
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work


@dataclass(frozen=True)
class Order:
    """What a change of the tree rests on: the paper that orders it, and the version of the department that was read."""

    reason: str
    version: int


class Reorganising:
    """What may be done about a department's place, asked of whoever keeps what stands above it."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def move(self, caller: Caller, code: str, parent: str, order: Order) -> Department:
        """Put a department with all below it under another one; who stands above it from now on is who reaches it.

        Deliveries of its footage that run at this moment are cut, since from now on other locks hold over it; they can
        be taken up again at once, unless such a lock stands. Of open requests those that wait for a center that no
        longer holds all their owners go to the one that does, or back; what a center has approved stays approved.

        Raises:
            Unknown: there is no such department.
            Conflict: it cannot stand there, or somebody changed it since it was read.
            Invalid: there is none of that code to stand below; or an open request would be left without anybody who
                may decide on it.
        """
        with self._work() as work:
            work.locks.shut_gate()  # before a row is held: where a department stands says which locks hold over it
            moving, to = work.departments.by_code(code), _named(work, parent)
            roles = caller.roles_at(_above(work, moving), work.now) & caller.roles_at(to.path, work.now)
            permit = self._policy.require(caller, "department:move", roles, facts.of_person(caller))
            _check(order, moving)
            subtree = work.departments.subtree(moving.path)
            to = work.departments.keep_open(to.id, "/parent")
            after = _relocated(work, permit, subtree, moved(subtree, moving, to), order)
            _stop(work, permit, moving.path, after[0].path)
            reroute(work, permit, after, moving.name)
            work.commit(permit)
            return after[0]

    def close(self, caller: Caller, code: str, order: Order) -> Department:
        """Make a department history: nobody acts for it and nothing comes to it any more.

        Raises:
            Conflict: `department-in-use`, with the count of all that still hangs on it.
        """
        with self._work() as work:
            found = work.departments.for_change(code)  # who is about to give it something is waited for, and counted
            permit = self._asked(work, caller, "department:close", found)
            _check(order, found)
            after, entry = closed(found, work.departments.ties(found.id, work.now), order.reason, work.now)
            return self._store(work, permit, found, after, entry)

    def reopen(self, caller: Caller, code: str, order: Order) -> Department:
        """Open a department that was closed; roles that are still held in it count again.

        Raises:
            Conflict: it is open, or the one above it is closed.
        """
        with self._work() as work:
            found = work.departments.for_change(code)
            permit = self._asked(work, caller, "department:reopen", found)
            _check(order, found)
            parent = work.departments.keep_open(found.parent_id) if found.parent_id else None
            after, entry = reopened(found, parent, order.reason)
            return self._store(work, permit, found, after, entry)

    def ties(self, caller: Caller, code: str) -> Ties:
        """Return how much hangs on a department, for who may close it."""
        with self._work() as work:
            found = work.departments.by_code(code)
            self._asked(work, caller, "department:close", found)
            return work.departments.ties(found.id, work.now)

    def _asked(self, work: UnitOfWork, caller: Caller, act: str, found: Department) -> Permit:
        roles = caller.roles_at(_above(work, found), work.now)
        return self._policy.require(caller, act, roles, facts.of_person(caller))

    def _store(
        self, work: UnitOfWork, permit: Permit, found: Department, after: Department, entry: Entry
    ) -> Department:
        stored = replace(after, version=work.audit.reserve(entry.stream))
        work.departments.change(found, stored)
        work.audit.append(permit, (entry,))
        work.commit(permit)
        return stored


def _above(work: UnitOfWork, found: Department) -> str:
    """Return the path of what stands above a department: whether it is there, and where, is the business of that."""
    return work.departments.load(found.parent_id).path if found.parent_id else "/"


def _named(work: UnitOfWork, parent: str) -> Department:
    """Return the department below which one shall stand, named in a field and not in an address."""
    found = work.departments.by_codes({parent})
    if parent not in found:
        raise Invalid("unknown-department", pointer="/parent", department=parent)
    return found[parent]


def _check(order: Order, found: Department) -> None:
    if not order.reason.strip():
        raise Invalid("field-empty", pointer="/reason")
    if order.version != found.version:
        raise Conflict("changed-meanwhile", subject="department")


def _relocated(
    work: UnitOfWork, permit: Permit, before: Sequence[Department], after: Sequence[Department], order: Order
) -> list[Department]:
    """Store where departments stand now, each with an event of its own, and let locks follow."""
    streams = work.audit.reserve_all({f"department/{each.id}" for each in after})
    placed = [replace(each, version=streams[f"department/{each.id}"]) for each in after]
    work.departments.relocate(placed)
    work.locks.relocate(before[0].path, placed[0].path)
    pairs = zip(before, placed, strict=True)
    work.audit.append(permit, [told_of_move(was, now, before[0], order.reason) for was, now in pairs])
    return placed


def _stop(work: UnitOfWork, permit: Permit, old: str, new: str) -> None:
    """Cut what flows from there: whoever watches it watches the locks above the old place."""
    work.stops.note(Stop(StopKind.DEPARTMENT, old))
    if work.locks.above(new):
        halt(work, permit, Stop(StopKind.DEPARTMENT, new), LOCKED[LockKind.DEPARTMENT])
