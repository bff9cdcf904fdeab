"""The center's decision on a request: approve the need, send it back, or reject it."""

from collections.abc import Mapping

from broker.domain.deciding import decisions
from broker.domain.errors import Conflict
from broker.domain.ids import RequestId
from broker.domain.people.accounts import Caller, Role
from broker.domain.permits import Permit
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.request_states import RequestState
from broker.domain.requests.steps import Decider
from broker.services.deciding.rules import rules_of
from broker.services.requests.access_requests import Verdict, store, visibility
from broker.services.requests.passages import owners_due, supplement_due
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work


class Approvals:
    """What the deciding center does."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def approve(self, caller: Caller, key: RequestId, verdict: Verdict) -> AccessRequest:
        """Approve the need, whole or narrower; the owning departments decide next.

        Where the route asks for two approvals, the first person's leaves the request where it is for the second.
        """
        with self._work() as work:
            request = work.access_requests.load(key, visibility(caller, work), lock=True)
            permit, by = require_center(self._policy, work, caller, "access_request:approve", request)
            request.require_revision(verdict.revision)
            due = owners_due(rules_of(work, request.rulebook), request, work.now)
            change = decisions.approve(request, by, verdict.spans, verdict.terms, verdict.comment, work.now, due)
            after = store(work, permit, request, change)
            work.commit(permit)
            return after

    def send_back(
        self, caller: Caller, key: RequestId, revision: int, comment: str, remarks: Mapping[str, str] | None = None
    ) -> AccessRequest:
        """Return the request to the requester for supplement, with remarks per field."""
        with self._work() as work:
            request = work.access_requests.load(key, visibility(caller, work), lock=True)
            permit, by = require_center(self._policy, work, caller, "access_request:return", request)
            request.require_revision(revision)
            if request.state is RequestState.DEPARTMENT_REVIEW:  # from here on the owners may return it
                raise Conflict(
                    "transition-refused", subject="access_request", state=request.state, command="return", allowed=""
                )
            due = supplement_due(rules_of(work, request.rulebook), request, work.now)
            change = decisions.send_back(request, by, comment, remarks or {}, work.now, due)
            after = store(work, permit, request, change)
            work.commit(permit)
            return after

    def reject(self, caller: Caller, key: RequestId, revision: int, reason: str) -> AccessRequest:
        """Refuse the need for good."""
        with self._work() as work:
            request = work.access_requests.load(key, visibility(caller, work), lock=True)
            permit, by = require_center(self._policy, work, caller, "access_request:reject", request)
            request.require_revision(revision)
            after = store(work, permit, request, decisions.reject(request, by, reason, work.now))
            work.commit(permit)
            return after


def require_center(
    policy: Authorizer, work: UnitOfWork, caller: Caller, act: str, request: AccessRequest
) -> tuple[Permit, Decider]:
    """Ask whether the caller may decide for the center of a request, and return as whom.

    Raises:
        Forbidden: not an approver of that center, or a party, or standing in for one.
    """
    keys = {key for key in (request.center_id, request.escalated_to) if key is not None}
    centers = work.departments.load_many(keys).values()
    paths = sorted(it.path for it in centers if Role.CENTER_APPROVER in caller.roles_at(it.path, work.now))
    roles = frozenset({Role.CENTER_APPROVER}) if paths else frozenset()
    avoid = request.parties | request.deciders
    ways = [caller.deciders_as(Role.CENTER_APPROVER, path, work.now, avoid) for path in paths or ["/"]]
    # Once escalated there are two centers: somebody with an office in both acts in the one that leads nowhere wrong.
    persons = min(ways, key=lambda way: (len(way & avoid), len(way)))
    known = facts.of_request(caller, request, persons) | facts.of_second_factor(caller, work.now)
    permit = policy.require(caller, act, roles, known)
    return permit, Decider(caller.person(), persons)
