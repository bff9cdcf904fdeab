"""The deadlines that the clock watches, apart from their things: a lost row costs a reminder, no safety."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, and_, delete, exists, func, null, select, tuple_, union_all, update
from sqlalchemy.dialects.postgresql import array, insert

from broker.domain.footage.grants import GrantState
from broker.domain.ids import ItemId, RequestId
from broker.domain.requests.access_requests import LAPSING
from broker.domain.requests.request_states import ItemState, RequestState
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import access_grant, access_request, deadline, request_item


@dataclass(frozen=True)
class Watched:
    """One deadline: of a request in its present stage, or of the part of one owner (`item_id`).

    `nudge` counts what has happened: 0 nothing, 1 reminded, 2 escalated; `alarm` is when the next thing is due.
    """

    subject_id: UUID
    due: datetime
    request_id: RequestId
    item_id: ItemId | None
    nudge: int
    alarm: datetime


@dataclass(frozen=True)
class Fresh:
    """A deadline that nobody watches yet, with what decides on its alarms: `routes` are those of its parts."""

    subject_id: UUID
    due: datetime
    request_id: RequestId
    item_id: ItemId | None
    state: RequestState
    since: datetime
    rulebook: int
    routes: frozenset[str]


class DeadlineRepository:
    """Finds new deadlines, and those whose alarm has come."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fresh(self, limit: int) -> list[Fresh]:
        """Return open deadlines that are not watched, at most `limit`."""
        asked = access_request.c
        common = (asked.state, asked.since, asked.rulebook)
        parts = and_(request_item.c.request_id == asked.id, request_item.c.revision == asked.revision)
        travelled = select(func.array_agg(request_item.c.route)).where(parts).scalar_subquery()
        requests = select(
            asked.id.label("subject_id"), asked.due.label("due"), asked.id.label("request_id"),
            null().label("item_id"), *common, travelled.label("routes"),
        ).where(asked.due.is_not(None), asked.since.is_not(None), asked.state.in_(LAPSING))  # fmt: skip
        items = (
            select(
                request_item.c.id.label("subject_id"), request_item.c.due.label("due"),
                request_item.c.request_id.label("request_id"), request_item.c.id.label("item_id"), *common,
                array([request_item.c.route]).label("routes"),
            )
            .join(access_request, parts)
            .where(
                request_item.c.due.is_not(None), request_item.c.state == ItemState.PENDING,
                asked.state == RequestState.DEPARTMENT_REVIEW, asked.since.is_not(None),
            )
        )  # fmt: skip
        both = union_all(requests, items).subquery()
        known = exists().where(deadline.c.subject_id == both.c.subject_id, deadline.c.due == both.c.due)
        rows = self._connection.execute(select(both).where(~known).limit(limit))
        return [
            Fresh(
                row.subject_id, row.due, row.request_id, row.item_id, RequestState(row.state), row.since,
                row.rulebook, frozenset(row.routes or ()),
            )
            for row in rows
        ]  # fmt: skip

    def watch(self, rows: Sequence[Watched]) -> None:
        """Watch these from now on; one that another worker has begun to watch meanwhile is left to that one."""
        if rows:
            self._connection.execute(insert(deadline).on_conflict_do_nothing(), [vars(row) for row in rows])

    def ringing(self, now: datetime, besides: Collection[Watched]) -> Watched | None:
        """Return the deadline whose alarm is longest past, held until commit; None when none is, `besides` apart."""
        key = tuple_(deadline.c.subject_id, deadline.c.due)
        rows = select(deadline).where(
            deadline.c.alarm <= now, key.not_in([(each.subject_id, each.due) for each in besides])
        )
        rows = rows.order_by(deadline.c.alarm).limit(1)
        row = self._connection.execute(rows.with_for_update(skip_locked=True)).one_or_none()
        return None if row is None else _watched(row)

    def advance(self, watched: Watched, nudge: int, alarm: datetime) -> None:
        this = and_(deadline.c.subject_id == watched.subject_id, deadline.c.due == watched.due)
        self._connection.execute(update(deadline).where(this).values(nudge=nudge, alarm=alarm))

    def drop(self, watched: Watched) -> None:
        this = and_(deadline.c.subject_id == watched.subject_id, deadline.c.due == watched.due)
        self._connection.execute(delete(deadline).where(this))

    def unreported(self, before: datetime, limit: int) -> list[RequestId]:
        """Return decided requests whose last grant ended before an instant and that nobody has closed."""
        live = exists().where(
            access_grant.c.request_id == access_request.c.id,
            access_grant.c.state.in_((GrantState.ISSUED, GrantState.SUSPENDED, GrantState.EXHAUSTED)),
            access_grant.c.valid_until > before,
        )
        rows = (
            select(access_request.c.id)
            .where(access_request.c.state == RequestState.DECIDED, access_request.c.since <= before, ~live)
            .order_by(access_request.c.id)
            .limit(limit)
        )
        return list(self._connection.execute(rows).scalars())


def _watched(row: AnyRow) -> Watched:
    return Watched(row.subject_id, row.due, row.request_id, row.item_id, row.nudge, row.alarm)
