"""Grants: who sees them, and how they end."""

from collections.abc import Sequence

from broker.domain.accounts import Caller, Role
from broker.domain.grants import Grant, GrantState, revoke
from broker.domain.ids import GrantId, RequestId
from broker.domain.permits import Permit
from broker.domain.retrievals import abort
from policies import facts
from policies.authorizer import Authorizer
from storage.db.access_requests import Visibility
from storage.db.grants import GrantVisibility
from storage.db.unit_of_work import UnitOfWork, Work


def grant_visibility(caller: Caller, work: UnitOfWork) -> GrantVisibility:
    """Return the test that guards one grant and every list of grants for this caller."""
    subtrees = (*caller.paths_of(Role.DEPARTMENT_AUTHORIZER, work.now), *caller.paths_of(Role.AUDITOR, work.now))
    return GrantVisibility(caller.person_id, subtrees, caller.paths_of(Role.CENTER_APPROVER, work.now))


def end(work: UnitOfWork, permit: Permit, grant: Grant, reason: str) -> Grant:
    """Revoke a grant and abort what runs under it, in the caller's transaction."""
    change = revoke(grant, reason, work.now)
    work.grants.save_revoked(grant, change.after, work.now)
    entries = list(change.entries)
    for running in work.retrievals.in_flight(grant.id):
        stopped = abort(running, "grant-revoked")
        work.retrievals.save(running, stopped.after)
        entries.extend(stopped.entries)
    work.audit.append(permit, entries, case=grant.request_id)
    return change.after


def revoke_all(work: UnitOfWork, permit: Permit, request: RequestId, reason: str) -> None:
    """Revoke whatever is live under a request that has died or begins a new revision."""
    for grant in work.grants.of_request(request, lock=True):
        if grant.state is GrantState.ISSUED and grant.valid.end > work.now:
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
            everything = Visibility(None, centers=(), owners=(), readers=("",))
            request = work.access_requests.load(grant.request_id, everything)
            places = {grant.department_id, request.department_id, request.center_id or request.department_id}
            departments = work.departments.load_many(places)
            roles = facts.reach(
                caller,
                work.now,
                requester=departments[request.department_id].path,
                center_approver=departments[request.center_id or request.department_id].path,
                department_authorizer=departments[grant.department_id].path,
            )
            permit = self._policy.require(caller, "grant:revoke", roles, facts.of_request(caller, request))
            after = end(work, permit, grant, reason)
            work.commit(permit)
            return after
