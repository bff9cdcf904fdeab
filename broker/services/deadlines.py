"""What the clock does: remind at half the time, escalate at three quarters, write down a lapse at the end.

Nothing here makes anything safe: a decision after its deadline is refused by the decision itself. Each deadline is
taken in a transaction of its own, under a lock that other workers step over.
"""

from datetime import datetime, timedelta

from broker.domain import decisions, lapses
from broker.domain.access_requests import AccessRequest, RequestItem
from broker.domain.accounts import Role, fitting_centers, system_caller
from broker.domain.audit import Entry
from broker.domain.ids import DepartmentId, PersonId
from broker.domain.notices import Notice
from broker.domain.permits import Permit
from broker.domain.request_states import ItemState, RequestState
from broker.services.access_requests import store
from broker.services.emergencies import pay
from broker.services.notices import tell
from broker.services.rules import rules_in_force, rules_of
from policies.authorizer import Authorizer
from storage.db.access_requests import EVERYTHING
from storage.db.deadlines import Fresh, Watched
from storage.db.unit_of_work import UnitOfWork, Work

AT_ONCE = 500
REMINDED, ESCALATED = 1, 2
CENTER_STAGES = frozenset({RequestState.CENTER_REVIEW, RequestState.EMERGENCY})


class Deadlines:
    """The clock's own service; any number of workers may run it."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy
        self._caller = system_caller(Role.WORKER, "clock")

    def tick(self) -> int:
        """Do all that is due now and return how many deadlines were dealt with."""
        self._watch()
        done = 0
        while done < AT_ONCE and self._ring():
            done += 1
        return done + self._close_unreported()

    def _permit(self) -> Permit:
        return self._policy.require(self._caller, "access_request:lapse", {Role.WORKER})

    def _watch(self) -> None:
        with self._work() as work:
            permit = self._permit()
            work.deadlines.watch([_first(work, fresh) for fresh in work.deadlines.fresh(AT_ONCE)])
            work.commit(permit)

    def _ring(self) -> bool:
        with self._work() as work:
            permit = self._permit()
            watched = work.deadlines.ringing(work.now)
            if watched is None:
                return False
            request = work.access_requests.load(watched.request_id, EVERYTHING, lock=True)
            item = next((it for it in request.items if it.id == watched.item_id), None)
            if not _still(request, item, watched):
                work.deadlines.drop(watched)
            elif work.now >= watched.due:
                work.deadlines.drop(watched)
                after = store(work, permit, request, lapses.lapse(request, work.now))
                if request.state is RequestState.EMERGENCY:
                    pay(work, permit, after)
            else:
                _nudge(work, permit, request, item, watched)
            work.commit(permit)
            return True

    def _close_unreported(self) -> int:
        with self._work() as work:
            permit = self._permit()
            before = work.now - rules_in_force(work).report_within
            keys = work.deadlines.unreported(before, AT_ONCE)
        for key in keys:  # each in a transaction of its own: one that fails must not keep back the others
            with self._work() as work:
                request = work.access_requests.load(key, EVERYTHING, lock=True)
                if request.state is RequestState.DECIDED:
                    store(work, permit, request, decisions.close(request, "", work.now))
                    work.commit(permit)
        return len(keys)


def _first(work: UnitOfWork, fresh: Fresh) -> Watched:
    """Return the row that watches a new deadline, with the alarm of its first nudge."""
    rules = rules_of(work, fresh.rulebook)
    nudge, alarm = 0, rules.calendar.share(fresh.since, fresh.due, rules.remind_at, business=not fresh.urgent)
    if fresh.state is RequestState.DRAFT:
        nudge, alarm = ESCALATED, fresh.due
    elif fresh.state is RequestState.EMERGENCY:
        nudge, alarm = REMINDED, fresh.since + rules.emergency.escalate_after
    return Watched(fresh.subject_id, fresh.due, fresh.request_id, fresh.item_id, nudge, min(alarm, fresh.due))


def _still(request: AccessRequest, item: RequestItem | None, watched: Watched) -> bool:
    """Say whether the deadline still stands: nobody decided, and it was not set anew."""
    if watched.item_id is None:
        return request.due == watched.due
    waiting = item is not None and item.state is ItemState.PENDING and item.due == watched.due
    return waiting and request.state is RequestState.DEPARTMENT_REVIEW


def _nudge(
    work: UnitOfWork, permit: Permit, request: AccessRequest, item: RequestItem | None, watched: Watched
) -> None:
    rules = rules_of(work, request.rulebook)
    if watched.nudge == 0:
        owner = item.department_id if item else None
        facts: dict[str, str | datetime] = {"number": request.number, "due": watched.due}
        places = frozenset({owner or request.center_id or request.department_id})
        tell(work, Notice("deadline.reminder", request.id, facts, _waited_for(work, request, owner), places))
        start = request.since or watched.alarm
        alarm = rules.calendar.share(start, watched.due, rules.escalate_at, business=not request.urgent)
        work.deadlines.advance(watched, REMINDED, min(max(alarm, watched.alarm + timedelta.resolution), watched.due))
        return
    if item is not None:
        _escalate_item(work, permit, request, item)
    elif request.state in CENTER_STAGES:
        _escalate_center(work, permit, request)
    work.deadlines.advance(watched, ESCALATED, watched.due)


def _waited_for(work: UnitOfWork, request: AccessRequest, owner: DepartmentId | None) -> frozenset[PersonId]:
    """Return the persons whose word is waited for."""
    if owner is not None:
        path = work.departments.load(owner).path
        return frozenset(work.persons.holders(Role.DEPARTMENT_AUTHORIZER, path, work.now, request.parties))
    if request.state in CENTER_STAGES and request.center_id is not None:
        path = work.departments.load(request.center_id).path
        return frozenset(work.persons.holders(Role.CENTER_APPROVER, path, work.now, request.parties))
    return frozenset({request.requester_id})


def _escalate_center(work: UnitOfWork, permit: Permit, request: AccessRequest) -> None:
    """Let the next center above decide too, if it has anybody who may."""
    owners = work.departments.load_many({item.department_id for item in request.items})
    for center in fitting_centers(work.departments.centers(), frozenset(owner.path for owner in owners.values())):
        if center.id == request.center_id:
            continue
        able = frozenset(work.persons.holders(Role.CENTER_APPROVER, center.path, work.now, request.parties))
        below = work.departments.load(request.center_id) if request.center_id else None
        if able and below is not None and len(center.jurisdiction) < len(below.jurisdiction):
            after = store(work, permit, request, lapses.escalate(request, center.id, work.now))
            _tell_above(work, after, center.id, able)
            return


def _escalate_item(work: UnitOfWork, permit: Permit, request: AccessRequest, item: RequestItem) -> None:
    """Tell whoever may authorize in the department above, who may decide in place of the owner."""
    owner = work.departments.load(item.department_id)
    if owner.parent_id is None:
        return
    above = work.departments.load(owner.parent_id)
    able = frozenset(work.persons.holders(Role.DEPARTMENT_AUTHORIZER, above.path, work.now, request.parties))
    stream = f"deadline/{item.id}"
    work.audit.reserve(stream)
    data = {"item": str(item.id), "to": str(above.id), "due": item.due.isoformat() if item.due else None}
    work.audit.append(permit, (Entry(stream, "request_item:escalated", data),), case=request.id)
    _tell_above(work, request, above.id, able, item)


def _tell_above(
    work: UnitOfWork,
    request: AccessRequest,
    above: DepartmentId,
    able: frozenset[PersonId],
    item: RequestItem | None = None,
) -> None:
    late = item.department_id if item else request.center_id or request.department_id
    due = item.due if item else request.due
    if due is None:
        return
    facts: dict[str, str | datetime] = {
        "number": request.number, "due": due, "department": work.departments.load(late).name,
    }  # fmt: skip
    tell(work, Notice("deadline.escalated", request.id, facts, able, frozenset({above})))
