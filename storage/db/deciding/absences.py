"""Absences: who is away at an instant, and the list of all."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, insert, or_, select, text, update
from sqlalchemy.engine import Row

from broker.domain.deciding.absences import Absence
from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import PersonId
from broker.domain.time import TimeSpan
from storage.db.tables import absence, department, person

AnyRow = Row[tuple[object, ...]]


class AbsenceVisibility:
    """Which absences a caller may know of: the own ones, and those of the people in a subtree."""

    def __init__(self, who: PersonId | None, subtrees: Sequence[str] = ()) -> None:
        self._who = who
        self._subtrees = subtrees

    def clause(self) -> ColumnElement[bool]:
        below = [department.c.path.startswith(path, autoescape=True) for path in self._subtrees]
        homes = select(person.c.id).join(department, department.c.id == person.c.department_id)
        return or_(absence.c.person_id == self._who, absence.c.person_id.in_(homes.where(or_(text("false"), *below))))


class AbsenceRepository:
    """Who is away, and from when until when."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: UUID, visible: AbsenceVisibility) -> Absence:
        """Raises Unknown when there is none, or the caller may not know of it."""
        found = select(absence).where(absence.c.id == key, visible.clause()).with_for_update()
        row = self._connection.execute(found).one_or_none()
        if row is None:
            raise Unknown("unknown-absence", absence=key)
        return _absence(row)

    def page(
        self, visible: AbsenceVisibility, *, over: bool | None, at: datetime, after: UUID | None, limit: int
    ) -> list[Absence]:
        """Return absences the caller may know of, newest first; `over` only those that are, or are not."""
        rows = select(absence).where(visible.clause())
        if over is not None:
            ended = absence.c.ended_at.is_not(None) | (absence.c.away_until <= at)
            rows = rows.where(ended if over else ~ended)
        if after is not None:
            rows = rows.where(absence.c.id < after)
        return [_absence(row) for row in self._connection.execute(rows.order_by(absence.c.id.desc()).limit(limit))]

    def check_free(self, who: PersonId, span: TimeSpan) -> None:
        """Refuse a second absence for the same time; who asks first holds the person's row.

        Raises:
            Conflict: one was noted already.
        """
        found = select(absence).where(
            absence.c.person_id == who,
            absence.c.ended_at.is_(None),
            absence.c.away_from < span.end,
            absence.c.away_until > span.begin,
        )
        row = self._connection.execute(found.limit(1)).one_or_none()
        if row is not None:
            begin, end = row.away_from.isoformat(), row.away_until.isoformat()
            raise Conflict("absence-overlaps", pointer="/begin", begin=begin, end=end)

    def add(self, new: Absence) -> None:
        self._connection.execute(
            insert(absence).values(
                id=new.id, person_id=new.person, away_from=new.span.begin, away_until=new.span.end, note=new.note,
                stream=new.stream, version=new.version,
            ),
        )  # fmt: skip

    def end(self, after: Absence) -> None:
        """Write the end of an absence; raises Conflict when somebody changed it meanwhile."""
        done = update(absence).where(absence.c.id == after.id, absence.c.version == after.version - 1)
        if self._connection.execute(done.values(ended_at=after.ended_at, version=after.version)).rowcount != 1:
            raise Conflict("changed-meanwhile", subject="absence")


def away(at: datetime) -> Select[tuple[PersonId]]:
    """Return the query for the persons who are away at an instant."""
    return select(absence.c.person_id).where(
        absence.c.ended_at.is_(None), absence.c.away_from <= at, absence.c.away_until > at
    )


def _absence(row: AnyRow) -> Absence:
    return Absence(
        id=row.id, person=PersonId(row.person_id), span=TimeSpan(row.away_from, row.away_until), note=row.note,
        ended_at=row.ended_at, version=row.version,
    )  # fmt: skip
