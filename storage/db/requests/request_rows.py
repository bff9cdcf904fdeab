"""Between rows and the domain's requests, terms and spans: one function each way."""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy.engine import Row

from broker.domain.footage.grants import Action, Condition, Quota, Terms
from broker.domain.ids import CameraId, PersonId, RequestId
from broker.domain.requests.access_requests import AccessRequest, AskedLine, Line, Place, RequestItem
from broker.domain.requests.purpose import Purpose
from broker.domain.requests.request_states import ItemState, RequestState
from broker.domain.time import TimeSpan

AnyRow = Row[tuple[object, ...]]


def of_terms(terms: Terms | None) -> dict[str, object] | None:
    """Return terms as plain JSON values."""
    if terms is None:
        return None
    quota = terms.quota
    return {
        "actions": sorted(terms.actions),
        "validity": terms.validity.total_seconds(),
        "quota": [quota.snapshots, quota.seconds, quota.bytes],
        "conditions": sorted(terms.conditions),
        "originals": terms.originals,
        "longest_side": terms.longest_side,
    }


def to_terms(stored: dict[str, object]) -> Terms:
    """Return the terms that `of_terms` wrote."""
    snapshots, seconds, size = cast("list[int]", stored["quota"])
    return Terms(
        actions=frozenset(Action(action) for action in cast("list[str]", stored["actions"])),
        validity=timedelta(seconds=cast("float", stored["validity"])),
        quota=Quota(snapshots, seconds, size),
        conditions=frozenset(Condition(name) for name in cast("list[str]", stored.get("conditions", []))),
        originals=cast("bool", stored.get("originals", False)),
        longest_side=cast("int | None", stored.get("longest_side")),
    )


def to_span(begin: datetime | None, end: datetime | None) -> TimeSpan | None:
    """Return a span, or None where a decision left nothing."""
    return TimeSpan(begin, end) if begin is not None and end is not None else None


def of_request(request: AccessRequest) -> dict[str, object]:
    """Return the columns of a request."""
    return {
        "id": request.id,
        "number": request.number,
        "requester_id": request.requester_id,
        "department_id": request.department_id,
        "basis": request.purpose.basis,
        "matter": request.purpose.matter,
        "case_number": request.purpose.case_number,
        "reason": request.purpose.reason,
        "urgent": request.urgent,
        "place": _of_place(request.place),
        "emergency": request.emergency,
        "renews": request.renews,
        "state": request.state,
        "revision": request.revision,
        "rulebook": request.rulebook,
        "center_id": request.center_id,
        "escalated_to": request.escalated_to,
        "center_approvals": request.center_approvals,
        "endorser_id": request.endorser_id,
        "approver_id": request.approver_id,
        "deciders": sorted(request.deciders),
        "asked": [
            [str(line.camera_id), line.span.begin.isoformat(), line.span.end.isoformat()] for line in request.asked
        ],
        "terms": of_terms(request.terms),
        "approved_terms": of_terms(request.approved_terms),
        "comment": request.comment,
        "remarks": dict(request.remarks),
        "report": request.report,
        "submitted_at": request.submitted_at,
        "since": request.since,
        "due": request.due,
        "created_at": request.created_at,
        "stream": request.stream,
        "version": request.version,
    }


def to_request(row: AnyRow, investigators: frozenset[PersonId], items: tuple[RequestItem, ...]) -> AccessRequest:
    """Return the request a row holds."""
    return AccessRequest(
        id=row.id,
        number=row.number,
        requester_id=row.requester_id,
        department_id=row.department_id,
        purpose=Purpose(row.basis, row.matter, row.case_number, row.reason),
        terms=to_terms(row.terms),
        investigators=investigators,
        asked=tuple(_to_asked(line) for line in row.asked),
        items=items,
        urgent=row.urgent,
        place=Place(*row.place) if row.place else None,
        emergency=row.emergency,
        renews=row.renews,
        state=RequestState(row.state),
        revision=row.revision,
        rulebook=row.rulebook,
        center_id=row.center_id,
        escalated_to=row.escalated_to,
        center_approvals=row.center_approvals,
        endorser_id=row.endorser_id,
        approver_id=row.approver_id,
        deciders=frozenset(row.deciders),
        approved_terms=to_terms(row.approved_terms) if row.approved_terms else None,
        comment=row.comment,
        remarks=row.remarks,
        report=row.report,
        submitted_at=row.submitted_at,
        since=row.since,
        due=row.due,
        created_at=row.created_at,
        version=row.version,
    )


def _of_place(place: Place | None) -> list[object] | None:
    return None if place is None else [place.latitude, place.longitude, place.name]


def _to_asked(stored: list[str]) -> AskedLine:
    camera, begin, end = stored
    return AskedLine(CameraId(UUID(camera)), TimeSpan(datetime.fromisoformat(begin), datetime.fromisoformat(end)))


def of_item(request_id: RequestId, item: RequestItem) -> dict[str, object]:
    """Return the columns of an item."""
    return {
        "id": item.id,
        "request_id": request_id,
        "department_id": item.department_id,
        "revision": item.revision,
        "state": item.state,
        "route": item.route,
        "authorizations": item.authorizations,
        "due": item.due,
        "endorser_id": item.endorser_id,
        "authorizer_id": item.authorizer_id,
        "deciders": sorted(item.deciders),
        "decided_at": item.decided_at,
        "reason": item.reason,
        "stream": item.stream,
        "version": item.version,
    }


def to_item(row: AnyRow, lines: list[AnyRow]) -> RequestItem:
    """Return the item a row holds, with its lines."""
    return RequestItem(
        id=row.id,
        department_id=row.department_id,
        revision=row.revision,
        lines=tuple(_to_line(line) for line in lines),
        state=ItemState(row.state),
        route=row.route,
        authorizations=row.authorizations,
        due=row.due,
        endorser_id=row.endorser_id,
        authorizer_id=row.authorizer_id,
        deciders=frozenset(row.deciders),
        decided_at=row.decided_at,
        reason=row.reason,
        version=row.version,
    )


def of_lines(item: RequestItem) -> list[dict[str, object]]:
    """Return the columns of each line of an item, in the order of the form."""
    return [
        {
            "id": line.id,
            "item_id": item.id,
            "position": position,
            "camera_id": line.camera_id,
            "asked_begin": line.asked.begin,
            "asked_end": line.asked.end,
            "approved_begin": line.approved and line.approved.begin,
            "approved_end": line.approved and line.approved.end,
            "endorsed_begin": line.endorsed and line.endorsed.begin,
            "endorsed_end": line.endorsed and line.endorsed.end,
            "authorized_begin": line.authorized and line.authorized.begin,
            "authorized_end": line.authorized and line.authorized.end,
            "remark": line.remark,
        }
        for position, line in enumerate(item.lines)
    ]


def _to_line(row: AnyRow) -> Line:
    return Line(
        id=row.id,
        camera_id=row.camera_id,
        asked=TimeSpan(row.asked_begin, row.asked_end),
        approved=to_span(row.approved_begin, row.approved_end),
        endorsed=to_span(row.endorsed_begin, row.endorsed_end),
        authorized=to_span(row.authorized_begin, row.authorized_end),
        remark=row.remark,
    )
