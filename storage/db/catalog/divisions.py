"""Administrative divisions: looked up one by one, listed, and brought up to date in sets."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, Connection, Text, and_, any_, func, literal, or_, select, text

from broker.domain.catalog.divisions import Division, Level, above, interval
from broker.domain.errors import Unknown
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import division, division_change

A_STATEMENT = 20_000

STORE = text("""
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (code text, name text, level text, parent text,
            low text, high text, successor text, source text)
    ), differing AS (
        SELECT g.code, g.name, g.successor, g.source, d.name AS name_before, d.successor AS successor_before
        FROM given g JOIN division d ON d.code = g.code
        WHERE (d.name, d.successor) IS DISTINCT FROM (g.name, g.successor)
    ), noted AS (
        INSERT INTO division_change (code, at, actor, before, after)
        SELECT code, :at, :actor, jsonb_build_object('name', name_before, 'successor', successor_before),
            jsonb_build_object('name', name, 'successor', successor) FROM differing
    ), changed AS (
        UPDATE division d SET name = w.name, successor = w.successor, source = w.source
        FROM differing w WHERE d.code = w.code RETURNING 1
    ), added AS (
        INSERT INTO division (code, name, level, parent, low, high, successor, source)
        SELECT g.* FROM given g WHERE NOT EXISTS (SELECT FROM division d WHERE d.code = g.code) RETURNING 1
    )
    SELECT (SELECT count(*) FROM added) AS added, (SELECT count(*) FROM changed) AS changed""")


class Stored(NamedTuple):
    """What became of the divisions of a list."""

    added: int
    changed: int


@dataclass(frozen=True)
class DivisionChange:
    """What a division was called, and is called since."""

    at: datetime
    actor: str
    before: dict[str, Any]
    after: dict[str, Any]


class DivisionRepository:
    """Divisions over one open transaction; everybody may know them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, code: str) -> Division:
        """Raises Unknown (`unknown-division` with `division`) when the list has no such code."""
        row = self._connection.execute(select(division).where(division.c.code == code)).one_or_none()
        if row is None:
            raise Unknown("unknown-division", division=code)
        return _division(row)

    def find(self, code: str) -> Division | None:
        """Return a division, None when the list has no such code."""
        row = self._connection.execute(select(division).where(division.c.code == code)).one_or_none()
        return None if row is None else _division(row)

    def lineage(self, code: str) -> list[Division]:
        """Return what a code lies in, as far as the list has it, the province first."""
        rows = (
            select(division).where(division.c.code == any_(_texts(above(code)))).order_by(func.length(division.c.low))
        )
        return [_division(row) for row in self._connection.execute(rows)]

    def page(
        self, *, within: str | None, level: Level | None, text: str | None, after: str | None, limit: int
    ) -> list[Division]:
        """Return divisions by code, behind `after`: those below `within`, of one level, with `text` in their names."""
        wanted = select(division).order_by(division.c.code).limit(limit)
        if within is not None:
            low, high = interval(within)
            wanted = wanted.where(division.c.code >= low, division.c.code < high, division.c.code != within)
        if level is not None:
            wanted = wanted.where(division.c.level == level.value)
        if text:
            wanted = wanted.where(func.strpos(division.c.name, text) > 0)
        if after is not None:
            wanted = wanted.where(division.c.code > after)
        return [_division(row) for row in self._connection.execute(wanted)]

    def named(self, codes: Collection[str]) -> dict[str, str]:
        """Return the names of those codes that the list has."""
        rows = select(division.c.code, division.c.name).where(division.c.code == any_(_texts(codes)))
        return {row.code: row.name for row in self._connection.execute(rows)}

    def counties(self, beginning: str = "") -> list[str]:
        """Return the counties that are in force, and the cities that have none, whose codes begin so."""
        below = division.alias("below")
        lowest = select(below.c.code).where(below.c.parent == division.c.code, below.c.level == Level.COUNTY.value)
        held = or_(division.c.level == Level.COUNTY.value, and_(division.c.level == Level.CITY.value, ~lowest.exists()))
        rows = select(division.c.code).where(
            held, division.c.successor.is_(None), division.c.code.startswith(beginning, autoescape=True)
        )
        return [row.code for row in self._connection.execute(rows.order_by(division.c.code))]

    def abolished(self) -> dict[str, str]:
        """Return the divisions that are no longer in force, as far as a list named their successors."""
        rows = select(division.c.code, division.c.successor).where(division.c.successor.is_not(None))
        return {row.code: row.successor for row in self._connection.execute(rows)}

    def at_level(self, beginning: str, level: Level) -> list[str]:
        """Return the divisions of a level that are in force and whose codes begin so."""
        rows = select(division.c.code).where(
            division.c.level == level.value, division.c.successor.is_(None),
            division.c.code.startswith(beginning, autoescape=True),
        )  # fmt: skip
        return [row.code for row in self._connection.execute(rows.order_by(division.c.code))]

    def changes(self, code: str, limit: int = 100) -> list[DivisionChange]:
        """Return what was changed about a division, the newest first."""
        wanted = select(division_change).where(division_change.c.code == code)
        rows = self._connection.execute(wanted.order_by(division_change.c.id.desc()).limit(limit))
        return [DivisionChange(row.at, row.actor, row.before, row.after) for row in rows]

    def store(self, divisions: Sequence[Division], at: datetime, actor: str) -> Stored:
        """Add what is new and change what differs in name or successor; each change is kept with what was there before.

        Each division comes after its parent, or the parent is there already.
        """
        added = changed = 0
        for begin in range(0, len(divisions), A_STATEMENT):
            rows = [_row(each) for each in divisions[begin : begin + A_STATEMENT]]
            facts = {"rows": json.dumps(rows, ensure_ascii=False), "at": at, "actor": actor}
            done = self._connection.execute(STORE, facts).one()
            added, changed = added + done.added, changed + done.changed
        return Stored(added, changed)


def _texts(codes: Collection[str]) -> Any:
    return literal(list(codes), ARRAY(Text))


def _row(each: Division) -> dict[str, str | None]:
    low, high = interval(each.code)
    return {
        "code": each.code, "name": each.name, "level": each.level.value, "parent": each.parent, "low": low,
        "high": high, "successor": each.successor, "source": each.source,
    }  # fmt: skip


def _division(row: AnyRow) -> Division:
    return Division(row.code, row.name, Level(row.level), row.parent, row.successor, row.source)
