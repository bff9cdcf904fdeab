"""What the clock does: remind at half the time, escalate at three quarters, write down a lapse at the end.

Nothing here makes anything safe: a decision after its deadline is refused by the decision itself. Each deadline is
taken in a transaction of its own, under a lock that other workers step over; one that fails keeps back no other.
"""

import logging
from datetime import datetime

from broker.domain.deciding import decisions, lapses
from broker.domain.deciding.rulebook import Rulebook
from broker.domain.errors import BrokerError, Unavailable
from broker.domain.ids import DepartmentId, PersonId, RequestId
from broker.domain.notices.notices import Fact, Notice
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Role, fitting_centers, system_caller
from broker.domain.permits import Permit
from broker.domain.requests.access_requests import AccessRequest, RequestItem
from broker.domain.requests.request_states import ItemState, RequestState
from broker.services.deciding.emergencies import pay
from broker.services.deciding.rules import rules_in_force, rules_of
from broker.services.notices.notices import tell
from broker.services.requests.access_requests import store
from policies.authorizer import Authorizer
from storage.db.deciding.deadlines import Fresh, Watched
from storage.db.requests.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork, Work

AT_ONCE = 500
REMINDED, ESCALATED = 1, 2
CENTER_STAGES = frozenset({RequestState.CENTER_REVIEW, RequestState.EMERGENCY})

logger = logging.getLogger(__name__)


