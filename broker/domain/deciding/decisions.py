"""The steps of the requester and of the center, one function a command: given the state, what it becomes.

Nothing here reads a clock, a database or the caller's rights; services bring all three. The owners' steps stand in
authorizations.py, emergencies in emergencies.py, what the clock does in lapses.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from broker.domain.errors import Conflict, Invalid
from broker.domain.footage.grants import Terms
from broker.domain.ids import DepartmentId, LineId
from broker.domain.oversight.audit import Entry
from broker.domain.requests.access_requests import (
    AccessRequest,
    Change,
    Line,
    RequestItem,
    check_complete,
    check_known_lines,
    narrowed,
    reopen,
    require_in_time,
)
from broker.domain.requests.request_states import (
    ItemCommand,
    ItemState,
    RequestCommand,
    RequestState,
    next_request_state,
)
from broker.domain.requests.steps import Decider, Spans, asked_of, item_step, spans_of, step, void_all
from broker.domain.time import TimeSpan


@dataclass(frozen=True)
class Passage:
    """How a submitted request travels: who decides, how many of the center, by when, under which rulebook."""

    center: DepartmentId | None
    center_approvals: int
    rulebook: int
    due: datetime | None


def draft(request: AccessRequest) -> Change:
    """Return the first version of a draft."""
    told = {"number": request.number, **asked_of(request)}
    if request.renews is not None:
        told["renews"] = str(request.renews)
    return Change(reopen(request), (Entry(request.stream, "access_request:drafted", told),))


def edit(request: AccessRequest, changed: AccessRequest, at: datetime) -> Change:
    """Replace what is asked, in a draft or after a return."""
    require_in_time(request, at)
    return step(
        request, RequestCommand.EDIT, "access_request:edited", asked_of(changed),
        purpose=changed.purpose, terms=changed.terms, investigators=changed.investigators,
        asked=changed.asked, urgent=changed.urgent, place=changed.place,
    )  # fmt: skip


def submit(request: AccessRequest, passage: Passage, items: tuple[RequestItem, ...], at: datetime) -> Change:
    """Send the request on its way: to the center, or straight to the owner where no route asks for the center.

    After a return this makes the next revision: what was approved for the one before is not carried over.

    Raises:
        Conflict: the request is neither a draft nor returned, or its time has passed.
        Invalid: no camera, no investigator, or the requester would investigate.
    """
    require_in_time(request, at)
    again = request.state is RequestState.RETURNED
    if passage.center_approvals:
        command = RequestCommand.RESUBMIT if again else RequestCommand.SUBMIT
    else:
        command = RequestCommand.RESUBMIT_OWN if again else RequestCommand.SUBMIT_OWN
    next_request_state(request.state, command)
    check_complete(request)
    kind = "access_request:resubmitted" if again else "access_request:submitted"
    revision = request.revision + again
    direct = passage.center_approvals == 0
    opened = tuple(replace(item, revision=revision, version=1, lines=_whole(item, direct=direct)) for item in items)
    told = {
        "center": str(passage.center) if passage.center else None,
        "rulebook": passage.rulebook,
        "due": passage.due.isoformat() if passage.due else None,
        **asked_of(request),
    }
    change = step(
        request, command, kind, told, revision=revision, items=opened, submitted_at=at, since=at, due=passage.due,
        center_id=passage.center, escalated_to=None, center_approvals=passage.center_approvals,
        rulebook=passage.rulebook,
        endorser_id=None, approver_id=None, deciders=frozenset(), comment="", remarks={},
        approved_terms=request.terms if direct else None,
    )  # fmt: skip
    opening = Change(change.after, (*change.entries, *(_opened(item) for item in opened)))
    return after_approval(opening) if direct else opening


def _whole(item: RequestItem, *, direct: bool) -> tuple[Line, ...]:
    """Return the lines of an opened item: without a center's stage all that was asked goes to the owner."""
    return tuple(replace(line, approved=line.asked) for line in item.lines) if direct else item.lines


def _opened(item: RequestItem) -> Entry:
    data = {"revision": item.revision, "department": str(item.department_id), "route": item.route}
    return Entry(item.stream, "request_item:opened", data)


