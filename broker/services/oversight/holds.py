"""Legal holds on copies: set by who decides on the case, lifted in the same office or above it, ended by their date."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from broker.domain.errors import Conflict, Forbidden
from broker.domain.footage import packages
from broker.domain.footage.grants import Level
from broker.domain.footage.retrievals import Retrieval, release
from broker.domain.footage.retrievals import hold as mark
from broker.domain.ids import DepartmentId, HoldId, PersonId, RequestId, RetrievalId, new_id
from broker.domain.oversight import holds
from broker.domain.oversight.audit import Entry
from broker.domain.oversight.holds import Hold
from broker.domain.people.accounts import Caller, Role
from broker.domain.permits import Permit
from broker.domain.requests.access_requests import AccessRequest
from broker.services.footage.grants import Office, grant_visibility, office_around
from broker.services.requests.access_requests import visibility
from broker.services.requests.moves import but_for_the_factor
from policies import facts
from policies.authorizer import Authorizer
from storage.db.footage.grants import GrantVisibility
from storage.db.oversight.holds import HoldVisibility
from storage.db.requests.access_requests import EVERYTHING, Visibility
from storage.db.unit_of_work import UnitOfWork, Work


@dataclass(frozen=True)
class Listed:
    """Holds with the numbers of their requests."""

    holds: Sequence[Hold]
    numbers: dict[RequestId, str]


class Holds:
    """What may be done with holds."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def on_request(self, caller: Caller, key: RequestId, reason: str, until: datetime) -> Listed:
        """Hold all copies of a request, those that come too.

        Raises:
            Unknown: there is none, or the caller may not know of it.
            Forbidden: the caller does not decide on it, or asked or looked.
            Invalid: no reason, or a date that is not within the next year.
        """
        with self._work() as work:
            request = work.access_requests.load(key, visibility(caller, work), lock=True)
            permit, office = _require(self._policy, work, caller, "copy:hold", request, _owners(work, key))
            hold = _filled_in(work, caller, request, office, reason, until)
            after = _write(work, permit, hold)
            work.commit(permit)
            return Listed([after], {request.id: request.number})

    def on_retrieval(self, caller: Caller, key: RetrievalId, reason: str, until: datetime) -> Listed:
        """Hold one result and every package it is in.

        Raises:
            Unknown: there is none, or the caller may not know of its grant.
            Forbidden: the caller does not decide on it, or asked or looked.
            Invalid: no reason, or a date that is not within the next year.
            Conflict: there is no result, or its bytes are gone already.
        """
        with self._work() as work:
            request, owners = _case_of(work, caller, key, lock=True)
            permit, office = _require(self._policy, work, caller, "copy:hold", request, owners)
            retrieval = work.retrievals.load(key, lock=True)  # not before the request: retention holds that first
            _require_bytes(retrieval)
            hold = replace(_filled_in(work, caller, request, office, reason, until), retrieval_id=key)
            after = _write(work, permit, hold)
            if not retrieval.held:
                change = mark(retrieval, reason)
                work.retrievals.save(retrieval, change.after)
                work.audit.append(permit, change.entries, case=request.id)
            work.commit(permit)
            return Listed([after], {request.id: request.number})

    def allow_on_request(self, caller: Caller, key: RequestId) -> None:
        """Let pass whoever could hold all copies of a request; the second factor may be shown on the way.

        Raises:
            Unknown: there is none, or the caller may not know of it.
            Forbidden: the caller does not decide on it, or asked or looked.
        """
        with self._work() as work:
            request = self._read(work, caller, key)
            self._allow(work, caller, request, _owners(work, key))

    def allow_on_retrieval(self, caller: Caller, key: RetrievalId) -> None:
        """Let pass whoever could hold one result; the second factor may be shown on the way.

        Raises:
            Unknown, Forbidden, Conflict: as where it is held.
        """
        with self._work() as work:
            self._policy.require(caller, "grant:read", caller.roles(work.now), facts.of_person(caller))
            self._allow(work, caller, *_case_of(work, caller, key))
            _require_bytes(work.retrievals.load(key))

    def may_hold(self, caller: Caller, key: RequestId) -> bool:
        """Say whether the caller could hold all copies of a request that the caller may know of."""
        with self._work() as work:
            request = self._read(work, caller, key)
            try:
                self._allow(work, caller, request, _owners(work, key))
            except Forbidden:
                return False
            return True

    def _read(self, work: UnitOfWork, caller: Caller, key: RequestId) -> AccessRequest:
        """Return a request that the caller may know of, though nothing is written about it."""
        self._policy.require(caller, "access_request:read", caller.roles(work.now), facts.of_person(caller))
        return work.access_requests.load(key, visibility(caller, work))

    def lift(self, caller: Caller, key: HoldId, reason: str) -> Listed:
        """End a hold before its date; the clock of retention goes on as if it had not been.

        Raises:
            Unknown: there is none, or the caller may not know of it.
            Forbidden: it was set in another office that is not below the caller's, or the caller asked or looked.
            Conflict: it has ended already.
        """
        with self._work() as work:
            hold = work.holds.load(key, _visible(caller, work))
            request = work.access_requests.load(hold.request_id, EVERYTHING, lock=True)
            permit, _ = _require(self._policy, work, caller, "copy:release", request, _of_office(hold))
            change = holds.lift(hold, caller.person(), reason, work.now)
            work.holds.save(hold, change.after)
            work.audit.append(permit, (*change.entries, *unmarked(work, change.after)), case=request.id)
            work.commit(permit)
            return Listed([change.after], {request.id: request.number})

    def read(self, caller: Caller, key: HoldId) -> Listed:
        """Return a hold the caller may know of."""
        with self._work() as work:
            self._policy.require(caller, "copy:list", caller.roles(work.now), facts.of_person(caller))
            return _listed(work, [work.holds.load(key, _visible(caller, work))])

    def may_lift(self, caller: Caller, key: HoldId) -> bool:
        """Say whether the caller could lift a hold; one that has ended nobody can."""
        with self._work() as work:
            self._policy.require(caller, "copy:list", caller.roles(work.now), facts.of_person(caller))
            hold = work.holds.load(key, _visible(caller, work))
            request = work.access_requests.load(hold.request_id, EVERYTHING)
            try:
                self._allow(work, caller, request, _of_office(hold), "copy:release")
            except Forbidden:
                return False
            return hold.ended_at is None

    def _allow(
        self, work: UnitOfWork, caller: Caller, request: AccessRequest, owners: Collection[DepartmentId],
        act: str = "copy:hold",
    ) -> None:  # fmt: skip
        but_for_the_factor(partial(_require, self._policy, work, caller, act, request, owners))

    def page(self, caller: Caller, *, standing: bool, after: HoldId | None, limit: int) -> Listed:
        """Return holds the caller may know of, newest first; `standing` leaves out those that have ended."""
        with self._work() as work:
            self._policy.require(caller, "copy:list", caller.roles(work.now), facts.of_person(caller))
            return _listed(work, work.holds.page(_visible(caller, work), standing=standing, after=after, limit=limit))


