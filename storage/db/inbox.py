"""What waits for one person's word, over requests and items, the most pressing first."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)

from broker.domain.grants import GrantState
from broker.domain.ids import DepartmentId, ItemId, PersonId, RequestId
from broker.domain.request_states import ItemState, RequestState
from storage.db.access_requests import below
from storage.db.tables import access_grant, access_request, request_item, request_person

asked = access_request.c
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: what has to be done with it (`act`), by when, and where it is."""

    act: str
    due: datetime | None
    request_id: RequestId
    item_id: ItemId | None
    number: str
    department_id: DepartmentId
    urgent: bool
    emergency: bool
    since: datetime | None
    key: UUID


class InboxRepository:
    """The inbox of a person, paged by deadline."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(
        self,
        person: PersonId,
        *,
        centers: tuple[str, ...],
        owners: tuple[str, ...],
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> list[Waiting]:
        """Return what waits for this person, by deadline; what has none comes last."""
        parts = union_all(*_parts(person, centers, owners)).subquery()
        due = func.coalesce(parts.c.due, literal(NEVER))
        rows = select(parts)
        if after is not None:
            rows = rows.where(tuple_(due, parts.c.key) > after)
        found = self._connection.execute(rows.order_by(due, parts.c.key).limit(limit))
        return [Waiting(**row._mapping) for row in found]  # noqa: SLF001  # the public name of a row's columns


def _parts(person: PersonId, centers: tuple[str, ...], owners: tuple[str, ...]) -> list[Select[tuple[object, ...]]]:
    named = exists().where(request_person.c.request_id == asked.id, request_person.c.person_id == person)
    free = and_(asked.requester_id != person, ~named, ~asked.deciders.any(person))
    reached = or_(asked.center_id.in_(below(centers)), asked.escalated_to.in_(below(centers)))
    live = exists().where(
        access_grant.c.request_id == asked.id,
        access_grant.c.state.in_((GrantState.ISSUED, GrantState.SUSPENDED)),
        access_grant.c.valid_until > func.now(),
    )
    mine = asked.requester_id == person
    return [
        _of_request("approve", and_(asked.state == RequestState.CENTER_REVIEW, reached, free)),
        _of_request("ratify", and_(asked.state == RequestState.EMERGENCY, reached, free)),
        _of_request("supplement", and_(asked.state == RequestState.RETURNED, mine)),
        _of_request("report", and_(asked.state == RequestState.DECIDED, mine, ~live)),
        _of_item(person, owners, free),
    ]


def _of_request(act: str, where: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    return select(
        literal(act).label("act"), asked.due.label("due"), asked.id.label("request_id"), null().label("item_id"),
        asked.number.label("number"), asked.department_id.label("department_id"), asked.urgent.label("urgent"),
        asked.emergency.label("emergency"), asked.since.label("since"), asked.id.label("key"),
    ).where(where)  # fmt: skip


def _of_item(person: PersonId, owners: tuple[str, ...], free: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    item = request_item.c
    return (
        select(
            literal("authorize").label("act"), item.due.label("due"), asked.id.label("request_id"),
            item.id.label("item_id"), asked.number.label("number"), asked.department_id.label("department_id"),
            asked.urgent.label("urgent"), asked.emergency.label("emergency"), asked.since.label("since"),
            item.id.label("key"),
        )
        .join(access_request, and_(asked.id == item.request_id, asked.revision == item.revision))
        .where(
            asked.state == RequestState.DEPARTMENT_REVIEW,
            item.state == ItemState.PENDING,
            item.department_id.in_(below(owners)),
            free,
            ~item.deciders.any(person),
        )
    )  # fmt: skip
