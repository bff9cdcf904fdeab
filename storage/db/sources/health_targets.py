"""What is aimed at, for departments and sources; and who of them fell below it on a day."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, insert, or_, select, text, update

from broker.domain.deciding.delegations import DECIDING
from broker.domain.errors import Conflict
from broker.domain.ids import PersonId
from broker.domain.people.accounts import Role
from broker.domain.sources.health_targets import Target
from storage.db.deciding.absences import away
from storage.db.deciding.delegations import locked, working
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import delegation, health_target, person

LEAST_WATCHED = 3600
"""Seconds a point has to have been watched, on average, before a day is judged."""

# What is planned for the year holds where nothing else is aimed at; what is nearest holds for all below it.
_AIMS = """
    aimed AS (
        SELECT d.path, coalesce(t.per_mille, p.value) AS per_mille FROM department d
        LEFT JOIN health_target t ON t.department_id = d.id AND t.per_mille > 0
        LEFT JOIN plan_target p ON p.department_id = d.id AND p.indicator = 'availability.online'
            AND p.year = extract(year FROM CAST(:day AS date))
        WHERE coalesce(t.per_mille, p.value) > 0
    ), aims AS (
        SELECT d.id, d.path, (
            SELECT per_mille FROM aimed WHERE d.path ^@ aimed.path ORDER BY length(aimed.path) DESC LIMIT 1
        ) AS per_mille FROM department d
    )"""

_BELOW = f"""
    WITH {_AIMS}, found AS (
        SELECT a.id AS subject, a.per_mille, sum(h.points) AS points, sum(h.watched) AS watched,
               sum(h.online) AS online
        FROM aims a JOIN department below ON below.path ^@ a.path
        JOIN health_day h ON h.owner_id = below.id AND h.day = :day
        WHERE a.per_mille IS NOT NULL GROUP BY 1, 2
        UNION ALL
        SELECT s.id, coalesce(nullif(t.per_mille, 0), a.per_mille), 1, y.watched, y.online
        FROM source_day y JOIN source s ON s.id = y.source_id JOIN aims a ON a.id = s.department_id
        LEFT JOIN health_target t ON t.source_id = s.id
        WHERE y.day = :day AND NOT s.stopped
    ), low AS (
        SELECT * FROM found f WHERE per_mille IS NOT NULL AND watched >= :least * points AND watched > 0
          AND online * 1000 < watched * per_mille
          AND NOT EXISTS (SELECT FROM health_alert k WHERE k.subject = f.subject AND k.day = :day)
        ORDER BY watched - online DESC, subject LIMIT :limit
    ), noted AS (
        INSERT INTO health_alert (subject, day, at, watched, online, per_mille)
        SELECT subject, :day, :now, watched, online, per_mille FROM low ON CONFLICT DO NOTHING
        RETURNING subject, watched, online, per_mille
    )
    SELECT n.*, s.code, s.name AS source, home.id AS department_id, home.name, home.path
    FROM noted n LEFT JOIN source s ON s.id = n.subject
    JOIN department home ON home.id = coalesce(s.department_id, n.subject)"""  # noqa: S608  # constants

_TOLD = """
    SELECT a.watched, a.online, a.per_mille, s.code, s.name AS source, home.id AS department_id, home.name, home.path
    FROM health_alert a LEFT JOIN source s ON s.id = a.subject
    JOIN department home ON home.id = coalesce(s.department_id, a.subject)
    WHERE a.day = :day AND home.path ^@ ANY (CAST(:paths AS text[]))
    ORDER BY a.watched - a.online DESC, a.subject LIMIT :limit"""

_KEEPERS = """
    SELECT DISTINCT p.path, a.person_id, a.role FROM unnest(CAST(:paths AS text[])) AS p (path)
    JOIN department d ON p.path ^@ d.path
    JOIN role_assignment a ON a.department_id = d.id AND a.role = ANY (CAST(:roles AS text[]))
        AND a.withdrawn_at IS NULL AND (a.valid_from IS NULL OR a.valid_from <= :now)
        AND (a.valid_until IS NULL OR a.valid_until > :now)
    JOIN person ON person.id = a.person_id AND person.active"""


class Alert(NamedTuple):
    """Somebody who fell below what is aimed at; `source` empty: the department itself."""

    source: str
    department_id: UUID
    department: str
    path: str
    watched: int
    online: int
    per_mille: int
    code: str = ""
    """Of the source, "" where it is a department."""


class HealthTargets:
    """Targets and alerts over one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, subject: UUID, *, lock: bool = False) -> Target | None:
        """Return the own target of a department or a source."""
        own = (health_target.c.department_id == subject) | (health_target.c.source_id == subject)
        rows = select(health_target).where(own)
        row = self._connection.execute(rows.with_for_update() if lock else rows).one_or_none()
        return None if row is None else _target(row)

    def page(self, *, after: UUID | None, limit: int) -> list[Target]:
        rows = select(health_target).where(health_target.c.per_mille > 0)
        if after is not None:
            rows = rows.where(health_target.c.id > after)
        return [_target(row) for row in self._connection.execute(rows.order_by(health_target.c.id).limit(limit))]

    def save(self, target: Target) -> None:
        """Store a target, the first one of its subject or a change.

        Raises:
            Conflict: somebody else changed it meanwhile.
        """
        if target.version == 1:
            values = {
                "id": target.id, "department_id": target.department_id, "source_id": target.source_id,
                "per_mille": target.per_mille, "stream": target.stream, "version": 1,
            }  # fmt: skip
            self._connection.execute(insert(health_target).values(values))
            return
        this = update(health_target).where(
            health_target.c.id == target.id, health_target.c.version == target.version - 1
        )
        done = self._connection.execute(this.values(per_mille=target.per_mille, version=target.version))
        if done.rowcount != 1:
            raise Conflict("changed-meanwhile", subject="health_target")

    def alerts(self, day: date, now: datetime, limit: int) -> list[Alert]:
        """Note who is below target on a day and was not told of yet; those who miss most first."""
        given = {"day": day, "now": now, "least": LEAST_WATCHED, "limit": limit}
        return [
            Alert(row.source or "", row.department_id, row.name, row.path, row.watched, row.online, row.per_mille)
            for row in self._connection.execute(text(_BELOW), given)
        ]

    def told(self, day: date, paths: Collection[str], limit: int) -> list[Alert]:
        """Return who fell below target on a day, of what lies in these subtrees; those who miss most first."""
        given = {"day": day, "paths": list(paths), "limit": limit}
        return [
            Alert(
                row.source or "",
                row.department_id,
                row.name,
                row.path,
                row.watched,
                row.online,
                row.per_mille,
                row.code or "",
            )
            for row in self._connection.execute(text(_TOLD), given)
        ]

    def keepers(self, paths: Collection[str], roles: Sequence[Role], now: datetime) -> dict[str, set[PersonId]]:
        """Return who holds one of these roles over the departments at these paths.

        As `PersonRepository.holders` does for one place: of those who decide nobody who is away or locked, and their
        delegates besides.
        """
        given = {"paths": sorted(set(paths)), "roles": [role.value for role in roles], "now": now}
        held = [(row.path, row.person_id, row.role) for row in self._connection.execute(text(_KEEPERS), given)]
        deciding = DECIDING.intersection(roles)
        if deciding:
            lent = self._connection.execute(working(now).where(delegation.c.role.in_(deciding))).all()
            held += [(path, row.to_person_id, row.role) for row in lent for path in paths if path.startswith(row.path)]
        decide = {who for _, who, role in held if role in deciding}
        unable = self._unable(decide, now) if decide else set()
        found: dict[str, set[PersonId]] = {path: set() for path in paths}
        for path, who, role in held:
            if role not in deciding or who not in unable:
                found[path].add(who)
        return found

    def _unable(self, persons: Collection[PersonId], now: datetime) -> set[PersonId]:
        unable = or_(person.c.id.in_(away(now)), person.c.id.in_(locked()))
        return set(self._connection.execute(select(person.c.id).where(person.c.id.in_(persons), unable)).scalars())


def _target(row: AnyRow) -> Target:
    return Target(
        id=row.id, department_id=row.department_id, source_id=row.source_id, per_mille=row.per_mille,
        version=row.version,
    )  # fmt: skip
