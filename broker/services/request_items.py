"""The owners' decisions: camera by camera, and the grant that follows at once."""

from collections.abc import Sequence
from datetime import datetime

from broker.domain import decisions
from broker.domain.access_requests import AccessRequest, RequestItem
from broker.domain.accounts import Caller, Role
from broker.domain.errors import Invalid
from broker.domain.grants import Grant, GrantedLine, Terms, issue
from broker.domain.ids import GrantId, ItemId, new_id
from broker.domain.permits import Permit
from broker.domain.time import TimeSpan
from broker.services.access_requests import Verdict, shown_to, store, visibility
from broker.services.grants import revoke_all
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work


class RequestItems:
    """What an owning department does with its part of a request."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def waiting(
        self,
        caller: Caller,
        *,
        after: ItemId | None,
        limit: int,
    ) -> Sequence[tuple[AccessRequest, RequestItem]]:
        """Return the items that wait for the caller's departments, oldest first."""
        with self._work() as work:
            self._policy.require(caller, "request_item:list", caller.roles(work.now), facts.of_person(caller))
            owners = caller.paths_of(Role.DEPARTMENT_AUTHORIZER, work.now)
            found = work.access_requests.waiting_items(owners, after=after, limit=limit)
            own = shown_to(caller, work, [request for request, _ in found])
            return [(request, item) for request, (_, item) in zip(own, found, strict=True)]

    def authorize(self, caller: Caller, key: ItemId, verdict: Verdict) -> Grant:
        """Authorize all or some lines, whole or shorter; the grant starts at once, whatever the others decide."""
        with self._work() as work:
            request, item = work.access_requests.of_item(key, visibility(caller, work), lock=True)
            permit = self._require(work, caller, "request_item:authorize", request, item)
            request.require_revision(verdict.revision)
            change = decisions.authorize(
                request,
                item,
                caller.person(),
                verdict.spans,
                verdict.remarks or {},
                work.now,
            )
            after = store(work, permit, request, change)
            decided = next(each for each in after.items if each.id == key)
            grant = issue(_grant(after, decided, verdict.terms, work.now))
            work.grants.add(grant.after)
            work.audit.append(permit, grant.entries, case=request.id)
            work.commit(permit)
            return grant.after

    def refuse(self, caller: Caller, key: ItemId, revision: int, reason: str) -> AccessRequest:
        """Refuse the whole item."""
        with self._work() as work:
            request, item = work.access_requests.of_item(key, visibility(caller, work), lock=True)
            permit = self._require(work, caller, "request_item:refuse", request, item)
            request.require_revision(revision)
            change = decisions.refuse(request, item, caller.person(), reason, work.now)
            after = shown_to(caller, work, [store(work, permit, request, change)])[0]
            work.commit(permit)
            return after

    def send_back(self, caller: Caller, key: ItemId, revision: int, comment: str) -> AccessRequest:
        """Return the whole request for supplement; what other owners granted for this revision ends."""
        with self._work() as work:
            request, item = work.access_requests.of_item(key, visibility(caller, work), lock=True)
            permit = self._require(work, caller, "request_item:return", request, item)
            request.require_revision(revision)
            change = decisions.send_back(request, caller.person(), comment, item)
            after = shown_to(caller, work, [store(work, permit, request, change)])[0]
            revoke_all(work, permit, request.id, "returned")
            work.commit(permit)
            return after

    def _require(
        self,
        work: UnitOfWork,
        caller: Caller,
        act: str,
        request: AccessRequest,
        item: RequestItem,
    ) -> Permit:
        owner = work.departments.load(item.department_id)
        roles = facts.reach(caller, work.now, department_authorizer=owner.path)
        return self._policy.require(caller, act, roles, facts.of_request(caller, request))


def _grant(request: AccessRequest, item: RequestItem, terms: Terms | None, now: datetime) -> Grant:
    """Return the grant of an authorized item: its lines, the persons of the request, the narrowest terms."""
    approved = request.approved_terms or request.terms
    if terms is not None and not terms.within(approved):
        raise Invalid("terms-widen", pointer="/terms")
    narrowest = terms or approved
    return Grant(
        id=GrantId(new_id()),
        item_id=item.id,
        request_id=request.id,
        department_id=item.department_id,
        persons=request.investigators,
        lines=tuple(GrantedLine(line.id, line.camera_id, line.authorized) for line in item.lines if line.authorized),
        terms=narrowest,
        valid=TimeSpan(now, now + narrowest.validity),
    )
