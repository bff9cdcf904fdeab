"""The access register in the database: enter a look, note how it ended, find lines again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    text,
    union_all,
)

from broker.domain.footage.grants import Action
from broker.domain.footage.media import ClipAsk
from broker.domain.ids import PersonId
from broker.domain.oversight.register import Look, LookAct, LookResult, Outcome, RegisterLine, Sought
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import INSTANT, access_outcome, access_register, access_request, camera, department, person

line = access_register.c


class RegisterVisibility:
    """Which lines a caller may read: own looks, looks at own cameras, under own decisions, or within an audit."""

    def __init__(
        self, person: PersonId | None, *, centers: Sequence[str], owners: Sequence[str], readers: Sequence[str]
    ) -> None:
        """Take who asks and the subtrees in which that person approves, authorizes or audits."""
        self._person = person
        self._centers = centers
        self._owners = owners
        self._readers = readers

    def clause(self) -> ColumnElement[bool]:
        """An auditor reads what the people of the subtree did and what was done with its cameras."""
        return or_(
            line.person_id == self._person if self._person else text("false"),
            line.center_id.in_(_below(self._centers)),
            line.owner_id.in_(_below(self._owners)),
            line.department_id.in_(_below(self._readers)),
            line.owner_id.in_(_below(self._readers)),
        )


@dataclass(frozen=True)
class Extent:
    """How many lines a search reaches before its limit, the number of the last of them, and whether more follow."""

    count: int
    last: int
    more: bool


class RegisterRepository:
    """Adds to and reads the register; the tables refuse every change of what is there."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def enter(self, look: Look, stream: str, seq: int) -> int:
        """Add the line of the event `seq` of `stream` and return its number.

        Names, unit and reason are copied by the database itself, in the one statement that writes the line.
        """
        found = self._row(look, _event(stream, seq))
        added = insert(access_register).from_select(list(found.selected_columns.keys()), found).returning(line.id)
        return int(self._connection.execute(added).scalar_one())

    def _row(self, look: Look, event: dict[str, ColumnElement[Any]]) -> Select[Any]:
        columns = event | self._told(look) | _copied()
        return (
            select(*(column.label(name) for name, column in columns.items()))
            .select_from(person)
            .join(department, department.c.id == person.c.department_id)
            .join(camera, camera.c.id == look.camera_id)
            .join(_owner, _owner.c.id == camera.c.owner_id)
            .outerjoin(access_request, access_request.c.id == (look.request_id or null()))
            .where(person.c.id == look.person_id)
        )

    def _told(self, look: Look) -> dict[str, ColumnElement[Any]]:
        clip = look.ask if isinstance(look.ask, ClipAsk) else None
        begin = look.ask.span.begin if isinstance(look.ask, ClipAsk) else look.ask.instant
        return {
            "at": literal(self._now, INSTANT),
            "act": literal(look.act.value, Text),
            "action": literal(look.action.value, Text),
            "result": literal(look.result.value, Text),
            "refusal": literal(look.refusal, Text),
            "span_begin": literal(begin, INSTANT),
            "span_end": literal(clip.span.end if clip else None, INSTANT),
            "grant_id": literal(look.grant_id, Uuid),
            "retrieval_id": literal(look.retrieval_id, Uuid),
            "address": literal(look.address, Text),
        }

    def enter_all(self, looks: Sequence[Look], stream: str, first: int) -> list[int]:
        """Add a line for each look, of the events of `stream` from `first` on, and return their numbers in order."""
        rows = [self._row(look, _event(stream, seq)) for seq, look in enumerate(looks, first)]
        names = list(rows[0].selected_columns.keys())
        added = insert(access_register).from_select(names, union_all(*rows)).returning(line.id, line.seq)
        return [row.id for row in sorted(self._connection.execute(added), key=lambda row: row.seq)]

    def end_all(self, ended: Sequence[tuple[int, int]], reason: str = "") -> None:
        """Note how a delivery of several lines ended, each with the bytes of its own that left."""
        rows = [{"register_id": number, "at": self._now, "sent": sent, "reason": reason} for number, sent in ended]
        self._connection.execute(insert(access_outcome), rows)

    def end(self, number: int, sent: int, reason: str = "") -> None:
        """Note how the delivery of a line ended: the bytes that left, and why it was cut off, if it was."""
        row = {"register_id": number, "at": self._now, "sent": sent, "reason": reason}
        self._connection.execute(insert(access_outcome).values(row))

    def page(
        self, visible: RegisterVisibility, sought: Sought, *, after: int, limit: int, last: int | None = None
    ) -> list[RegisterLine]:
        """Return lines in the order of their numbers, beyond `after` and up to `last`, at most `limit`."""
        rows = (
            select(access_register, access_outcome.c.at.label("ended_at"), access_outcome.c.sent)
            .add_columns(access_outcome.c.reason.label("ended_by"))
            .outerjoin(access_outcome, access_outcome.c.register_id == line.id)
            .where(visible.clause(), *_wanted(sought), line.id > after)
            .order_by(line.id)
            .limit(limit)
        )
        rows = rows if last is None else rows.where(line.id <= last)
        return [_line(row) for row in self._connection.execute(rows)]

    def extent(self, visible: RegisterVisibility, sought: Sought, *, after: int, limit: int) -> Extent:
        """Return what a search reaches from `after` on when it stops after `limit` lines."""
        found = select(line.id).where(visible.clause(), *_wanted(sought), line.id > after).order_by(line.id)
        first = found.limit(limit).subquery()
        row = self._connection.execute(select(func.count(), func.coalesce(func.max(first.c.id), after))).one()
        beyond = select(line.id).where(visible.clause(), *_wanted(sought), line.id > row[1]).limit(1)
        return Extent(row[0], row[1], self._connection.execute(beyond).first() is not None)


