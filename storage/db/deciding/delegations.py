"""Delegations: which of them work at an instant, and the list of all."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.engine import Row

from broker.domain.deciding.delegations import Delegation
from broker.domain.errors import Conflict, Unknown
from broker.domain.footage.locks import LockKind
from broker.domain.ids import DepartmentId, PersonId
from broker.domain.people.accounts import Assignment, Role
from broker.domain.time import TimeSpan
from storage.db.tables import delegation, department, lock, person, role_assignment

AnyRow = Row[tuple[object, ...]]

lender, delegate = person.alias("lender"), person.alias("delegate")
own, alike = role_assignment.alias("own"), role_assignment.alias("alike")


class DelegationVisibility:
    """Which delegations a caller may know of: the own ones on either side, and those lent in a subtree."""

    def __init__(self, who: PersonId | None, subtrees: Sequence[str] = ()) -> None:
        self._who = who
        self._subtrees = subtrees

    def clause(self) -> ColumnElement[bool]:
        below = [department.c.path.startswith(path, autoescape=True) for path in self._subtrees]
        homes = select(person.c.id).join(department, department.c.id == person.c.department_id)
        kept = delegation.c.from_person_id.in_(homes.where(or_(text("false"), *below)))
        return or_(delegation.c.from_person_id == self._who, delegation.c.to_person_id == self._who, kept)


class DelegationRepository:
    """Roles that are lent for some days."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: UUID, visible: DelegationVisibility) -> Delegation:
        """Raises Unknown when there is none, or the caller may not know of it."""
        found = select(delegation).where(delegation.c.id == key, visible.clause()).with_for_update()
        row = self._connection.execute(found).one_or_none()
        if row is None:
            raise Unknown("unknown-delegation", delegation=key)
        return _delegation(row)

    def page(
        self, visible: DelegationVisibility, *, over: bool | None, at: datetime, after: UUID | None, limit: int
    ) -> list[Delegation]:
        """Return delegations the caller may know of, newest first; `over` only those that are, or are not."""
        rows = select(delegation).where(visible.clause())
        if over is not None:
            ended = delegation.c.ended_at.is_not(None) | (delegation.c.valid_until <= at)
            rows = rows.where(ended if over else ~ended)
        if after is not None:
            rows = rows.where(delegation.c.id < after)
        return [
            _delegation(row) for row in self._connection.execute(rows.order_by(delegation.c.id.desc()).limit(limit))
        ]

    def standing(self, who: PersonId, at: datetime) -> list[Delegation]:
        """Return what a person has lent and not taken back, begun or not; who asks first holds the person's row."""
        rows = select(delegation).where(
            delegation.c.from_person_id == who, delegation.c.ended_at.is_(None), delegation.c.valid_until > at
        )
        return [_delegation(row) for row in self._connection.execute(rows)]

    def add(self, new: Sequence[Delegation]) -> None:
        self._connection.execute(insert(delegation), [_row(each) for each in new])

    def end(self, after: Delegation) -> None:
        """Write the end of a delegation; raises Conflict when somebody changed it meanwhile."""
        done = update(delegation).where(delegation.c.id == after.id, delegation.c.version == after.version - 1)
        done = done.values(ended_at=after.ended_at, ended_by=after.ended_by, version=after.version)
        if self._connection.execute(done).rowcount != 1:
            raise Conflict("changed-meanwhile", subject="delegation")

    def lent_to(self, who: Collection[PersonId], at: datetime) -> dict[PersonId, tuple[Assignment, ...]]:
        """Return the roles that working delegations lend these persons, each no longer than its lender holds it."""
        theirs = delegation.c.to_person_id.in_(set(who))
        if not self._any(theirs, at):
            return {}
        lent: dict[PersonId, tuple[Assignment, ...]] = {}
        for row in self._connection.execute(working(at).where(theirs)):
            lent[row.to_person_id] = (*lent.get(row.to_person_id, ()), _lent(row))
        return lent

    def _any(self, which: ColumnElement[bool], at: datetime) -> bool:
        """Say whether there are any to look at closely: mostly there are none, and `working` takes long to plan."""
        return self._connection.execute(select(1).where(which, _running(at)).limit(1)).first() is not None

    def working_among(self, keys: Collection[UUID], at: datetime) -> set[UUID]:
        """Return which of these delegations work at an instant."""
        if not keys:
            return set()
        return {row.id for row in self._connection.execute(working(at).where(delegation.c.id.in_(set(keys))))}

    def stand_ins(self, role: Role, path: str, at: datetime, avoid: Collection[PersonId]) -> set[PersonId]:
        """Return who stands in for a holder of `role` that reaches `path`, for one who is not in `avoid`."""
        of_role = delegation.c.role == role
        if not self._any(of_role, at):
            return set()
        fitting = working(at).where(
            of_role,
            func.starts_with(path, department.c.path),
            delegation.c.from_person_id.not_in(set(avoid)),
        )
        return {row.to_person_id for row in self._connection.execute(fitting)}


