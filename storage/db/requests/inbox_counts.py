"""How much waits for each of many people, in one question; by the same rules as the list of one person."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import array

from broker.domain.ids import PersonId
from broker.domain.requests.request_states import RequestState
from storage.db.requests.inbox import PENDING, asked, free, may_authorize, part, spoke, unreported
from storage.db.tables import access_request, department, request_item


class Reach(NamedTuple):
    """A subtree in which somebody decides, in own right or for the person `counts_for`."""

    viewer: PersonId
    counts_for: PersonId
    path: str


class InboxCounts:
    """The inboxes of many people."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(
        self, viewers: Collection[PersonId], *, centers: Sequence[Reach], owners: Sequence[Reach], now: datetime
    ) -> dict[PersonId, int]:
        """Return how much waits for each of these; nothing waits for whoever is absent."""
        waiting = union_all(_own(viewers, now), _of_centers(centers, now), _of_owners(owners, now)).subquery()
        counted = select(waiting.c.viewer, func.count(waiting.c.key.distinct()).label("count"))
        rows = self._connection.execute(counted.group_by(waiting.c.viewer))
        return {row.viewer: int(row[1]) for row in rows}


def _own(viewers: Collection[PersonId], now: datetime) -> Select[Any]:
    waits = or_(asked.state == RequestState.RETURNED, unreported(now))
    return select(asked.requester_id.label("viewer"), asked.id.label("key")).where(
        asked.requester_id.in_(viewers), waits, _in_time(asked.due, now)
    )


def _of_centers(reaches: Sequence[Reach], now: datetime) -> Select[Any]:
    reach, persons = _table(reaches, "of_center")
    deciding = or_(asked.center_id == department.c.id, asked.escalated_to == department.c.id)
    ratifying = and_(asked.state == RequestState.EMERGENCY, ~spoke(persons))
    return (
        select(reach.c.viewer, asked.id.label("key"))
        .select_from(access_request)
        .join(department, deciding)
        .join(reach, func.starts_with(department.c.path, reach.c.path))
        .where(or_(asked.state == RequestState.CENTER_REVIEW, ratifying), free(persons), _in_time(asked.due, now))
    )


def _of_owners(reaches: Sequence[Reach], now: datetime) -> Select[Any]:
    reach, persons = _table(reaches, "of_owner")
    return (
        select(reach.c.viewer, part.id.label("key"))
        .select_from(request_item)
        .join(access_request, and_(asked.id == part.request_id, asked.revision == part.revision))
        .join(department, department.c.id == part.department_id)
        .join(reach, func.starts_with(department.c.path, reach.c.path))
        .where(PENDING, may_authorize(persons), _in_time(part.due, now))
    )


def _table(reaches: Sequence[Reach], name: str) -> tuple[Any, ColumnElement[Any]]:
    """Return the reaches as a table, and who counts in a row of it, as an array."""
    viewers, others, paths = zip(*reaches, strict=True) if reaches else ((), (), ())
    told = (_array(viewers, Uuid()), _array(others, Uuid()), _array(paths, Text()))
    named = (column("viewer", Uuid), column("counts_for", Uuid), column("path", Text))
    table = func.unnest(*told).table_valued(*named).render_derived(name=name)
    return table, array([table.c.viewer, table.c.counts_for])


def _array(values: Sequence[object], kind: Any) -> ColumnElement[Any]:
    return cast(literal(list(values), ARRAY(kind)), ARRAY(kind))


def _in_time(due: ColumnElement[Any], now: datetime) -> ColumnElement[bool]:
    """Say that somebody can still decide: nobody can on what is late, written down or not."""
    return or_(due.is_(None), due > now)
