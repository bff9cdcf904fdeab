"""What the requester does with a request, and who may see it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from broker.domain.deciding import decisions
from broker.domain.errors import Invalid, Unknown
from broker.domain.footage.grants import Terms
from broker.domain.ids import DepartmentId, ItemId, LineId, RequestId, new_id
from broker.domain.people.accounts import Caller, Role
from broker.domain.permits import Permit
from broker.domain.requests.access_requests import AccessRequest, AskedLine, Change, Place, RequestItem, groundless
from broker.domain.requests.purpose import Purpose
from broker.domain.requests.request_states import WRITABLE, RequestState
from broker.domain.time import TimeSpan
from broker.services.deciding.rules import rules_in_force
from broker.services.footage.escrow_ends import end_fallen
from broker.services.footage.grants import revoke_fallen
from broker.services.notices.announcements import announce
from broker.services.requests.form_references import insist, known, named
from broker.services.requests.submission import examine
from policies import facts
from policies.authorizer import Authorizer
from storage.db.requests.access_requests import Visibility
from storage.db.unit_of_work import UnitOfWork, Work


@dataclass(frozen=True)
class Form:
    """What a requester fills in; `investigators` are logins."""

    purpose: Purpose
    terms: Terms
    investigators: tuple[str, ...]
    lines: tuple[AskedLine, ...]
    urgent: bool = False
    place: Place | None = None


@dataclass(frozen=True)
class Verdict:
    """A decision: `spans` None takes every line as it stands, else only what is named, as far as it is named."""

    revision: int
    spans: Mapping[LineId, TimeSpan | None] | None = None
    terms: Terms | None = None
    remarks: Mapping[LineId, str] | None = None
    comment: str = ""


def visibility(caller: Caller, work: UnitOfWork) -> Visibility:
    """Return the test that guards one request and every list of requests for this caller."""
    return Visibility(
        caller.person_id,
        centers=caller.paths_of(Role.CENTER_APPROVER, work.now),
        owners=caller.paths_of(Role.DEPARTMENT_AUTHORIZER, work.now),
        readers=caller.paths_of(Role.AUDITOR, work.now),
    )


def shown_to(caller: Caller, work: UnitOfWork, requests: Sequence[AccessRequest]) -> list[AccessRequest]:
    """Return the requests as far as they concern the caller: an owning department sees its own part only.

    Parties, the deciding center's approvers and auditors see the whole; which other departments' cameras are asked
    for, and what became of them, is nothing an owner needs for the own decision: the outcome is that of the part shown.
    """
    places = {item.department_id for request in requests for item in request.items}
    places |= {request.department_id for request in requests}
    places |= {key for request in requests for key in (request.center_id, request.escalated_to) if key}
    departments = work.departments.load_many(places)

    def reached(role: Role, key: DepartmentId | None) -> bool:
        return key is not None and role in caller.roles_at(departments[key].path, work.now)

    def part_of(request: AccessRequest) -> AccessRequest:
        if (
            caller.person_id in request.parties
            or reached(Role.CENTER_APPROVER, request.center_id)
            or reached(Role.CENTER_APPROVER, request.escalated_to)
            or reached(Role.AUDITOR, request.department_id)
        ):
            return request
        own = tuple(item for item in request.items if reached(Role.DEPARTMENT_AUTHORIZER, item.department_id))
        cameras = {line.camera_id for item in own for line in item.lines}
        return replace(request, items=own, asked=tuple(line for line in request.asked if line.camera_id in cameras))

    return [part_of(request) for request in requests]


def part_to_decide(caller: Caller, work: UnitOfWork, key: ItemId) -> tuple[AccessRequest, RequestItem]:
    """Return the whole request of an item, locked, and the item.

    Raises:
        Unknown: there is none, or the caller owns other cameras of the request and may not know of this part.
        Conflict: it belongs to an older revision.
    """
    request, item = work.access_requests.of_item(key, visibility(caller, work), lock=True)
    if item not in shown_to(caller, work, [request])[0].items:
        raise Unknown("unknown-request-item", item=key)
    return request, item


def store(work: UnitOfWork, permit: Permit, before: AccessRequest | None, change: Change) -> AccessRequest:
    """Write a change and its events, and end the grants it took the ground from; the caller commits."""
    work.access_requests.save(before, change.after)
    work.audit.append(permit, change.entries, case=change.after.id)
    announce(work, permit.actor, change.after, change.entries)
    if before is not None and (fallen := groundless(before, change.after)):
        revoke_fallen(work, permit, change.after, fallen)
    if before is not None:
        end_fallen(work, permit, change.after)
    if change.after.state not in WRITABLE:
        work.sketches.forget(change.after.id)
    return change.after


def filled_in(work: UnitOfWork, caller: Caller, form: Form) -> tuple[AccessRequest, list[Invalid]]:
    """Return the request that a form makes in the caller's name, without what is not there, and what that is.

    Raises:
        Invalid: nobody with an account asks.
    """
    requester = caller.person()
    if caller.department_id is None:
        raise Invalid("person-needed")
    investigators, strangers = named(work, form.investigators)
    asked, faults = known(work, caller, form.lines)
    request = AccessRequest(
        id=RequestId(new_id()),
        number="",
        requester_id=requester,
        department_id=caller.department_id,
        purpose=form.purpose,
        terms=form.terms,
        investigators=investigators,
        asked=asked,
        urgent=form.urgent,
        place=form.place,
        since=work.now,
        due=work.now + rules_in_force(work).draft_keeps,
        created_at=work.now,
    )
    return request, [*strangers, *faults]


def rewritten(
    work: UnitOfWork, caller: Caller, request: AccessRequest, form: Form
) -> tuple[AccessRequest, list[Invalid]]:
    """Return a request with what a form says instead, without what is not there, and what that is."""
    investigators, strangers = named(work, form.investigators)
    asked, faults = known(work, caller, form.lines, request.asked)
    changed = replace(
        request,
        purpose=form.purpose,
        terms=form.terms,
        investigators=investigators,
        asked=asked,
        urgent=form.urgent,
        place=form.place,
    )
    return changed, [*strangers, *faults]


def alike(one: AccessRequest, other: AccessRequest) -> bool:
    """Say whether two forms of a request ask for the same, in whatever order."""
    same = len(one.asked) == len(other.asked) and set(one.asked) == set(other.asked)
    return same and replace(one, asked=other.asked) == other


class AccessRequests:
    """One public method a verb: load, ask the policy, take the step, write it with its event, commit."""

    def __init__(self, work: Work, policy: Authorizer, *, escrow: bool = False) -> None:
        """`escrow`: whether what is about to be overwritten is copied, sealed, when a request is submitted."""
        self._work = work
        self._policy = policy
        self._escrow = escrow

    def draft(self, caller: Caller, form: Form) -> AccessRequest:
        """Open a draft in the name of the caller's department."""
        with self._work() as work:
            roles = caller.roles_at(caller.path, work.now)
            permit = self._policy.require(caller, "access_request:draft", roles, facts.of_draft(caller, caller.path))
            blank, faults = filled_in(work, caller, form)
            insist(faults)
            numbered = replace(blank, number=work.access_requests.next_number(work.now.year))
            after = store(work, permit, None, decisions.draft(numbered))
            work.commit(permit)
            return after

    def again(self, caller: Caller, key: RequestId) -> AccessRequest:
        """Open a draft that asks for the same as an earlier request of the caller's own, as far as that can be seen."""
        with self._work() as work:
            earlier = work.access_requests.load(key, visibility(caller, work))
            self._require(work, caller, "access_request:check", earlier)
            roles = caller.roles_at(caller.path, work.now)
            permit = self._policy.require(caller, "access_request:draft", roles, facts.of_draft(caller, caller.path))
            logins = tuple(it.login for it in work.persons.load_many(earlier.investigators).values())
            form = Form(earlier.purpose, earlier.terms, logins, earlier.asked, place=earlier.place)
            blank, _ = filled_in(work, caller, form)
            numbered = replace(blank, number=work.access_requests.next_number(work.now.year))
            after = store(work, permit, None, decisions.draft(numbered))
            work.commit(permit)
            return after

    def edit(self, caller: Caller, key: RequestId, form: Form) -> AccessRequest:
        """Replace what is asked, before submission or after a return."""
        with self._work() as work:
            request = work.access_requests.load(key, visibility(caller, work), lock=True)
            permit, after = self._edited(work, caller, request, form)
            work.commit(permit)
            return after

    def submit(self, caller: Caller, key: RequestId, form: Form | None = None) -> AccessRequest:
        """Send a draft, or a supplemented return as the next revision, to the center that decides.

        `form`: what is asked instead, where it is something else, all in one transaction.
        """
        with self._work() as work:
            request = work.access_requests.load(key, visibility(caller, work), lock=True)
            permit = self._require(work, caller, "access_request:submit", request)
            if form is not None:
                changed, faults = rewritten(work, caller, request, form)
                insist(faults)
                if not alike(changed, request):
                    _, request = self._edited(work, caller, request, form)
            travel = examine(work, request, rules_in_force(work), hold=True).require()
            change = decisions.submit(request, travel.passage, travel.items, work.now)
            after = store(work, permit, request, change)
            if self._escrow:
                work.jobs.plan_escrow(key)
            work.commit(permit)
            return after

    def withdraw(self, caller: Caller, key: RequestId, reason: str) -> AccessRequest:
        """Take a request back with everything that was granted for it."""
        with self._work() as work:
            request = work.access_requests.load(key, visibility(caller, work), lock=True)
            permit = self._require(work, caller, "access_request:withdraw", request)
            after = store(work, permit, request, decisions.withdraw(request, reason, work.now))
            work.commit(permit)
            return after

    def close(self, caller: Caller, key: RequestId, report: str) -> AccessRequest:
        """End a decided request with the report of what the footage was used for; its grants end with it."""
        with self._work() as work:
            request = work.access_requests.load(key, visibility(caller, work), lock=True)
            permit = self._require(work, caller, "access_request:close", request)
            after = store(work, permit, request, decisions.close(request, report, work.now))
            work.commit(permit)
            return after

    def read(self, caller: Caller, key: RequestId) -> AccessRequest:
        """Return a request the caller may know of."""
        with self._work() as work:
            self._policy.require(caller, "access_request:read", caller.roles(work.now), facts.of_person(caller))
            request = work.access_requests.load(key, visibility(caller, work))
            return shown_to(caller, work, [request])[0]

    def numbered(self, caller: Caller, number: str) -> AccessRequest:
        """Return the request of a number, if the caller may know of it."""
        with self._work() as work:
            self._policy.require(caller, "access_request:read", caller.roles(work.now), facts.of_person(caller))
            request = work.access_requests.numbered(number, visibility(caller, work))
            return shown_to(caller, work, [request])[0]

    def page(
        self,
        caller: Caller,
        *,
        state: RequestState | None,
        after: RequestId | None,
        limit: int,
        own: bool = False,
    ) -> Sequence[AccessRequest]:
        """Return requests the caller may know of, newest first; `own`: only those the caller is a party of."""
        with self._work() as work:
            self._policy.require(caller, "access_request:list", caller.roles(work.now), facts.of_person(caller))
            party = Visibility(caller.person_id, centers=(), owners=(), readers=())
            seen = party if own else visibility(caller, work)
            found = work.access_requests.page(seen, state=state, after=after, limit=limit)
            return shown_to(caller, work, found)

    def read_many(self, caller: Caller, keys: Collection[RequestId]) -> dict[RequestId, AccessRequest]:
        """Return those of these requests that the caller may know of."""
        with self._work() as work:
            self._policy.require(caller, "access_request:read", caller.roles(work.now), facts.of_person(caller))
            found = work.access_requests.load_many(keys, visibility(caller, work))
            return {it.id: it for it in shown_to(caller, work, list(found.values()))}

    def of_matter(self, caller: Caller, key: RequestId, limit: int) -> Sequence[AccessRequest]:
        """Return the other requests of the same case that the caller may know of, newest first."""
        with self._work() as work:
            self._policy.require(caller, "access_request:read", caller.roles(work.now), facts.of_person(caller))
            seen = visibility(caller, work)
            request = work.access_requests.load(key, seen)
            found = work.access_requests.of_case(request.purpose.case_number, seen, limit + 1)
            return shown_to(caller, work, [it for it in found if it.id != key][:limit])

    def _edited(
        self, work: UnitOfWork, caller: Caller, request: AccessRequest, form: Form
    ) -> tuple[Permit, AccessRequest]:
        permit = self._require(work, caller, "access_request:edit", request)
        changed, faults = rewritten(work, caller, request, form)
        insist(faults)
        return permit, store(work, permit, request, decisions.edit(request, changed, work.now))

    def _require(self, work: UnitOfWork, caller: Caller, act: str, request: AccessRequest) -> Permit:
        return require_home(self._policy, work, caller, act, request)


def require_home(policy: Authorizer, work: UnitOfWork, caller: Caller, act: str, request: AccessRequest) -> Permit:
    """Ask with the roles that reach the department in whose name the request is made."""
    home = work.departments.load(request.department_id)
    roles = facts.reach(caller, work.now, requester=home.path, emergency_investigator=home.path)
    known = facts.of_request(caller, request) | facts.of_second_factor(caller, work.now)
    return policy.require(caller, act, roles, known)
