"""Days of points: what their health comes to. Read from sums by department and county, made once a day is settled.

A year of a million points is 365 million days of points; kept are the days of sources, the days of points that were
not as their source was, and sums over all points by (day, department, county).
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, text

from broker.domain.catalog import divisions
from broker.domain.ids import CameraId, DepartmentId
from broker.domain.sources.point_health import Availability, PointDay

COUNTY = 6
"""Digits of a division in the sums; what is finer is added up from the days of its points."""

_SUMS = """coalesce(sum({0}.points), 0)::bigint AS point_days, coalesce(sum({0}.watched), 0)::bigint AS watched,
    coalesce(sum({0}.online), 0)::bigint AS online, coalesce(sum({0}.intact), 0)::bigint AS intact,
    coalesce(sum({0}.asked), 0)::bigint AS asked, coalesce(sum({0}.recorded), 0)::bigint AS recorded"""

_WHERE = """FROM health_day h WHERE h.day >= :begin AND h.day < :end
    AND (CAST(:paths AS text[]) IS NULL
         OR h.owner_id IN (SELECT id FROM department WHERE path ^@ ANY (CAST(:paths AS text[]))))
    AND h.division >= :low AND h.division < :high"""

_FINE = f"""
    WITH these AS (
        SELECT c.id, w.source_id, w.since FROM camera c JOIN point_watch w ON w.camera_id = c.id
        JOIN department d ON d.id = c.owner_id
        WHERE c.division COLLATE "C" >= :low AND c.division COLLATE "C" < :high
          AND (CAST(:paths AS text[]) IS NULL OR d.path ^@ ANY (CAST(:paths AS text[])))
    ), days AS (
        SELECT 1 AS points, coalesce(p.watched, s.watched) AS watched, coalesce(p.online, s.online) AS online,
               coalesce(p.intact, s.online) AS intact, 0 AS asked, 0 AS recorded
        FROM these t
        JOIN source_day s ON s.source_id = t.source_id AND s.day >= greatest(:begin, t.since) AND s.day < :end
        LEFT JOIN point_day p ON p.camera_id = t.id AND p.day = s.day
        UNION ALL
        SELECT 0, 0, 0, 0, 86400, it.seconds FROM these t JOIN point_recorded r ON r.camera_id = t.id,
            unnest(r.seconds) WITH ORDINALITY AS it (seconds, place)
        WHERE it.seconds IS NOT NULL AND r.month + it.place::integer - 1 >= :begin
          AND r.month + it.place::integer - 1 < :end
    ) SELECT {_SUMS.format("days")} FROM days"""  # noqa: S608  # constants of this module

_OF_POINT = """
    WITH stints AS (
        SELECT source_id, since, 'infinity'::date AS until FROM point_watch WHERE camera_id = :camera
        UNION ALL SELECT source_id, since, until FROM point_stint WHERE camera_id = :camera
    ), seen AS (
        SELECT s.day, coalesce(p.watched, s.watched) AS watched, coalesce(p.online, s.online) AS online,
               coalesce(p.intact, s.online) AS intact
        FROM stints t JOIN source_day s ON s.source_id = t.source_id AND s.day >= t.since AND s.day < t.until
        LEFT JOIN point_day p ON p.camera_id = :camera AND p.day = s.day
        WHERE s.day >= :begin AND s.day < :end
    ), told AS (
        SELECT r.month + it.place::integer - 1 AS day, it.seconds
        FROM point_recorded r, unnest(r.seconds) WITH ORDINALITY AS it (seconds, place)
        WHERE r.camera_id = :camera AND it.seconds IS NOT NULL
          AND r.month < :end AND r.month > CAST(:begin AS date) - 31
    )
    SELECT day, coalesce(watched, 0) AS watched, coalesce(online, 0) AS online, coalesce(intact, 0) AS intact, seconds
    FROM seen FULL JOIN told USING (day) WHERE day >= :begin AND day < :end ORDER BY day"""


class PointDays:
    """Sums and days over one open transaction; who may read them is decided by the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def availability(
        self, begin: date, end: date, *, paths: Sequence[str] | None = None, division: str = ""
    ) -> Availability:
        """Return the sums of the days in [begin, end).

        Args:
            begin: the first day, as the city counts days.
            end: the day after the last.
            paths: only points whose owner lies in one of these subtrees; None for all, () for none.
            division: only points in this GB/T 2260 code (330100 holds 330102); empty for all.
        """
        low, high = interval(division)
        fine = len(low) > COUNTY
        statement = _FINE if fine else f"SELECT {_SUMS.format('h')} {_WHERE}"
        found = self._connection.execute(text(statement), _asked(begin, end, paths, low, high)).one()
        return Availability(**found._asdict())

    def by_department(
        self, begin: date, end: date, *, paths: Sequence[str] | None = None, division: str = ""
    ) -> dict[DepartmentId, Availability]:
        """Return the same by owner; a department without any day is absent."""
        rows = self._by("h.owner_id", begin, end, paths, division)
        return {DepartmentId(UUID(str(key))): it for key, it in rows}

    def by_division(
        self, begin: date, end: date, *, paths: Sequence[str] | None = None, division: str = "", digits: int = COUNTY
    ) -> dict[str, Availability]:
        """Return the same by the first digits of the division (2, 4 or 6), in order."""
        of = f"left(h.division, {int(digits)})"
        return {str(key): it for key, it in self._by(of, begin, end, paths, division)}

    def by_day(
        self, begin: date, end: date, *, paths: Sequence[str] | None = None, division: str = ""
    ) -> dict[date, Availability]:
        """Return the same by day, in order."""
        return {date.fromisoformat(str(key)): it for key, it in self._by("h.day", begin, end, paths, division)}

    def grid(
        self, begin: date, end: date, *, by: Literal["owner_id", "county"], step: Literal["day", "week", "month"],
        paths: Sequence[str] | None = None, division: str = "",
    ) -> list[tuple[str, date, Availability]]:  # fmt: skip
        """Return the same by owner or county and by the first day of each step of time, in order."""
        of = "h.owner_id::text" if by == "owner_id" else f"left(h.division, {COUNTY})"
        low, high = interval(division)
        steps = f"date_trunc('{step}', h.day)::date"
        statement = f"SELECT {of} AS of, {steps} AS step, {_SUMS.format('h')} {_WHERE} GROUP BY 1, 2 ORDER BY 1, 2"
        rows = self._connection.execute(text(statement), _asked(begin, end, paths, low, high))
        return [(row.of, row.step, Availability(*row[2:])) for row in rows]

    def of_point(self, key: CameraId, begin: date, end: date) -> list[PointDay]:
        """Return the days of one point in order, also those it spent behind another source."""
        rows = self._connection.execute(text(_OF_POINT), {"camera": key, "begin": begin, "end": end})
        return [PointDay(row.day, row.watched, row.online, row.intact, row.seconds) for row in rows]

    def _by(
        self, of: str, begin: date, end: date, paths: Sequence[str] | None, division: str
    ) -> list[tuple[object, Availability]]:
        low, high = interval(division)
        statement = f"SELECT {of} AS of, {_SUMS.format('h')} {_WHERE} GROUP BY 1 ORDER BY 1"
        rows = self._connection.execute(text(statement), _asked(begin, end, paths, low, high))
        return [(row.of, Availability(*row[1:])) for row in rows]


def interval(division: str) -> tuple[str, str]:
    """Return the interval [low, high) of the codes, compared byte by byte, that lie in a division; empty: of all."""
    return divisions.interval(division) if division else ("", "~")


def _asked(begin: date, end: date, paths: Sequence[str] | None, low: str, high: str) -> dict[str, object]:
    given = None if paths is None else list(paths)
    return {"begin": begin, "end": end, "paths": given, "low": low, "high": high}
