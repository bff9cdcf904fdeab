"""The steps of an access request, one function a command: given the state and the facts, what it becomes.

Nothing here reads a clock, a database or the caller's rights; services bring all three.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from broker.domain.access_requests import (
    DECIDED_ITEMS,
    AccessRequest,
    Change,
    ItemCommand,
    ItemState,
    RequestCommand,
    RequestItem,
    RequestState,
    check_complete,
    check_known_lines,
    narrowed,
    next_item_state,
    next_request_state,
    reopen,
)
from broker.domain.audit import Entry
from broker.domain.errors import Conflict, Invalid
from broker.domain.grants import Terms
from broker.domain.ids import DepartmentId, LineId, PersonId
from broker.domain.time import TimeSpan

Spans = Mapping[LineId, TimeSpan | None]


def _step(
    request: AccessRequest, command: RequestCommand, kind: str, data: dict[str, object], **changes: object
) -> Change:
    after = reopen(request, state=next_request_state(request.state, command), **changes)
    entry = Entry(request.stream, kind, {"revision": after.revision, "state": after.state, **data})
    return Change(after, (entry,))


def draft(request: AccessRequest) -> Change:
    """Return the first version of a draft."""
    return Change(
        reopen(request),
        (Entry(request.stream, "access_request:drafted", {"number": request.number, **_asked(request)}),),
    )


def edit(request: AccessRequest, changed: AccessRequest) -> Change:
    """Replace what is asked, in a draft or after a return."""
    return _step(
        request, RequestCommand.EDIT, "access_request:edited", _asked(changed),
        purpose=changed.purpose, terms=changed.terms, investigators=changed.investigators,
        asked=changed.asked, urgent=changed.urgent,
    )  # fmt: skip


def submit(request: AccessRequest, center: DepartmentId, items: tuple[RequestItem, ...]) -> Change:
    """Send the request to the center that decides, with one fresh item an owning department.

    After a return this makes the next revision: what was approved for the one before is not carried over.

    Raises:
        Conflict: the request is neither a draft nor returned.
        Invalid: no camera, no investigator, or the requester would investigate.
    """
    again = request.state is RequestState.RETURNED
    command = RequestCommand.RESUBMIT if again else RequestCommand.SUBMIT
    next_request_state(request.state, command)
    check_complete(request)
    kind = "access_request:resubmitted" if again else "access_request:submitted"
    revision = request.revision + again
    opened = tuple(replace(item, revision=revision, version=1) for item in items)
    change = _step(
        request, command, kind, {"center": str(center), **_asked(request)},
        center_id=center, revision=revision, approver_id=None, approved_terms=None, comment="", items=opened,
    )  # fmt: skip
    entries = (
        Entry(item.stream, "request_item:opened", {"revision": revision, "department": str(item.department_id)})
        for item in opened
    )
    return Change(change.after, (*change.entries, *entries))


def approve(request: AccessRequest, by: PersonId, spans: Spans | None, terms: Terms, comment: str) -> Change:
    """Approve the need, whole (`spans` None) or only the lines and parts of spans that `spans` names.

    Raises:
        Conflict: the request is not in center review.
        Invalid: the decision widens what was asked, names an unknown line or leaves nothing.
    """
    next_request_state(request.state, RequestCommand.APPROVE)
    lines = [line for item in request.items for line in item.lines]
    kept: dict[LineId, TimeSpan | None] = dict(spans) if spans is not None else {line.id: line.asked for line in lines}
    check_known_lines(lines, kept, "/lines")
    if not terms.within(request.terms):
        raise Invalid("terms-widen", pointer="/terms")
    items = tuple(
        replace(
            item,
            lines=tuple(replace(line, approved=narrowed(line, kept, line.asked, "/lines")) for line in item.lines),
        )
        for item in request.items
    )
    if not any(line.approved for item in items for line in item.lines):
        raise Invalid("nothing-approved", pointer="/lines")
    change = _step(
        request, RequestCommand.APPROVE, "access_request:approved",
        {"lines": _spans(kept), "valid_days": terms.validity.days, "comment": comment},
        approver_id=by, approved_terms=terms, comment=comment, items=items,
    )  # fmt: skip
    return _after_items(change)


def _after_items(change: Change) -> Change:
    """Open the items that have something left to decide; what the center struck out whole is void."""
    items: list[RequestItem] = []
    entries = list(change.entries)
    for item in change.after.items:
        if any(line.approved for line in item.lines):
            after = replace(item, version=item.version + 1)
            entries.append(Entry(item.stream, "request_item:approved", {"revision": item.revision}))
        else:
            after, entry = _decide(item, ItemCommand.VOID, "request_item:voided", {"reason": "center"})
            entries.append(entry)
        items.append(after)
    return Change(replace(change.after, items=tuple(items)), tuple(entries))


def send_back(request: AccessRequest, by: PersonId, comment: str, item: RequestItem | None = None) -> Change:
    """Return the request for supplement, by the center or by the owner of `item`; all items of it are void."""
    who: dict[str, object] = {"by": str(by), "comment": comment}
    change = _step(request, RequestCommand.RETURN, "access_request:returned", who, comment=comment)
    entries = list(change.entries)
    items = []
    for each in request.items:
        if item is not None and each.id == item.id:
            after, entry = _decide(each, ItemCommand.RETURN, "request_item:returned", {"comment": comment})
            items.append(replace(after, authorizer_id=by, reason=comment))
        elif each.state is ItemState.VOID:
            items.append(each)
            continue
        else:
            after, entry = _decide(each, ItemCommand.VOID, "request_item:voided", {"reason": "returned"})
            items.append(after)
        entries.append(entry)
    return Change(replace(change.after, items=tuple(items)), tuple(entries))


def reject(request: AccessRequest, by: PersonId, reason: str) -> Change:
    """Refuse the need for good."""
    change = _step(
        request, RequestCommand.REJECT, "access_request:rejected", {"by": str(by), "reason": reason},
        approver_id=by, comment=reason,
    )  # fmt: skip
    return _void_all(change)


def withdraw(request: AccessRequest, reason: str) -> Change:
    """Take the request back; its live grants are revoked by the service in the same transaction."""
    change = _step(request, RequestCommand.WITHDRAW, "access_request:withdrawn", {"reason": reason}, comment=reason)
    return _void_all(change)


def authorize(
    request: AccessRequest,
    item: RequestItem,
    by: PersonId,
    spans: Spans | None,
    remarks: Mapping[LineId, str],
    at: datetime,
) -> Change:
    """Decide an item camera by camera: lines that `spans` leaves out are refused with their remark.

    Raises:
        Conflict: the request is not in department review, or the item is decided.
        Invalid: the decision widens what the center approved, names an unknown line or authorizes nothing.
    """
    _require_review(request)
    approved = [line for line in item.lines if line.approved]
    kept = dict(spans) if spans is not None else {line.id: line.approved for line in approved}
    check_known_lines(item.lines, (*kept, *remarks), "/lines")
    lines = tuple(
        replace(
            line,
            authorized=narrowed(line, kept, line.approved, "/lines"),
            remark=remarks.get(line.id, ""),
        )
        for line in item.lines
    )
    if not any(line.authorized for line in lines):
        raise Invalid("nothing-authorized", pointer="/lines")
    data: dict[str, object] = {
        "by": str(by),
        "lines": _spans(kept),
        "remarks": {str(line): remark for line, remark in remarks.items()},
    }
    after, entry = _decide(item, ItemCommand.AUTHORIZE, "request_item:authorized", data)
    return _with_item(request, replace(after, lines=lines, authorizer_id=by, decided_at=at), entry)


def refuse(request: AccessRequest, item: RequestItem, by: PersonId, reason: str, at: datetime) -> Change:
    """Refuse the whole item."""
    _require_review(request)
    after, entry = _decide(item, ItemCommand.REFUSE, "request_item:refused", {"by": str(by), "reason": reason})
    return _with_item(request, replace(after, authorizer_id=by, reason=reason, decided_at=at), entry)


def _require_review(request: AccessRequest) -> None:
    if request.state is not RequestState.DEPARTMENT_REVIEW:
        raise Conflict(
            "transition-refused",
            subject="request_item",
            state=request.state,
            command="decide",
            allowed="",
        )


def _with_item(request: AccessRequest, item: RequestItem, entry: Entry) -> Change:
    """Put the decided item in its place and settle the request when it was the last."""
    items = tuple(item if each.id == item.id else each for each in request.items)
    after, entries = replace(request, items=items), (entry,)
    if any(each.state not in DECIDED_ITEMS | {ItemState.VOID} for each in items):
        return Change(after, entries)
    settled = _step(after, RequestCommand.SETTLE, "access_request:decided", {"items": len(items)})
    return Change(settled.after, (*entries, *settled.entries))


def _decide(item: RequestItem, command: ItemCommand, kind: str, data: dict[str, object]) -> tuple[RequestItem, Entry]:
    after = replace(item, state=next_item_state(item.state, command), version=item.version + 1)
    return after, Entry(item.stream, kind, {"revision": item.revision, **data})


def _void_all(change: Change) -> Change:
    pairs = [
        _decide(item, ItemCommand.VOID, "request_item:voided", {"reason": change.after.state})
        for item in change.after.items
        if item.state is not ItemState.VOID
    ]
    void = {item.id: item for item, _ in pairs}
    items = tuple(void.get(item.id, item) for item in change.after.items)
    return Change(replace(change.after, items=items), (*change.entries, *(entry for _, entry in pairs)))


def _spans(spans: Mapping[LineId, TimeSpan | None]) -> dict[str, list[str] | None]:
    return {str(line): [span.begin.isoformat(), span.end.isoformat()] if span else None for line, span in spans.items()}


def _asked(request: AccessRequest) -> dict[str, object]:
    return {
        "basis": request.purpose.basis,
        "case_number": request.purpose.case_number,
        "reason": request.purpose.reason,
        "investigators": sorted(str(person) for person in request.investigators),
        "actions": sorted(request.terms.actions),
        "valid_days": request.terms.validity.days,
        "lines": [
            {"camera": str(line.camera_id), "begin": line.span.begin.isoformat(), "end": line.span.end.isoformat()}
            for line in request.asked
        ],
    }