class Deadlines:
    """The clock's own service; any number of workers may run it."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy
        self._caller = system_caller(Role.WORKER, "clock")

    def tick(self) -> int:
        """Do all that is due now and return how many deadlines were dealt with.

        Raises:
            Unavailable: the database is away; the next tick does what is left.
        """
        self._watch()
        done = 0
        failed: list[Watched] = []
        while done + len(failed) < AT_ONCE and self._ring(failed):
            done += 1
        return done - len(failed) + self._close_unreported()

    def _permit(self) -> Permit:
        return self._policy.require(self._caller, "access_request:lapse", {Role.WORKER})

    def _watch(self) -> None:
        with self._work() as work:
            permit = self._permit()
            work.deadlines.watch([row for fresh in work.deadlines.fresh(AT_ONCE) if (row := _first(work, fresh))])
            work.commit(permit)

    def _ring(self, failed: list[Watched]) -> bool:
        """Deal with the next deadline and say whether there was one; what fails is noted and left for the next tick."""
        watched: Watched | None = None
        try:
            with self._work() as work:
                permit = self._permit()
                watched = work.deadlines.ringing(work.now, failed)
                if watched is None:
                    return False
                _answer(work, permit, watched)
                work.commit(permit)
        except BrokerError as error:
            if watched is None:
                raise
            logger.exception("deadline %s of request %s: %s", watched.due, watched.request_id, error.slug)
            failed.append(watched)
        return True

    def _close_unreported(self) -> int:
        with self._work() as work:
            permit = self._permit()
            before = work.now - rules_in_force(work).report_within
            keys = work.deadlines.unreported(before, AT_ONCE)
        return sum(self._close(permit, key) for key in keys)

    def _close(self, permit: Permit, key: RequestId) -> bool:
        """Close a request that nobody reported on, in a transaction of its own; say whether it was."""
        try:
            with self._work() as work:
                request = work.access_requests.load(key, EVERYTHING, lock=True)
                if request.state is not RequestState.DECIDED:
                    return False
                store(work, permit, request, decisions.close(request, "", work.now))
                work.commit(permit)
                return True
        except Unavailable:
            raise
        except BrokerError as error:
            logger.exception("closing request %s: %s", key, error.slug)
            return False


def _answer(work: UnitOfWork, permit: Permit, watched: Watched) -> None:
    """Do what a deadline whose alarm has come asks for."""
    request = work.access_requests.load(watched.request_id, EVERYTHING, lock=True)
    item = next((it for it in request.items if it.id == watched.item_id), None)
    if not _still(request, item, watched):
        work.deadlines.drop(watched)
    elif work.now >= watched.due:
        work.deadlines.drop(watched)
        after = store(work, permit, request, lapses.lapse(request, work.now))
        if request.state is RequestState.EMERGENCY:
            pay(work, permit, after)
    elif watched.nudge == 0:
        _remind(work, request, item, watched)
    else:
        if item is not None:
            _escalate_item(work, permit, request, item)
        elif request.state in CENTER_STAGES:
            _escalate_center(work, permit, request)
        work.deadlines.advance(watched, ESCALATED, watched.due)


def _first(work: UnitOfWork, fresh: Fresh) -> Watched | None:
    """Return the row that watches a new deadline, with the alarm of its first nudge; None where its rules are gone."""
    try:
        rules = rules_of(work, fresh.rulebook)
    except BrokerError as error:
        logger.warning("deadline %s of request %s: %s", fresh.due, fresh.request_id, error.slug)
        return None
    if fresh.state is RequestState.DRAFT:  # nobody is waited for but its own author
        nudge, alarm = ESCALATED, fresh.due
    elif fresh.state is RequestState.EMERGENCY:  # everybody was told when it was opened
        nudge, alarm = REMINDED, fresh.since + rules.emergency.escalate_after
    else:
        nudge, alarm = 0, _share(rules, fresh.since, fresh.due, rules.remind_at, fresh.routes)
    return Watched(fresh.subject_id, fresh.due, fresh.request_id, fresh.item_id, nudge, min(alarm, fresh.due))


def _share(rules: Rulebook, start: datetime, due: datetime, part: float, routes: frozenset[str]) -> datetime:
    """Return when a part of the time has passed, counted as the routes count their deadlines."""
    if start >= due:
        return due
    business = all(rules.route(code).deadlines.business for code in routes)
    return rules.calendar.share(start, due, part, business=business)


def _still(request: AccessRequest, item: RequestItem | None, watched: Watched) -> bool:
    """Say whether the deadline still stands: nobody decided, and it was not set anew."""
    if watched.item_id is None:
        return request.due == watched.due
    waiting = item is not None and item.state is ItemState.PENDING and item.due == watched.due
    return waiting and request.state is RequestState.DEPARTMENT_REVIEW


def _remind(work: UnitOfWork, request: AccessRequest, item: RequestItem | None, watched: Watched) -> None:
    """Tell those whose word is waited for, and set the alarm of the escalation."""
    rules = rules_of(work, request.rulebook)
    owner = item.department_id if item else None
    center = request.center_id if request.state in CENTER_STAGES else None
    facts: dict[str, Fact] = {"number": request.number, "due": watched.due}
    places = frozenset({owner or center or request.department_id})
    tell(work, Notice("deadline.reminder", request.id, facts, _waited_for(work, request, item), places))
    routes = frozenset({item.route} if item else {each.route for each in request.items})
    alarm = _share(rules, request.since or watched.alarm, watched.due, rules.escalate_at, routes)
    work.deadlines.advance(watched, REMINDED, min(max(alarm, watched.alarm), watched.due))


def _waited_for(work: UnitOfWork, request: AccessRequest, item: RequestItem | None) -> frozenset[PersonId]:
    """Return the persons whose word is waited for; whoever gave theirs already is not."""
    if item is not None:
        return _able(work, Role.DEPARTMENT_AUTHORIZER, item.department_id, request, item)
    if request.state in CENTER_STAGES and request.center_id is not None:
        return _able(work, Role.CENTER_APPROVER, request.center_id, request)
    return frozenset({request.requester_id})


def _able(
    work: UnitOfWork, role: Role, where: DepartmentId, request: AccessRequest, item: RequestItem | None = None
) -> frozenset[PersonId]:
    """Return who may still decide in a department."""
    busy = request.parties | request.deciders | (item.deciders if item is not None else frozenset())
    return frozenset(work.persons.holders(role, work.departments.load(where).path, work.now, busy))


def _escalate_center(work: UnitOfWork, permit: Permit, request: AccessRequest) -> None:
    """Let the next center above decide too, the nearest one that has anybody who may."""
    if request.center_id is None:
        return
    below = work.departments.load(request.center_id)
    owners = work.departments.load_many({item.department_id for item in request.items})
    for center in fitting_centers(work.departments.centers(), frozenset(owner.path for owner in owners.values())):
        if len(center.jurisdiction) >= len(below.jurisdiction):
            continue
        if able := _able(work, Role.CENTER_APPROVER, center.id, request):
            after = store(work, permit, request, lapses.escalate(request, center.id, work.now))
            _tell_above(work, after, below.name, request.due, able, center.id)
            return


def _escalate_item(work: UnitOfWork, permit: Permit, request: AccessRequest, item: RequestItem) -> None:
    """Tell whoever may authorize in the department above, who may decide in place of the owner."""
    owner = work.departments.load(item.department_id)
    if owner.parent_id is None:
        return
    able = _able(work, Role.DEPARTMENT_AUTHORIZER, owner.parent_id, request, item)
    stream = f"deadline/{item.id}"
    work.audit.reserve(stream)
    data = {"item": str(item.id), "to": str(owner.parent_id), "due": item.due.isoformat() if item.due else None}
    work.audit.append(permit, (Entry(stream, "request_item:escalated", data),), case=request.id)
    _tell_above(work, request, owner.name, item.due, able, owner.parent_id)


def _tell_above(
    work: UnitOfWork,
    request: AccessRequest,
    late: str,
    due: datetime | None,
    able: frozenset[PersonId],
    above: DepartmentId,
) -> None:
    """Tell the department above which one lets a request lie, and until when."""
    if due is not None:
        facts: dict[str, Fact] = {"number": request.number, "due": due, "department": late}
        tell(work, Notice("deadline.escalated", request.id, facts, able, frozenset({above})))