def hold_unratified(work: UnitOfWork, permit: Permit, request: AccessRequest, reason: str) -> None:
    """Hold all copies of an emergency that nobody stood up for, in the name of the center that should have."""
    if request.center_id is None:
        return
    hold = Hold(
        id=HoldId(new_id()), request_id=request.id, retrieval_id=None, department_id=request.center_id,
        level=Level.CENTER, reason=reason, set_by=None, set_at=work.now, until=work.now + holds.UNRATIFIED_FOR,
    )  # fmt: skip
    _write(work, permit, hold)


def unmarked(work: UnitOfWork, ended: Hold) -> list[Entry]:
    """Take the mark from every copy that nothing holds any more, now that a hold has ended; the caller commits."""
    standing = work.holds.standing_on(ended.request_id)
    entries: list[Entry] = []
    for retrieval in work.retrievals.of_request(ended.request_id):
        free = ended.covers(retrieval.id) and not any(other.covers(retrieval.id) for other in standing)
        if retrieval.held and free:
            change = release(retrieval)
            work.retrievals.save(retrieval, change.after)
            entries.extend(change.entries)
    for package in work.packages.of_request(ended.request_id):
        if package.held and not any(other.covers(key) for other in standing for key in package.retrievals):
            freed = packages.release(package)
            work.packages.save(package, freed.after)
            entries.extend(freed.entries)
    return entries