def approve(
    request: AccessRequest, by: Decider, spans: Spans | None, terms: Terms | None, comment: str, at: datetime,
    due: Mapping[DepartmentId, datetime],
) -> Change:  # fmt: skip
    """Approve the need, whole (`spans` None) or only the lines and parts of spans that `spans` names.

    Where the route asks for two approvals, the first one endorses: what it leaves is the most the second may approve.

    Raises:
        Conflict: the request is not in center review, its time has passed, or the second person is the first.
        Invalid: the decision widens what was asked, names an unknown line or leaves nothing.
    """
    require_in_time(request, at)
    first = request.center_approvals > 1 and request.endorser_id is None
    command = RequestCommand.ENDORSE if first else RequestCommand.APPROVE
    next_request_state(request.state, command)
    if request.deciders & by.persons:
        raise Conflict("second-person-needed")
    most = request.approved_terms or request.terms
    decided = terms or most
    if not decided.within(most):
        raise Invalid("terms-widen", pointer="/terms")
    left = _left(request, spans)
    told = {
        **by.told, "lines": spans_of(left), "valid_days": decided.validity.days, "comment": comment,
        "conditions": sorted(decided.conditions),
    }  # fmt: skip
    deciders = request.deciders | by.persons
    if first:
        return step(
            request, command, "access_request:endorsed", told, approved_terms=decided, deciders=deciders,
            endorser_id=by.person, items=_with_lines(request, lambda line: replace(line, endorsed=left[line.id])),
        )  # fmt: skip
    items = _with_lines(request, lambda line: replace(line, approved=left[line.id], endorsed=None))
    change = step(
        request, command, "access_request:approved", told, approver_id=by.person, approved_terms=decided,
        deciders=deciders, comment=comment, since=at, due=None,
        items=tuple(replace(item, due=due.get(item.department_id)) for item in items),
    )  # fmt: skip
    return after_approval(change)


def _left(request: AccessRequest, spans: Spans | None) -> dict[LineId, TimeSpan | None]:
    """Return what a decision of the center leaves of every line."""
    lines = [line for item in request.items for line in item.lines]
    limits = {line.id: line.endorsed if request.endorser_id else line.asked for line in lines}
    kept = dict(spans) if spans is not None else limits
    check_known_lines(lines, kept, "/lines")
    left = {line.id: narrowed(line, kept, limits[line.id], "/lines") for line in lines}
    if not any(left.values()):
        raise Invalid("nothing-approved", pointer="/lines")
    return left


def _with_lines(request: AccessRequest, changed: Callable[[Line], Line]) -> tuple[RequestItem, ...]:
    return tuple(replace(item, lines=tuple(changed(line) for line in item.lines)) for item in request.items)


def after_approval(change: Change) -> Change:
    """Open the items that have something left to decide; what the center struck out whole is void."""
    items: list[RequestItem] = []
    entries = list(change.entries)
    for item in change.after.items:
        if item.state is ItemState.VOID:  # all its lines have followed their cameras to another owner
            items.append(item)
            continue
        if any(line.approved for line in item.lines):
            after = replace(item, version=item.version + 1)
            due = item.due.isoformat() if item.due else None
            entries.append(Entry(item.stream, "request_item:approved", {"revision": item.revision, "due": due}))
        else:
            after, entry = item_step(item, ItemCommand.VOID, "request_item:voided", {"reason": "center"})
            entries.append(entry)
        items.append(after)
    return Change(replace(change.after, items=tuple(items)), tuple(entries))


def send_back(
    request: AccessRequest, by: Decider, comment: str, remarks: Mapping[str, str], at: datetime,
    due: datetime | None, item: RequestItem | None = None,
) -> Change:  # fmt: skip
    """Return the request for supplement, by the center or by the owner of `item`; all items of it are void.

    `remarks` say per field of the form (JSON pointer) what is to be mended.
    """
    require_in_time(item or request, at)
    change = step(
        request, RequestCommand.RETURN, "access_request:returned",
        {**by.told, "comment": comment, "remarks": dict(remarks)},
        comment=comment, remarks=dict(remarks), since=at, due=due,
    )  # fmt: skip
    entries = list(change.entries)
    items = []
    for each in request.items:
        if item is not None and each.id == item.id:
            after, entry = item_step(each, ItemCommand.RETURN, "request_item:returned", {"comment": comment})
            after = replace(after, deciders=after.deciders | by.persons)
        elif each.state is not ItemState.VOID:
            after, entry = item_step(each, ItemCommand.VOID, "request_item:voided", {"reason": "returned"})
        else:
            items.append(each)
            continue
        items.append(after)
        entries.append(entry)
    return Change(replace(change.after, items=tuple(items)), tuple(entries))


def reject(request: AccessRequest, by: Decider, reason: str, at: datetime) -> Change:
    """Refuse the need for good."""
    require_in_time(request, at)
    change = step(
        request, RequestCommand.REJECT, "access_request:rejected", {**by.told, "reason": reason},
        approver_id=by.person, deciders=request.deciders | by.persons, comment=reason, since=at, due=None,
    )  # fmt: skip
    return void_all(change)


def withdraw(request: AccessRequest, reason: str, at: datetime) -> Change:
    """Take the request back; its live grants are revoked by the service in the same transaction."""
    change = step(
        request, RequestCommand.WITHDRAW, "access_request:withdrawn", {"reason": reason},
        comment=reason, since=at, due=None,
    )  # fmt: skip
    return void_all(change)


def close(request: AccessRequest, report: str, at: datetime) -> Change:
    """End a decided request with the requester's report of use, empty when the clock closes it."""
    return step(request, RequestCommand.CLOSE, "access_request:closed", {"report": report}, report=report, since=at)
