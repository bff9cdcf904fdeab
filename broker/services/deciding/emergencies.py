"""Emergency access: opened by one person with a fresh second factor, ratified by the center or paid for.

What nobody ratifies ends with its grants revoked, the copies held, and the right of the person suspended until the
security administrator gives it back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from broker.domain.deciding import decisions, emergencies
from broker.domain.deciding.routes import Route
from broker.domain.deciding.rulebook import Emergency as Limits
from broker.domain.deciding.rulebook import Rulebook
from broker.domain.errors import Forbidden, Invalid
from broker.domain.footage import packages
from broker.domain.footage.grants import Action, Grant, GrantedLine, Terms, issue
from broker.domain.footage.retrievals import hold
from broker.domain.ids import GrantId, ItemId, RequestId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Role
from broker.domain.permits import Permit
from broker.domain.requests.access_requests import AccessRequest, AskedLine, Change, Place, RequestItem
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan
from broker.services.deciding.approvals import require_center
from broker.services.deciding.rules import rules_in_force
from broker.services.notices.announcements import announce_grant
from broker.services.oversight.holds import hold_unratified
from broker.services.requests.access_requests import part_to_decide, shown_to, store, visibility
from broker.services.requests.form_references import checked_lines
from broker.services.requests.limits import investigator_faults
from broker.services.requests.passages import emergency_plan
from broker.services.requests.request_items import require_owner
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work

UNRATIFIED = "emergency-unratified"


@dataclass(frozen=True)
class EmergencyForm:
    """What somebody fills in who cannot wait; `lasts` None takes the usual hour."""

    purpose: Purpose
    lines: tuple[AskedLine, ...]
    lasts: timedelta | None = None
    actions: frozenset[Action] = frozenset(Action)
    place: Place | None = None


class Emergencies:
    """Open, ratify, disavow, veto."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def open(self, caller: Caller, form: EmergencyForm) -> tuple[AccessRequest, Sequence[Grant]]:
        """Open cameras of the last hours at once; owners, center and auditors are told in the same transaction.

        Raises:
            Forbidden: no right to it, no fresh second factor, or too many that nobody ratified.
            Invalid: the purpose, the reach or the deciders are not as the rules ask.
        """
        with self._work() as work:
            known = facts.of_draft(caller, caller.path) | facts.of_second_factor(caller, work.now)
            roles = caller.roles_at(caller.path, work.now)
            permit = self._policy.require(caller, "access_request:open_emergency", roles, known)
            rules = rules_in_force(work)
            blank = _filled_in(work, caller, form, rules)
            _require_trust(work, blank, rules.emergency)
            travel = emergency_plan(work, blank, rules)
            if travel.passage.center is None:
                raise RuntimeError("an emergency without a center to ratify it")
            drafted = decisions.draft(replace(blank, number=work.access_requests.next_number(work.now.year)))
            opened = emergencies.break_glass(
                drafted.after, travel.passage.center, travel.items, rules.emergency, work.now
            )
            after = store(work, permit, None, Change(opened.after, (*drafted.entries, *opened.entries)))
            grants = [
                _provisional(work, permit, after, item, travel.routes[item.department_id]) for item in after.items
            ]
            work.commit(permit)
            return after, grants

    def ratify(self, caller: Caller, key: RequestId, comment: str) -> AccessRequest:
        """Stand up for an emergency afterwards."""
        with self._work() as work:
            request = work.access_requests.load(key, visibility(caller, work), lock=True)
            permit, by = require_center(self._policy, work, caller, "access_request:ratify", request)
            after = store(work, permit, request, emergencies.ratify(request, by, comment, work.now))
            work.commit(permit)
            return after

    def disavow(self, caller: Caller, key: RequestId, reason: str) -> AccessRequest:
        """Refuse an emergency afterwards, with what follows from it."""
        with self._work() as work:
            request = work.access_requests.load(key, visibility(caller, work), lock=True)
            permit, by = require_center(self._policy, work, caller, "access_request:disavow", request)
            after = store(work, permit, request, emergencies.disavow(request, by, reason, work.now))
            pay(work, permit, after)
            work.commit(permit)
            return after

    def veto(self, caller: Caller, key: ItemId, reason: str) -> AccessRequest:
        """End the part of the caller's department, ratified or not."""
        with self._work() as work:
            request, item = part_to_decide(caller, work, key)
            permit, by = require_owner(self._policy, work, caller, "request_item:veto", request, item)
            after = store(work, permit, request, emergencies.veto(request, item, by, reason, work.now))
            own = shown_to(caller, work, [after])[0]
            work.commit(permit)
            return own


