"""What the clock does to a request: it writes down what already holds, since no decision is taken after a deadline."""

from dataclasses import replace
from datetime import datetime

from broker.domain.errors import Conflict
from broker.domain.ids import DepartmentId
from broker.domain.oversight.audit import Entry
from broker.domain.requests.access_requests import AccessRequest, Change, reopen
from broker.domain.requests.request_states import ItemCommand, ItemState, RequestCommand, RequestState
from broker.domain.requests.steps import item_step, settled, step, void_all


def lapse(request: AccessRequest, at: datetime) -> Change:
    """Write down that a deadline has passed: of the request, or of those of its items that are late.

    Raises:
        Conflict: nothing is late.
    """
    if request.overdue(at):
        emergency = request.state is RequestState.EMERGENCY
        kind = "emergency:unratified" if emergency else "access_request:lapsed"
        due = request.due.isoformat() if request.due else None
        change = step(request, RequestCommand.LAPSE, kind, {"stage": request.state, "due": due}, since=at, due=None)
        return void_all(change)
    return _lapse_items(request, at)


def escalate(request: AccessRequest, to: DepartmentId, at: datetime) -> Change:
    """Let the center above decide too, because the time of the one below is running out (督办)."""
    after = reopen(request, escalated_to=to)
    due = request.due.isoformat() if request.due else None
    told = {"stage": request.state, "to": str(to), "due": due, "at": at.isoformat()}
    return Change(after, (Entry(request.stream, "access_request:escalated", told),))


def _lapse_items(request: AccessRequest, at: datetime) -> Change:
    items, entries = [], []
    for item in request.items:
        if item.state is ItemState.PENDING and item.overdue(at) and request.state is RequestState.DEPARTMENT_REVIEW:
            due = item.due.isoformat() if item.due else None
            after, entry = item_step(item, ItemCommand.LAPSE, "request_item:lapsed", {"due": due})
            entries.append(entry)
            items.append(replace(after, decided_at=at))
        else:
            items.append(item)
    if not entries:
        raise Conflict("nothing-late")
    return settled(Change(replace(request, items=tuple(items)), tuple(entries)), at)
