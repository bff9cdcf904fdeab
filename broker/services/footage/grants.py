"""Grants: who sees them, and how they end."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from broker.domain.footage import packages
from broker.domain.footage.grants import Grant, GrantChange, Level, resume, revoke, suspend
from broker.domain.footage.retrievals import abort
from broker.domain.ids import DepartmentId, GrantId, ItemId, PersonId, RequestId
from broker.domain.people.accounts import Caller, Department, Role
from broker.domain.permits import Permit
from broker.domain.requests.access_requests import AccessRequest
from broker.services.notices.announcements import announce_grant
from policies import facts
from policies.authorizer import Authorizer
from storage.db.footage.grants import GrantVisibility
from storage.db.requests.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork, Work


def grant_visibility(caller: Caller, work: UnitOfWork) -> GrantVisibility:
    """Return the test that guards one grant and every list of grants for this caller."""
    subtrees = (*caller.paths_of(Role.DEPARTMENT_AUTHORIZER, work.now), *caller.paths_of(Role.AUDITOR, work.now))
    return GrantVisibility(caller.person_id, subtrees, caller.paths_of(Role.CENTER_APPROVER, work.now))


def end(work: UnitOfWork, permit: Permit, grant: Grant, reason: str) -> Grant:
    """Revoke a grant and abort what runs under it, in the caller's transaction."""
    return _stop(work, permit, grant, revoke(grant, reason, work.now), "grant-revoked")


def _stop(work: UnitOfWork, permit: Permit, grant: Grant, change: GrantChange, why: str) -> Grant:
    """Store what ends or interrupts a grant: running deliveries are cut, what is in flight is aborted."""
    work.grants.save(grant, change.after)
    work.grants.stop(grant.id)
    entries = list(change.entries)
    for running in work.retrievals.in_flight(grant.id):
        stopped = abort(running, why)
        work.retrievals.save(running, stopped.after)
        entries.extend(stopped.entries)
    for package in work.packages.in_flight(grant.id):
        unmade = packages.abort(package, why)
        work.packages.save(package, unmade.after)
        entries.extend(unmade.entries)
    work.audit.append(permit, entries, case=grant.request_id)
    announce_grant(work, permit.actor, change.after, change.entries)
    return change.after


def revoke_fallen(work: UnitOfWork, permit: Permit, request: AccessRequest, items: Collection[ItemId]) -> None:
    """Revoke what lived on items that no longer allow anything; the reason is where the request stands now."""
    for grant in work.grants.of_request(request.id, lock=True):
        if grant.item_id in items and grant.revocable(work.now):
            end(work, permit, grant, request.state.lower())


class Grants:
    """What may be done with a grant once it is there."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def read(self, caller: Caller, key: GrantId) -> Grant:
        """Return a grant the caller may know of."""
        with self._work() as work:
            self._policy.require(caller, "grant:read", caller.roles(work.now), facts.of_person(caller))
            return work.grants.load(key, grant_visibility(caller, work))

    def read_many(self, caller: Caller, keys: Collection[GrantId]) -> Sequence[Grant]:
        """Return those of some grants that the caller may know of."""
        with self._work() as work:
            self._policy.require(caller, "grant:list", caller.roles(work.now), facts.of_person(caller))
            return work.grants.load_many(keys, grant_visibility(caller, work))

    def page(
        self,
        caller: Caller,
        *,
        request: RequestId | None,
        after: GrantId | None,
        limit: int,
    ) -> Sequence[Grant]:
        """Return grants the caller may know of, newest first."""
        with self._work() as work:
            self._policy.require(caller, "grant:list", caller.roles(work.now), facts.of_person(caller))
            return work.grants.page(grant_visibility(caller, work), request=request, after=after, limit=limit)

    def revoke(self, caller: Caller, key: GrantId, reason: str) -> Grant:
        """End a grant for good: the owner's, the center's or the requester's right."""
        with self._work() as work:
            grant = work.grants.load(key, grant_visibility(caller, work), lock=True)
            permit, _ = require_over(self._policy, work, caller, "grant:revoke", grant)
            after = end(work, permit, grant, reason)
            work.commit(permit)
            return after

    def suspend(self, caller: Caller, key: GrantId, reason: str) -> Grant:
        """Let a grant rest: nothing flows and what is in flight is aborted, until the same level lets it go on."""
        with self._work() as work:
            grant = work.grants.load(key, grant_visibility(caller, work), lock=True)
            permit, level = require_over(self._policy, work, caller, "grant:suspend", grant)
            change = suspend(grant, level, reason, work.now)
            after = _stop(work, permit, grant, change, "grant-suspended")
            work.commit(permit)
            return after

    def resume(self, caller: Caller, key: GrantId, reason: str) -> Grant:
        """Let a suspended grant go on; only the level that suspended it, or one above."""
        with self._work() as work:
            grant = work.grants.load(key, grant_visibility(caller, work), lock=True)
            permit, level = require_over(self._policy, work, caller, "grant:resume", grant)
            change = resume(grant, level, reason, work.now)
            work.grants.save(grant, change.after)
            work.audit.append(permit, change.entries, case=grant.request_id)
            announce_grant(work, permit.actor, change.after, change.entries)
            work.commit(permit)
            return change.after


