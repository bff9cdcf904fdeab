"""Departments: the tree, and how it is changed."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, func, insert, or_, select, text, update
from sqlalchemy.engine import Row

from broker.domain.errors import Conflict, Invalid, Unknown
from broker.domain.ids import DepartmentId
from broker.domain.people.accounts import Department, DepartmentKind
from broker.domain.people.reorganising import Ties
from storage.db.people.ties import ties_of
from storage.db.tables import department

AnyRow = Row[tuple[object, ...]]

_RELOCATE = text("""
    UPDATE department SET path = t.path, parent_id = t.parent_id, version = t.version
    FROM unnest(CAST(:ids AS uuid[]), CAST(:paths AS text[]), CAST(:parents AS uuid[]), CAST(:versions AS integer[]))
        AS t (id, path, parent_id, version)
    WHERE department.id = t.id
""")


class DepartmentRepository:
    """The tree of departments."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: DepartmentId) -> Department:
        """Raises Unknown when there is no such department."""
        row = self._connection.execute(select(department).where(department.c.id == key)).one_or_none()
        if row is None:
            raise Unknown("unknown-department", department=key)
        return _department(row)

    def load_many(self, keys: Collection[DepartmentId]) -> dict[DepartmentId, Department]:
        rows = self._connection.execute(select(department).where(department.c.id.in_(set(keys))))
        return {found.id: found for found in map(_department, rows)}

    def by_code(self, code: str) -> Department:
        """Raises Unknown when no department has this code."""
        return self._named(select(department), code)

    def open_one(self, code: str, pointer: str = "/department") -> Department:
        """Return a department that something may come to; it neither moves nor closes until the transaction ends.

        Raises:
            Invalid: no department has this code, which somebody wrote in the field `pointer`.
            Conflict: `department-closed`, nothing comes to it any more.
        """
        held = select(department).where(department.c.code == code).with_for_update(read=True)
        row = self._connection.execute(held).one_or_none()
        if row is None:
            raise Invalid("unknown-department", pointer=pointer, department=code)
        return _open(_department(row), pointer)

    def keep_open(self, key: DepartmentId, pointer: str = "") -> Department:
        """Do the same for the department of an id."""
        rows = select(department).where(department.c.id == key).with_for_update(read=True)
        return _open(_department(self._connection.execute(rows).one()), pointer)

    def for_change(self, code: str) -> Department:
        """Return a department that nobody else changes, and nothing comes to, until the transaction ends.

        Raises:
            Unknown: no department has this code.
        """
        return self._named(select(department).with_for_update(), code)

    def still(self, known: Collection[Department]) -> bool:
        """Say whether departments stand where they stood when they were read, open all; they do until the end."""
        keys = {each.id for each in known}
        rows = select(department).where(department.c.id.in_(keys)).order_by(department.c.id)
        now = map(_department, self._connection.execute(rows.with_for_update(read=True)))
        return {(each.id, each.path) for each in now if not each.closed} == {(each.id, each.path) for each in known}

    def subtree(self, path: str) -> list[Department]:
        """Return a department and all below it, which nobody else changes or adds to until the transaction ends."""
        self._connection.execute(text("SET LOCAL lock_timeout = '2s'"))  # who moves a subtree holds up all footage
        rows = select(department).where(department.c.path.startswith(path, autoescape=True)).order_by(department.c.path)
        found: list[Department] = []
        while True:  # who was waited for may have added one: the next look sees it
            held = [_department(row) for row in self._connection.execute(rows.with_for_update())]
            if len(held) == len(found):
                return held
            found = held

    def ties(self, key: DepartmentId, at: datetime) -> Ties:
        """Return how much hangs on a department at an instant."""
        return ties_of(self._connection, key, at)

    def relocate(self, moved: Sequence[Department]) -> None:
        """Store where departments stand from now on, each with its new version."""
        told = {
            "ids": [each.id for each in moved], "paths": [each.path for each in moved],
            "parents": [each.parent_id for each in moved], "versions": [each.version for each in moved],
        }  # fmt: skip
        self._connection.execute(_RELOCATE, told)

    def _named(self, rows: Select[tuple[object, ...]], code: str) -> Department:
        row = self._connection.execute(rows.where(department.c.code == code)).one_or_none()
        if row is None:
            raise Unknown("unknown-department", department=code)
        return _department(row)

    def by_codes(self, codes: Collection[str]) -> dict[str, Department]:
        """Return the departments that exist, by code."""
        rows = self._connection.execute(select(department).where(department.c.code.in_(set(codes))))
        return {found.code: found for found in map(_department, rows)}

    def centers(self) -> tuple[Department, ...]:
        """Return the centers that are open."""
        open_ones = (department.c.kind == DepartmentKind.CENTER) & department.c.closed_at.is_(None)
        rows = select(department).where(open_ones).order_by(department.c.path)
        return tuple(_department(row) for row in self._connection.execute(rows))

    def roots(self) -> list[Department]:
        """Return what has nothing above it: one city, as a rule."""
        rows = select(department).where(department.c.parent_id.is_(None)).order_by(department.c.path)
        return [_department(row) for row in self._connection.execute(rows)]

    def page(self, *, after: str = "", limit: int = 100) -> list[Department]:
        """Return departments in tree order, `after` a path, at most `limit`."""
        rows = select(department).where(department.c.path > after).order_by(department.c.path).limit(limit)
        return [_department(row) for row in self._connection.execute(rows)]

    def find(self, text: str, *, after: str, limit: int) -> list[Department]:
        """Return departments with this text in name or code, in tree order, `after` a path."""
        named = or_(*(it.icontains(text, autoescape=True) for it in (department.c.name, department.c.name_en)))
        fitting = or_(named, department.c.code.istartswith(text, autoescape=True)) & (department.c.path > after)
        rows = self._connection.execute(select(department).where(fitting).order_by(department.c.path).limit(limit))
        return [_department(row) for row in rows]

    def children(self, parent: DepartmentId, *, after: str = "", limit: int) -> list[Department]:
        """Return what lies directly below a department, in tree order, `after` a path."""
        below = (department.c.parent_id == parent) & (department.c.path > after)
        rows = self._connection.execute(select(department).where(below).order_by(department.c.path).limit(limit))
        return [_department(row) for row in rows]

    def grandchildren(self, parents: Collection[DepartmentId], *, each: int) -> dict[DepartmentId, list[Department]]:
        """Return the first `each` departments directly below each of some, in tree order."""
        place = func.row_number().over(partition_by=department.c.parent_id, order_by=department.c.path)
        numbered = select(department, place.label("place")).where(department.c.parent_id.in_(set(parents))).subquery()
        rows = select(numbered).where(numbered.c.place <= each).order_by(numbered.c.path)
        found: dict[DepartmentId, list[Department]] = {}
        for row in self._connection.execute(rows):
            found.setdefault(row.parent_id, []).append(_department(row))
        return found

    def change(self, before: Department, after: Department) -> None:
        """Store what a department is called from now on, and whether it is closed; code, kind and place stay.

        Raises:
            Conflict: there is a newer version already.
        """
        same = (department.c.id == before.id) & (department.c.version == before.version)
        done = self._connection.execute(
            update(department).where(same).values(
                name=after.name, name_en=after.name_en, division=after.division, closed_at=after.closed_at,
                version=after.version,
            )
        )  # fmt: skip
        if done.rowcount != 1:
            raise Conflict("changed-meanwhile", subject="department")

    def add(self, new: Department) -> None:
        self._connection.execute(
            insert(department).values(
                id=new.id, code=new.code, name=new.name, name_en=new.name_en, kind=new.kind, division=new.division,
                parent_id=new.parent_id, path=new.path, stream=f"department/{new.id}", version=new.version,
            ),
        )  # fmt: skip


def _department(row: AnyRow) -> Department:
    return Department(
        id=row.id, code=row.code, name=row.name, name_en=row.name_en, kind=DepartmentKind(row.kind),
        division=row.division, parent_id=row.parent_id, path=row.path, version=row.version,
        closed_at=row.closed_at,
    )  # fmt: skip


def _open(found: Department, pointer: str) -> Department:
    if found.closed:
        raise Conflict("department-closed", pointer=pointer, department=found.name)
    return found
