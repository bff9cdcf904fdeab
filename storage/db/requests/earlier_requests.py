"""Requests that came to nothing before, about the same case or the same kind of matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, false, literal, or_, select, union_all
from sqlalchemy.sql.selectable import CompoundSelect, Select

from broker.domain.ids import DepartmentId
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.findings import EarlierOutcome
from broker.domain.requests.request_states import ItemState, RequestState
from storage.db.tables import access_request, department, request_item


@dataclass(frozen=True)
class Scope:
    """Which of them a reader may hear of: all, those a department asked, or those owners in some subtrees refused."""

    asked_by: DepartmentId | None = None
    refused_in: Sequence[str] | None = None


def earlier_than(
    request: AccessRequest, since: datetime, scope: Scope, limit: int
) -> CompoundSelect[tuple[object, ...]]:
    """Return the statement: number, outcome, at, same_case; the newest first."""
    refused = _refused(request, scope)
    parts = [refused] if scope.refused_in is not None else [refused, _rejected(request)]
    found = union_all(*(part.where(_same(request, since), _asked_by(scope)) for part in parts))
    return found.order_by(found.selected_columns["at"].desc()).limit(limit)


def _rejected(request: AccessRequest) -> Select[tuple[object, ...]]:
    outcome = case((access_request.c.emergency, EarlierOutcome.DISAVOWED.value), else_=EarlierOutcome.REJECTED.value)
    return select(
        access_request.c.number, outcome.label("outcome"), access_request.c.since.label("at"), _same_case(request)
    ).where(access_request.c.state == RequestState.REJECTED, access_request.c.since.is_not(None))


def _refused(request: AccessRequest, scope: Scope) -> Select[tuple[object, ...]]:
    rows = (
        select(
            access_request.c.number, literal(EarlierOutcome.REFUSED.value).label("outcome"),
            request_item.c.decided_at.label("at"), _same_case(request),
        )
        .join(request_item, request_item.c.request_id == access_request.c.id)
        .where(request_item.c.state == ItemState.REFUSED, request_item.c.decided_at.is_not(None))
    )  # fmt: skip
    if scope.refused_in is None:
        return rows
    below = or_(false(), *(department.c.path.startswith(path, autoescape=True) for path in scope.refused_in))
    return rows.join(department, department.c.id == request_item.c.department_id).where(below)


def _same_case(request: AccessRequest) -> ColumnElement[bool]:
    return (access_request.c.case_number == request.purpose.case_number).label("same_case")


def _same(request: AccessRequest, since: datetime) -> ColumnElement[bool]:
    kind = and_(
        access_request.c.department_id == request.department_id,
        access_request.c.matter == request.purpose.matter,
        access_request.c.since >= since,
    )
    return and_(
        or_(access_request.c.case_number == request.purpose.case_number, kind), access_request.c.id != request.id
    )


def _asked_by(scope: Scope) -> ColumnElement[bool]:
    return literal(True) if scope.asked_by is None else access_request.c.department_id == scope.asked_by