_owner = department.alias("owner")


def _event(stream: str, seq: int) -> dict[str, ColumnElement[Any]]:
    return {"stream": literal(stream, Text), "seq": literal(seq, Integer)}


def _copied() -> dict[str, ColumnElement[Any]]:
    def of_request(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.coalesce(column, "")

    asked = access_request.c
    return {
        "person_id": person.c.id,
        "person_name": person.c.name,
        "person_login": person.c.login,
        "department_id": department.c.id,
        "department_name": department.c.name,
        "camera_id": camera.c.id,
        "camera_name": camera.c.name,
        "gb_code": camera.c.gb_code,
        "owner_id": _owner.c.id,
        "owner_name": _owner.c.name,
        "request_id": asked.id,
        "request_number": of_request(asked.number),
        "center_id": asked.center_id,
        "basis": of_request(asked.basis),
        "case_number": of_request(asked.case_number),
        "reason": of_request(asked.reason),
    }


def _below(paths: Sequence[str]) -> Select[tuple[UUID]]:
    return select(department.c.id).where(
        or_(text("false"), *(department.c.path.startswith(path, autoescape=True) for path in paths)),
    )


def _wanted(sought: Sought) -> list[ColumnElement[bool]]:
    reached = {line.department_id: sought.department, line.owner_id: sought.owner}
    equal = {
        line.person_login: sought.person,
        line.camera_id: sought.camera,
        line.request_id: sought.request,
        line.request_number: sought.number,
        line.gb_code: sought.gb_code,
        line.act: sought.act,
        line.result: sought.result,
    }
    wanted: list[ColumnElement[bool]] = [
        column.in_(_below([path])) for column, path in reached.items() if path is not None
    ]
    wanted += [column == value for column, value in equal.items() if value is not None]
    if sought.since is not None:
        wanted.append(line.at >= sought.since)
    if sought.until is not None:
        wanted.append(line.at < sought.until)
    return [and_(*wanted)] if wanted else []


def _line(row: AnyRow) -> RegisterLine:
    return RegisterLine(
        number=row.id,
        at=row.at,
        act=LookAct(row.act),
        action=Action(row.action),
        result=LookResult(row.result),
        refusal=row.refusal,
        person_id=row.person_id,
        person_name=row.person_name,
        person_login=row.person_login,
        department_id=row.department_id,
        department_name=row.department_name,
        camera_id=row.camera_id,
        camera_name=row.camera_name,
        gb_code=row.gb_code,
        owner_id=row.owner_id,
        owner_name=row.owner_name,
        begin=row.span_begin,
        end=row.span_end,
        request_id=row.request_id,
        request_number=row.request_number,
        basis=row.basis,
        case_number=row.case_number,
        reason=row.reason,
        grant_id=row.grant_id,
        retrieval_id=row.retrieval_id,
        address=row.address,
        outcome=None if row.ended_at is None else Outcome(row.ended_at, row.sent, row.ended_by),
    )
