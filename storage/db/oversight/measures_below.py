"""Counts of towns and villages behind the four measures: of the catalogue as it is, and of the days of its points.

What is kept from day to day stops at the county. A point that is as its source has no days of its own, so those of a
source are counted once for all its points of one owner and place, and the points that differed put that right.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from broker.domain.catalog.divisions import ACCESS_UNIT, GROUPS, interval, prefix
from broker.domain.oversight.measures import Tally
from storage.db.oversight.measures import NEEDED, POINTS, Counted, health_tallies

COUNTY = GROUPS[2]

_INSIDE = """WHERE c.division COLLATE "C" >= :low AND c.division COLLATE "C" < :high AND"""
_POINTS = POINTS.replace("WHERE", _INSIDE)

_HEALTH = """
    WITH these AS (
        SELECT c.id, c.owner_id, left(c.division, :digits) AS code, w.source_id, w.since
        FROM camera c JOIN point_watch w ON w.camera_id = c.id
        WHERE c.division COLLATE "C" >= :low AND c.division COLLATE "C" < :high
    ), together AS (
        SELECT owner_id, code, source_id, since, count(*) AS points FROM these GROUP BY 1, 2, 3, 4
    ), days AS (
        SELECT t.owner_id, t.code, s.day, t.points * s.watched AS watched, t.points * s.online AS online,
               t.points * s.online AS intact, 0 AS asked, 0 AS recorded
        FROM together t JOIN source_day s ON s.source_id = t.source_id
        WHERE s.day >= greatest(CAST(:first AS date), t.since) AND s.day < :last
        UNION ALL
        SELECT t.owner_id, t.code, p.day, p.watched - s.watched, p.online - s.online, p.intact - s.online, 0, 0
        FROM these t JOIN point_day p ON p.camera_id = t.id
        JOIN source_day s ON s.source_id = t.source_id AND s.day = p.day
        WHERE p.day >= greatest(CAST(:first AS date), t.since) AND p.day < :last
        UNION ALL
        SELECT t.owner_id, t.code, r.month + it.place::integer - 1, 0, 0, 0, 86400, it.seconds
        FROM these t JOIN point_recorded r ON r.camera_id = t.id AND r.month > CAST(:first AS date) - 31
            AND r.month < :last,
            unnest(r.seconds) WITH ORDINALITY AS it (seconds, place)
        WHERE it.seconds IS NOT NULL AND r.month + it.place::integer - 1 >= :first
          AND r.month + it.place::integer - 1 < :last
    )
    SELECT owner_id AS place, code AS county, width_bucket(day, CAST(:days AS date[])) - 1 AS span,
        sum(watched)::bigint AS watched, sum(online)::bigint AS online, sum(intact)::bigint AS intact,
        sum(asked)::bigint AS asked, sum(recorded)::bigint AS recorded
    FROM days GROUP BY 1, 2, 3"""


def cut(division: str, digits: int) -> str:
    """Return the digits of a division down to a level; what stands higher keeps its own, down to the county.

    A unit of GB/T 28181 (eight digits) stands with its county.
    """
    if digits <= COUNTY or len(division) <= COUNTY:
        return division[: min(digits, COUNTY)]
    held = prefix(division)
    return held[:COUNTY].ljust(COUNTY, "0") if len(held) <= ACCESS_UNIT else held[:digits]


class MeasuresBelow:
    """Counts of one division, split below its county, over one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def catalogue(self, area: str, digits: int) -> list[Counted]:
        """Count the points of a division as they are now, by owner and the first digits of their own."""
        low, high = _interval(area)
        facts = {"digits": digits, "low": low, "high": high, **NEEDED}
        rows = self._connection.execute(text(_POINTS), facts)
        return [Counted(row.owner_id, cut(row.county, digits), *row[2:]) for row in rows]

    def health(self, area: str, digits: int, first: date, last: date, days: Sequence[date]) -> list[Tally]:
        """Add up the days in [first, last) of the points of a division, where they are bound now.

        `days` are those on which the spans begin.
        """
        low, high = _interval(area)
        facts = {"digits": digits, "low": low, "high": high, "first": first, "last": last, "days": list(days)}
        rows = self._connection.execute(text(_HEALTH), facts)
        return [tally for row in rows for tally in health_tallies(row, cut(row.county, digits))]


def _interval(area: str) -> tuple[str, str]:
    return interval(area) if area else ("", "~")