def _case_of(
    work: UnitOfWork, caller: Caller, key: RetrievalId, *, lock: bool = False
) -> tuple[AccessRequest, Collection[DepartmentId]]:
    """Return the request that a result was taken under, and the owners of what it may show."""
    known = work.retrievals.load(key)
    grant = work.grants.load(known.grant_id, _deciding(caller, work))
    request = work.access_requests.load(grant.request_id, EVERYTHING, lock=lock)
    return request, {grant.department_id, work.cameras.load(known.camera_id).owner_id}


def _require_bytes(retrieval: Retrieval) -> None:
    if retrieval.purged_at is not None or not retrieval.items:
        retrieval.require_result()
        raise Conflict("no-result", state=retrieval.state)


def _write(work: UnitOfWork, permit: Permit, hold: Hold) -> Hold:
    change = holds.set_hold(hold, work.holds.count(hold.request_id))
    work.holds.add(change.after)
    work.audit.append(permit, change.entries, case=hold.request_id)
    return change.after


def _filled_in(
    work: UnitOfWork, caller: Caller, request: AccessRequest, office: Office, reason: str, until: datetime
) -> Hold:
    return Hold(
        id=HoldId(new_id()), request_id=request.id, retrieval_id=None, department_id=office.department_id,
        level=office.level, reason=reason, set_by=caller.person(), set_at=work.now, until=until,
    )  # fmt: skip


def _require(
    policy: Authorizer,
    work: UnitOfWork,
    caller: Caller,
    act: str,
    request: AccessRequest,
    owners: Collection[DepartmentId],
) -> tuple[Permit, Office]:
    """Ask with the roles that reach the case; who looked under an older revision is a party as well."""
    looked: frozenset[PersonId] = work.holds.lookers(request.id)
    case = replace(request, investigators=request.investigators | looked)
    roles, office = office_around(work, caller, case, owners)
    return policy.require(caller, act, roles, facts.of_request(caller, case, office.persons)), office


def _of_office(hold: Hold) -> Collection[DepartmentId]:
    """Return the owners among whom the office that set a hold is looked for; none where a center set it."""
    return {hold.department_id} if hold.level is Level.OWNER else frozenset()


def _owners(work: UnitOfWork, key: RequestId) -> frozenset[DepartmentId]:
    """Return the departments whose footage copies of the request may show."""
    return frozenset(grant.department_id for grant in work.grants.of_request(key))


def _deciding(caller: Caller, work: UnitOfWork) -> GrantVisibility:
    return grant_visibility(caller, work)


def _visible(caller: Caller, work: UnitOfWork) -> HoldVisibility:
    """Return the test for holds: nobody knows of one as the person who asked or looks."""
    centers, owners = (caller.paths_of(role, work.now) for role in (Role.CENTER_APPROVER, Role.DEPARTMENT_AUTHORIZER))
    readers = caller.paths_of(Role.AUDITOR, work.now)
    requests = Visibility(None, centers=centers, owners=owners, readers=readers)
    return HoldVisibility(requests, GrantVisibility(None, (*owners, *readers), centers))


def _listed(work: UnitOfWork, found: Sequence[Hold]) -> Listed:
    return Listed(found, work.holds.numbers([hold.request_id for hold in found]) if found else {})
