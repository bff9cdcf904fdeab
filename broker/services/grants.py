"""Grants: who sees them, and how they end."""

from collections.abc import Sequence

from broker.domain.accounts import Caller, Role
from broker.domain.grants import STANDING, Grant, GrantChange, Level, resume, revoke, suspend
from broker.domain.ids import GrantId, RequestId
from broker.domain.permits import Permit
from broker.domain.retrievals import abort
from policies import facts
from policies.authorizer import Authorizer
from storage.db.access_requests import Visibility
from storage.db.grants import GrantVisibility
from storage.db.unit_of_work import UnitOfWork, Work

EVERYTHING = Visibility(None, centers=(), owners=(), readers=("",))
"""The broker's own view: who may see the grant was asked before."""


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
    work.audit.append(permit, entries, case=grant.request_id)
    return change.after


def revoke_all(work: UnitOfWork, permit: Permit, request: RequestId, reason: str) -> None:
    """Revoke whatever is live under a request that has died or begins a new revision."""
    for grant in work.grants.of_request(request, lock=True):
        if grant.state_at(work.now) in STANDING:
            end(work, permit, grant, reason)


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
            permit, _ = self._require(work, caller, "grant:revoke", grant)
            after = end(work, permit, grant, reason)
            work.commit(permit)
            return after

    def suspend(self, caller: Caller, key: GrantId, reason: str) -> Grant:
        """Let a grant rest: nothing flows and what is in flight is aborted, until the same level lets it go on."""
        with self._work() as work:
            grant = work.grants.load(key, grant_visibility(caller, work), lock=True)
            permit, level = self._require(work, caller, "grant:suspend", grant)
            change = suspend(grant, level, reason, work.now)
            after = _stop(work, permit, grant, change, "grant-suspended")
            work.commit(permit)
            return after

    def resume(self, caller: Caller, key: GrantId, reason: str) -> Grant:
        """Let a suspended grant go on; only the level that suspended it, or one above."""
        with self._work() as work:
            grant = work.grants.load(key, grant_visibility(caller, work), lock=True)
            permit, level = self._require(work, caller, "grant:resume", grant)
            change = resume(grant, level, reason, work.now)
            work.grants.save(grant, change.after)
            work.audit.append(permit, change.entries, case=grant.request_id)
            work.commit(permit)
            return change.after

    def _require(self, work: UnitOfWork, caller: Caller, act: str, grant: Grant) -> tuple[Permit, Level]:
        """Ask with the roles that reach the grant's request, and say at which level the caller acts."""
        request = work.access_requests.load(grant.request_id, EVERYTHING)
        center = request.center_id or request.department_id
        departments = work.departments.load_many({grant.department_id, request.department_id, center})
        paths = {
            Role.REQUESTER.value: departments[request.department_id].path,
            Role.DEPARTMENT_AUTHORIZER.value: departments[grant.department_id].path,
        }
        if request.center_id is not None:
            paths[Role.CENTER_APPROVER.value] = departments[center].path
        roles = facts.reach(caller, work.now, **paths)
        permit = self._policy.require(caller, act, roles, facts.of_request(caller, request))
        return permit, Level.CENTER if Role.CENTER_APPROVER in roles else Level.OWNER
