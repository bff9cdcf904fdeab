"""What waits for one person's word, over requests and items, the most pressing first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    all_,
    and_,
    any_,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from broker.domain.footage.grants import GrantState
from broker.domain.ids import DepartmentId, ItemId, PersonId, RequestId
from broker.domain.requests.request_states import ItemState, RequestState
from storage.db.requests.access_requests import below
from storage.db.tables import access_grant, access_request, request_item, request_person

asked, part = access_request.c, request_item.c
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
PENDING = and_(asked.state == RequestState.DEPARTMENT_REVIEW, part.state == ItemState.PENDING)


@dataclass(frozen=True)
class Hat:
    """In which subtrees somebody decides, and who counts for it: the person, and whom the person stands in for."""

    persons: frozenset[PersonId]
    paths: tuple[str, ...]


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
    revision: int
    key: UUID


class InboxRepository:
    """The inbox of a person, paged by deadline."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def page(
        self,
        person: PersonId,
        *,
        centers: Sequence[Hat],
        owners: Sequence[Hat],
        now: datetime,
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> list[Waiting]:
        """Return what waits for this person, by deadline; what has none comes last."""
        parts = union_all(*_own(person, now), *_of_center(centers), _of_owner(owners)).subquery()
        due = func.coalesce(parts.c.due, literal(NEVER))
        rows = select(parts).where(due > now)  # nobody can decide on what is late, written down or not
        if after is not None:
            rows = rows.where(tuple_(due, parts.c.key) > after)
        found = self._connection.execute(rows.order_by(due, parts.c.key).limit(limit))
        return [Waiting(**row._mapping) for row in found]  # noqa: SLF001  # the public name of a row's columns


def _own(person: PersonId, now: datetime) -> list[Select[Any]]:
    """Return what waits for a requester: to mend a return, to say what the footage was used for."""
    mine = asked.requester_id == person
    return [
        _of_request("supplement", and_(mine, asked.state == RequestState.RETURNED)),
        _of_request("report", and_(mine, unreported(now))),
    ]


def unreported(now: datetime) -> ColumnElement[bool]:
    """Say that footage was granted and may be fetched no more, and nobody has said what it was used for."""
    granted = exists().where(access_grant.c.request_id == asked.id)
    live = exists().where(
        access_grant.c.request_id == asked.id,
        access_grant.c.state.in_((GrantState.ISSUED, GrantState.SUSPENDED)),
        access_grant.c.valid_until > now,
    )
    return and_(asked.state == RequestState.DECIDED, granted, ~live)


def _of_center(hats: Sequence[Hat]) -> list[Select[Any]]:
    def mine(hat: Hat) -> ColumnElement[bool]:
        reached = below(hat.paths)
        return or_(asked.center_id.in_(reached), asked.escalated_to.in_(reached))

    approve = _any(and_(mine(hat), free(counting(hat))) for hat in hats)
    ratify = _any(and_(mine(hat), free(counting(hat)), ~spoke(counting(hat))) for hat in hats)
    return [
        _of_request("approve", and_(asked.state == RequestState.CENTER_REVIEW, approve)),
        _of_request("ratify", and_(asked.state == RequestState.EMERGENCY, ratify)),
    ]


def _of_owner(hats: Sequence[Hat]) -> Select[Any]:
    mine = _any(and_(part.department_id.in_(below(hat.paths)), may_authorize(counting(hat))) for hat in hats)
    return (
        select(
            literal("authorize").label("act"), part.due.label("due"), asked.id.label("request_id"),
            part.id.label("item_id"), asked.number.label("number"), asked.department_id.label("department_id"),
            asked.urgent.label("urgent"), asked.emergency.label("emergency"), asked.since.label("since"),
            asked.revision.label("revision"), part.id.label("key"),
        )
        .join(access_request, and_(asked.id == part.request_id, asked.revision == part.revision))
        .where(PENDING, mine)
    )  # fmt: skip


def _of_request(act: str, where: ColumnElement[bool]) -> Select[Any]:
    return select(
        literal(act).label("act"), asked.due.label("due"), asked.id.label("request_id"),
        cast(null(), Uuid).label("item_id"),
        asked.number.label("number"), asked.department_id.label("department_id"), asked.urgent.label("urgent"),
        asked.emergency.label("emergency"), asked.since.label("since"), asked.revision.label("revision"),
        asked.id.label("key"),
    ).where(where)  # fmt: skip


def counting(hat: Hat) -> ColumnElement[Any]:
    """Return the persons who count under a hat, as an array."""
    return cast(literal(sorted(hat.persons), ARRAY(Uuid)), ARRAY(Uuid))


def free(persons: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say that none of these persons (an array) asked, would look, or has decided already."""
    named = exists().where(request_person.c.request_id == asked.id, request_person.c.person_id == any_(persons))
    return and_(asked.requester_id != all_(persons), ~named, ~_among(asked.deciders, persons))


def spoke(persons: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say that one of them decided on a part of it: whoever vetoed one does not ratify the rest."""
    return exists().where(part.request_id == asked.id, part.revision == asked.revision, _among(part.deciders, persons))


def may_authorize(persons: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say that none of these persons has a part in the request, or has decided on this part of it."""
    return and_(free(persons), ~_among(part.deciders, persons))


def _among(deciders: ColumnElement[Any], persons: ColumnElement[Any]) -> ColumnElement[bool]:
    return deciders.op("&&", is_comparison=True)(persons)


def _any(clauses: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    return or_(false(), *clauses)
