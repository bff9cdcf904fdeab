"""Who somebody is to every call: one question for what would be six, because each request asks it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from broker.domain.errors import Unknown
from broker.domain.ids import DepartmentId, PersonId
from broker.domain.people.accounts import Assignment
from storage.db.deciding.delegations import DelegationRepository
from storage.db.people.accounts import assignment_of

_STANDING = """
    SELECT p.id, p.name, p.active, p.one_time_until IS NOT NULL AS one_time, home.id AS home_id, home.path AS home_path,
        EXISTS (SELECT FROM lock WHERE kind = 'person' AND target_id = p.id AND lifted_at IS NULL) AS locked,
        EXISTS (SELECT FROM delegation WHERE to_person_id = p.id AND ended_at IS NULL
            AND valid_from <= %(at)s AND valid_until > %(at)s) AS lent,
        EXISTS (SELECT FROM second_factor WHERE person_id = p.id AND removed_at IS NULL
            AND confirmed_at IS NOT NULL) AS enrolled,
        held.role, held.department_id, held.valid_from, held.valid_until, there.path, there.closed_at
    FROM person AS p
    JOIN department AS home ON home.id = p.department_id
    LEFT JOIN role_assignment AS held ON held.person_id = p.id AND held.withdrawn_at IS NULL
    LEFT JOIN department AS there ON there.id = held.department_id
    WHERE p.id = ANY(%(who)s)
    ORDER BY p.id, held.id
"""


@dataclass(frozen=True)
class Standing:
    """A person as calls are made by: the roles held in own right, then those that are lent now."""

    name: str
    active: bool
    locked: bool
    department_id: DepartmentId
    path: str
    assignments: tuple[Assignment, ...]
    second_factor: bool
    one_time: bool


class CallerRepository:
    """Persons as they call."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, who: PersonId, at: datetime) -> Standing:
        """Raises Unknown when there is no such person."""
        found = self.load_many([who], at).get(who)
        if found is None:
            raise Unknown("unknown-person", person=who)
        return found

    def load_many(self, who: Collection[PersonId], at: datetime) -> dict[PersonId, Standing]:
        """Return those of these persons that there are."""
        found: dict[PersonId, list[Row[Any]]] = {}
        for row in self._connection.exec_driver_sql(_STANDING, {"who": list(who), "at": at}):
            found.setdefault(row.id, []).append(row)
        lent_to = [key for key, rows in found.items() if rows[0].lent]
        lent = DelegationRepository(self._connection).lent_to(lent_to, at) if lent_to else {}
        return {key: _standing(rows, lent.get(key, ())) for key, rows in found.items()}


def _standing(rows: Sequence[Row[Any]], lent: tuple[Assignment, ...]) -> Standing:
    one = rows[0]
    held = tuple(assignment_of(row) for row in rows if row.role is not None and row.closed_at is None)
    return Standing(
        name=one.name, active=one.active, locked=one.locked, department_id=one.home_id, path=one.home_path,
        assignments=held + lent, second_factor=one.enrolled, one_time=one.one_time,
    )  # fmt: skip
