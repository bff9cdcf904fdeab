"""The owners' decisions: camera by camera, and the grant that follows at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from broker.domain.deciding import authorizations, decisions
from broker.domain.deciding.routes import Route
from broker.domain.errors import Invalid
from broker.domain.footage.grants import STANDING, Grant, GrantedLine, Terms, issue
from broker.domain.ids import GrantId, ItemId, PersonId, new_id
from broker.domain.people.accounts import Caller, Role
from broker.domain.permits import Permit
from broker.domain.requests.access_requests import AccessRequest, RequestItem
from broker.domain.requests.request_states import ItemState
from broker.domain.requests.steps import Decider
from broker.domain.time import TimeSpan
from broker.services.deciding.rules import rules_of
from broker.services.notices.announcements import announce_grant
from broker.services.requests.access_requests import Verdict, part_to_decide, shown_to, store
from broker.services.requests.passages import supplement_due
from policies import facts
from policies.authorizer import Authorizer
from policies.vocabulary import Fact
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

    def authorize(self, caller: Caller, key: ItemId, verdict: Verdict) -> Grant | None:
        """Authorize all or some lines, whole or shorter; the grant starts at once, whatever the others decide.

        Under the two-person rule the first authorization returns None: the second person's makes the grant.
        """
        with self._work() as work:
            request, item = part_to_decide(caller, work, key)
            permit, by = require_owner(self._policy, work, caller, "request_item:authorize", request, item)
            request.require_revision(verdict.revision)
            change = authorizations.authorize(request, item, by, verdict.spans, verdict.remarks or {}, work.now)
            after = store(work, permit, request, change)
            decided = next(each for each in after.items if each.id == key)
            if decided.state is not ItemState.AUTHORIZED:  # the first of two: nothing is granted yet
                work.commit(permit)
                return None
            route = rules_of(work, request.rulebook).route(item.route)
            grant = issue(_grant(work, after, decided, verdict.terms, route))
            work.grants.add(grant.after)
            work.audit.append(permit, grant.entries, case=request.id)
            announce_grant(work, permit.actor, grant.after, grant.entries)
            work.commit(permit)
            return grant.after

    def refuse(self, caller: Caller, key: ItemId, revision: int, reason: str) -> AccessRequest:
        """Refuse the whole item."""
        with self._work() as work:
            request, item = part_to_decide(caller, work, key)
            permit, by = require_owner(self._policy, work, caller, "request_item:refuse", request, item)
            request.require_revision(revision)
            change = authorizations.refuse(request, item, by, reason, work.now)
            after = shown_to(caller, work, [store(work, permit, request, change)])[0]
            work.commit(permit)
            return after

    def send_back(
        self, caller: Caller, key: ItemId, revision: int, comment: str, remarks: Mapping[str, str] | None = None
    ) -> AccessRequest:
        """Return the whole request for supplement; what other owners granted for this revision ends."""
        with self._work() as work:
            request, item = part_to_decide(caller, work, key)
            permit, by = require_owner(self._policy, work, caller, "request_item:return", request, item)
            request.require_revision(revision)
            due = supplement_due(rules_of(work, request.rulebook), request, work.now)
            change = decisions.send_back(request, by, comment, remarks or {}, work.now, due, item)
            after = shown_to(caller, work, [store(work, permit, request, change)])[0]
            work.commit(permit)
            return after


def require_owner(
    policy: Authorizer, work: UnitOfWork, caller: Caller, act: str, request: AccessRequest, item: RequestItem
) -> tuple[Permit, Decider]:
    """Ask whether the caller may decide for the owner of an item, and return as whom.

    Raises:
        Forbidden: not an authorizer of that department or above it, or a party, or the center's decider.
    """
    path = work.departments.load(item.department_id).path
    roles, known, persons = as_owner(path, caller, request, item, work.now)
    permit = policy.require(caller, act, roles, known)
    return permit, Decider(caller.person(), persons)


def as_owner(
    path: str, caller: Caller, request: AccessRequest, item: RequestItem, at: datetime
) -> tuple[frozenset[Role], Fact, frozenset[PersonId]]:
    """Return what the policy is asked with about the part of an owner at this path, and who would have decided."""
    avoid = request.parties | request.deciders | item.deciders
    persons = caller.deciders_as(Role.DEPARTMENT_AUTHORIZER, path, at, avoid)
    known = facts.of_request(caller, request, persons) | facts.of_second_factor(caller, at)
    return facts.reach(caller, at, department_authorizer=path), known, persons


def _grant(work: UnitOfWork, request: AccessRequest, item: RequestItem, terms: Terms | None, route: Route) -> Grant:
    """Return the grant of an authorized item: its lines, the persons of the request, the narrowest terms.

    A renewal begins where the grant it renews ends; every grant carries the conditions of its route.
    """
    approved = request.approved_terms or request.terms
    if terms is not None and not terms.within(approved):
        raise Invalid("terms-widen", pointer="/terms")
    narrowest = terms or approved
    begin = work.now
    if request.renews is not None:
        renewed = work.grants.load(request.renews, None)
        if renewed.state_at(work.now) in STANDING:
            begin = max(begin, renewed.valid.end)
    return Grant(
        id=GrantId(new_id()),
        item_id=item.id,
        request_id=request.id,
        department_id=item.department_id,
        persons=request.investigators,
        lines=tuple(GrantedLine(line.id, line.camera_id, line.authorized) for line in item.lines if line.authorized),
        terms=replace(narrowest, conditions=narrowest.conditions | route.conditions),
        valid=TimeSpan(begin, begin + narrowest.validity),
        renews=request.renews,
    )