def pay(work: UnitOfWork, permit: Permit, request: AccessRequest) -> None:
    """Hold the copies that an unratified emergency made, and suspend the right of who opened it."""
    entries: list[Entry] = []
    hold_unratified(work, permit, request, UNRATIFIED)
    for taken in work.retrievals.of_request(request.id):
        if taken.held or taken.purged_at is not None:
            continue
        change = hold(taken, UNRATIFIED)
        work.retrievals.save(taken, change.after)
        entries.extend(change.entries)
    for package in work.packages.of_request(request.id):
        if not package.held:
            kept = packages.hold(package, UNRATIFIED)
            work.packages.save(package, kept.after)
            entries.extend(kept.entries)
    work.audit.append(permit, entries, case=request.id)
    stream = f"person/{request.requester_id}"
    held = work.persons.assignments({request.requester_id}).get(request.requester_id, ())
    places = {each.department_id for each in held if each.role is Role.EMERGENCY_INVESTIGATOR}
    for place in sorted(places):  # a handful: the departments in which one person holds this one role
        number = work.audit.reserve(stream)
        work.persons.withdraw(request.requester_id, Role.EMERGENCY_INVESTIGATOR, place, work.now, number)
        data = {"role": Role.EMERGENCY_INVESTIGATOR, "department": str(place), "reason": UNRATIFIED}
        work.audit.append(permit, (Entry(stream, "person:role:withdrawn", data),), case=request.id)


def _filled_in(work: UnitOfWork, caller: Caller, form: EmergencyForm, rules: Rulebook) -> AccessRequest:
    """Return the request that a form makes: the one person asks and will look.

    Raises:
        Invalid: nobody with an account asks, that person may not look at footage, or the purpose or a camera is wrong.
    """
    rules.purpose.check(form.purpose)
    person = caller.person()
    if caller.department_id is None:
        raise Invalid("person-needed")
    blank = AccessRequest(
        id=RequestId(new_id()),
        number="",
        requester_id=person,
        department_id=caller.department_id,
        purpose=form.purpose,
        terms=Terms(actions=form.actions, validity=form.lasts or rules.emergency.lasts),
        investigators=frozenset({person}),
        asked=checked_lines(work, caller, form.lines),
        urgent=True,
        place=form.place,
        rulebook=rules.version,
        created_at=work.now,
    )
    for fault in investigator_faults(work, blank):
        raise fault
    return blank


def _require_trust(work: UnitOfWork, request: AccessRequest, limits: Limits) -> None:
    """Refuse whoever has lost the right by the clock, written down or not, or has lost it too often.

    Raises:
        Forbidden: an emergency of the same person waits past its time, or too many came to nothing.
    """
    if work.access_requests.unanswered(request.requester_id, work.now):
        raise Forbidden("emergency-unanswered", missing=("emergency_trust",))
    unratified = work.access_requests.unratified(request.requester_id, work.now - limits.counted_over)
    if unratified > limits.unratified_most:
        raise Forbidden("emergency-blocked", missing=("emergency_trust",), count=unratified)


def _provisional(work: UnitOfWork, permit: Permit, request: AccessRequest, item: RequestItem, route: Route) -> Grant:
    """Issue the grant of one part at once; it never outlasts the time in which it has to be ratified."""
    terms = replace(request.terms, conditions=request.terms.conditions | route.conditions)
    change = issue(
        Grant(
            id=GrantId(new_id()),
            item_id=item.id,
            request_id=request.id,
            department_id=item.department_id,
            persons=request.investigators,
            lines=tuple(GrantedLine(line.id, line.camera_id, line.asked) for line in item.lines),
            terms=terms,
            valid=TimeSpan(work.now, min(work.now + terms.validity, request.due or work.now)),
            emergency=True,
        )
    )
    work.grants.add(change.after)
    work.audit.append(permit, change.entries, case=request.id)
    announce_grant(work, permit.actor, change.after, change.entries)
    return change.after