def working(at: datetime) -> Select[tuple[object, ...]]:
    """Return the query for the delegations that work at an instant, with the path and the span of what is lent.

    Working: begun and not over, both persons active and not locked, the lender still holds the role in own right in
    that department, and the delegate still holds it somewhere. Only rows of `role_assignment` count, so what was
    lent cannot be lent on.
    """
    qualified = exists().where(alike.c.person_id == delegation.c.to_person_id, _held(alike, at))
    return (
        select(
            delegation.c.id, delegation.c.to_person_id, delegation.c.from_person_id, delegation.c.role,
            delegation.c.department_id, delegation.c.valid_from, delegation.c.valid_until, department.c.path,
            own.c.valid_from.label("own_from"), own.c.valid_until.label("own_until"),
        )
        .select_from(delegation)
        .join(department, department.c.id == delegation.c.department_id)
        .join(lender, and_(lender.c.id == delegation.c.from_person_id, lender.c.active))
        .join(delegate, and_(delegate.c.id == delegation.c.to_person_id, delegate.c.active))
        .join(
            own,
            and_(
                own.c.person_id == delegation.c.from_person_id,
                own.c.department_id == delegation.c.department_id,
                _held(own, at),
            ),
        )
        .where(
            _running(at), qualified,
            delegation.c.from_person_id.not_in(locked()), delegation.c.to_person_id.not_in(locked()),
        )
        .order_by(delegation.c.id)
    )  # fmt: skip


def _running(at: datetime) -> ColumnElement[bool]:
    return and_(delegation.c.ended_at.is_(None), delegation.c.valid_from <= at, delegation.c.valid_until > at)


def locked() -> Select[tuple[UUID]]:
    """Return the query for the persons who are locked."""
    return select(lock.c.target_id).where(lock.c.kind == LockKind.PERSON, lock.c.lifted_at.is_(None))


def _held(held: FromClause, at: datetime) -> ColumnElement[bool]:
    return and_(
        held.c.role == delegation.c.role,
        held.c.withdrawn_at.is_(None),
        or_(held.c.valid_from.is_(None), held.c.valid_from <= at),
        or_(held.c.valid_until.is_(None), held.c.valid_until > at),
    )


def _lent(row: AnyRow) -> Assignment:
    begin = max(row.valid_from, row.own_from or row.valid_from)
    until = min(row.valid_until, row.own_until or row.valid_until)
    return Assignment(
        role=Role(row.role), department_id=row.department_id, path=row.path, valid=TimeSpan(begin, until),
        standing_for=row.from_person_id,
    )  # fmt: skip


def _row(new: Delegation) -> dict[str, object]:
    return {
        "id": new.id, "from_person_id": new.from_person, "to_person_id": new.to_person, "role": new.role,
        "department_id": new.department_id, "valid_from": new.span.begin, "valid_until": new.span.end,
        "reason": new.reason, "stream": new.stream, "version": new.version,
    }  # fmt: skip


def _delegation(row: AnyRow) -> Delegation:
    return Delegation(
        id=row.id, from_person=PersonId(row.from_person_id), to_person=PersonId(row.to_person_id), role=Role(row.role),
        department_id=DepartmentId(row.department_id), span=TimeSpan(row.valid_from, row.valid_until),
        reason=row.reason, ended_at=row.ended_at, ended_by=row.ended_by, version=row.version,
    )  # fmt: skip
