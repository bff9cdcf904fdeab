"""What a city plans to reach in a year; a target is set, set anew, and taken back, never deleted."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, insert, or_, select, update

from broker.domain.ids import DepartmentId
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import department, plan_target


@dataclass(frozen=True)
class PlanTarget:
    """A target: points for `coverage.plan`, else thousandths; of a department with all below it, or of a division.

    `value` None: taken back.
    """

    id: UUID
    year: int
    department_id: DepartmentId | None
    division: str | None
    indicator: str
    value: int | None
    department: str | None = None
    path: str | None = None


class PlanTargetRepository:
    """Targets over one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_year(self, year: int) -> list[PlanTarget]:
        """Return all targets of a year that stand: a few for each place and indicator."""
        rows = self._select().where(plan_target.c.year == year, plan_target.c.value.is_not(None))
        return [_target(row) for row in self._connection.execute(rows)]

    def page(self, year: int, *, paths: tuple[str, ...] | None, after: UUID | None, limit: int) -> list[PlanTarget]:
        """Return the targets of a year that stand, by id: of divisions, and of departments in some subtrees."""
        wanted = self._select().where(plan_target.c.year == year, plan_target.c.value.is_not(None))
        if paths is not None:
            inside = [department.c.path.startswith(path, autoescape=True) for path in paths]
            wanted = wanted.where(or_(plan_target.c.department_id.is_(None), *inside))
        if after is not None:
            wanted = wanted.where(plan_target.c.id > after)
        return [_target(row) for row in self._connection.execute(wanted.order_by(plan_target.c.id).limit(limit))]

    def find(
        self, year: int, indicator: str, *, department_id: DepartmentId | None, division: str | None
    ) -> PlanTarget | None:
        """Return the target of a place, also one that was taken back."""
        wanted = self._select().where(
            plan_target.c.year == year,
            plan_target.c.indicator == indicator,
            plan_target.c.department_id.is_not_distinct_from(department_id),
            plan_target.c.division.is_not_distinct_from(division),
        )
        row = self._connection.execute(wanted).one_or_none()
        return None if row is None else _target(row)

    def add(self, new: PlanTarget, stream: str, version: int) -> None:
        self._connection.execute(
            insert(plan_target).values(
                id=new.id, year=new.year, department_id=new.department_id, division=new.division,
                indicator=new.indicator, value=new.value, stream=stream, version=version,
            )
        )  # fmt: skip

    def change(self, key: UUID, value: int | None, stream: str, version: int) -> None:
        changed = update(plan_target).where(plan_target.c.id == key)
        self._connection.execute(changed.values(value=value, stream=stream, version=version))

    def _select(self) -> Select[Any]:
        joined = plan_target.outerjoin(department, department.c.id == plan_target.c.department_id)
        return select(plan_target, department.c.code.label("department"), department.c.path).select_from(joined)


def _target(row: AnyRow) -> PlanTarget:
    return PlanTarget(
        row.id, row.year, row.department_id, row.division, row.indicator, row.value, row.department, row.path
    )