def require_over(policy: Authorizer, work: UnitOfWork, caller: Caller, act: str, grant: Grant) -> tuple[Permit, Level]:
    """Ask with the roles that reach the grant's request or its cameras, and say at which level the caller acts.

    An owner is the department that signed the grant, and whichever owns one of its cameras by now; a center the one
    that decides on the request, and the one it was escalated to.
    """
    request, roles, office = around(work, caller, grant)
    known = facts.of_request(caller, request, office.persons) | facts.of_second_factor(caller, work.now)
    permit = policy.require(caller, act, roles, known)
    return permit, office.level


def around(work: UnitOfWork, caller: Caller, grant: Grant) -> tuple[AccessRequest, frozenset[Role], "Office"]:
    """Return the request of a grant, the caller's roles that reach it or a camera of it, and the office that counts."""
    request = work.access_requests.load(grant.request_id, EVERYTHING)
    now_owned = {camera.owner_id for camera in work.cameras.load_many({it.camera_id for it in grant.lines}).values()}
    return request, *office_around(work, caller, request, {grant.department_id} | now_owned)


@dataclass(frozen=True)
class Office:
    """In which office somebody acts on a case: the department of the office, and the persons who count."""

    level: Level
    department_id: DepartmentId
    persons: frozenset[PersonId]


def office_around(
    work: UnitOfWork, caller: Caller, request: AccessRequest, owners: Collection[DepartmentId]
) -> tuple[frozenset[Role], Office]:
    """Return the roles of the caller that reach the request or one of these owners, and the office that counts.

    Of several offices it is one in which the caller stands for no party, and of those the highest.
    """
    departments = work.departments.load_many(places_around(request, owners))
    return office_among(departments, caller, request, owners, work.now)


def places_around(request: AccessRequest, owners: Collection[DepartmentId]) -> set[DepartmentId]:
    """Return the departments in one of which somebody may have an office on a case."""
    centers = {key for key in (request.center_id, request.escalated_to) if key is not None}
    return {*centers, *owners, request.department_id}


def office_among(
    departments: Mapping[DepartmentId, Department], caller: Caller, request: AccessRequest,
    owners: Collection[DepartmentId], at: datetime,
) -> tuple[frozenset[Role], Office]:  # fmt: skip
    """Return the same where the departments around are known: for many cases at once."""
    centers = {key for key in (request.center_id, request.escalated_to) if key is not None}
    roles = facts.reach(caller, at, requester=departments[request.department_id].path)
    ways: list[Office] = []
    for role, level, keys in (
        (Role.CENTER_APPROVER, Level.CENTER, centers),
        (Role.DEPARTMENT_AUTHORIZER, Level.OWNER, owners),
    ):
        for path, key in sorted((departments[key].path, key) for key in keys):
            if role in caller.roles_at(path, at):
                roles |= {role}
                ways.append(Office(level, key, caller.deciders_as(role, path, at, request.parties)))
    usual = Office(Level.OWNER, request.department_id, frozenset())
    office = min(ways, key=lambda way: (len(way.persons & request.parties), -way.level), default=usual)
    return roles, office
