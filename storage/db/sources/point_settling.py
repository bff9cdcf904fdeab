"""What a day comes to: days of sources, days of the points that were not as their source was, sums of all points.

All of it in a few statements over sets, however many points there are; what has not changed is not written again.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text

from broker.domain.sources.point_health import SPEAKS_FOR
from broker.domain.sources.source_health import AGAIN, JITTER

_HEARD = AGAIN[-1] * (1 + JITTER)
"""As in `offline_spans`: longer than that after the last look nothing is claimed about a source."""

_SPELLS = """
    SELECT source_id, state, since, least(CASE WHEN until IS NULL THEN seen_at ELSE least(until, seen_at + :heard) END,
                                          :end) AS heard
    FROM source_health WHERE since < :end AND (until IS NULL OR until > :begin)"""

_PLANNED = "FROM maintenance m {} WHERE m.begins < :end AND m.ends > :begin AND m.begins < m.ends"

# When sources were watched and online, planned maintenance left out; to stand behind WITH.
_SOURCES = f"""
    told AS (
        SELECT source_id, range_agg(span) AS watched, range_agg(span) FILTER (WHERE state = 'online') AS online
        FROM (SELECT source_id, state, tstzrange(greatest(since, :begin), heard) AS span FROM ({_SPELLS}) spells
              WHERE heard > greatest(since, :begin)) spans GROUP BY source_id
    ), away AS (
        SELECT m.source_id, range_agg(tstzrange(m.begins, m.ends)) AS span {_PLANNED.format("")}
        AND m.source_id IS NOT NULL GROUP BY 1
    ), spans AS (
        SELECT source_id, watched - coalesce(away.span, '{{}}') AS watched,
               coalesce(online, '{{}}') - coalesce(away.span, '{{}}') AS online
        FROM told LEFT JOIN away USING (source_id)
    )"""  # noqa: S608  # constants of this module

_SOURCE_DAYS = f"""
    WITH {_SOURCES}
    INSERT INTO source_day AS d (source_id, day, watched, online)
    SELECT source_id, :day, seconds_of(watched), seconds_of(online) FROM spans
    ON CONFLICT (source_id, day) DO UPDATE SET watched = excluded.watched, online = excluded.online
    WHERE (d.watched, d.online) IS DISTINCT FROM (excluded.watched, excluded.online)"""  # noqa: S608  # constants

_TROUBLES = """
    SELECT camera_id, range_agg(span) FILTER (WHERE state IN ('offline', 'silent')) AS away,
           range_agg(span) FILTER (WHERE state IN ('black', 'frozen')) AS spoilt
    FROM (SELECT camera_id, state, tstzrange(greatest(since, :begin),
                 least(coalesce(until, :end), seen_at + :speaks_for, :end)) AS span
          FROM point_health WHERE since < :end AND (until IS NULL OR until > :begin)
            AND least(coalesce(until, :end), seen_at + :speaks_for, :end) > greatest(since, :begin)) spans
    GROUP BY camera_id"""

_POINT_DAYS = f"""
    WITH {_SOURCES}, troubles AS ({_TROUBLES}), planned AS (
        SELECT camera_id, range_agg(span) AS span FROM (
            SELECT m.camera_id, tstzrange(m.begins, m.ends) AS span {_PLANNED.format("")} AND m.camera_id IS NOT NULL
            UNION ALL
            SELECT w.camera_id, tstzrange(m.begins, m.ends)
            {
    _PLANNED.format(
        "JOIN department d ON d.id = m.department_id"
        " JOIN department below ON below.path ^@ d.path"
        " JOIN point_watch w ON w.owner_id = below.id"
    )
}
        ) each GROUP BY camera_id
    ), own AS (
        SELECT camera_id, coalesce(t.away, '{{}}') AS away, coalesce(t.spoilt, '{{}}') AS spoilt,
               coalesce(p.span, '{{}}') AS planned
        FROM troubles t FULL JOIN planned p USING (camera_id)
    )
    INSERT INTO point_day AS d (camera_id, day, watched, online, intact)
    SELECT own.camera_id, :day, seconds_of(s.watched - planned), seconds_of(s.online - planned - away),
           seconds_of(s.online - planned - away - spoilt)
    FROM own JOIN point_watch w ON w.camera_id = own.camera_id JOIN spans s ON s.source_id = w.source_id
    ON CONFLICT (camera_id, day) DO UPDATE
        SET watched = excluded.watched, online = excluded.online, intact = excluded.intact
    WHERE (d.watched, d.online, d.intact) IS DISTINCT FROM (excluded.watched, excluded.online, excluded.intact)
    """  # noqa: S608  # constants of this module

_SUMS = """
    WITH counted AS (
        SELECT owner_id, division, source_id, count(*) AS points FROM point_watch WHERE since <= :day GROUP BY 1, 2, 3
    ), plain AS (
        SELECT owner_id, division, sum(points) AS points, sum(points * coalesce(s.watched, 0)) AS watched,
               sum(points * coalesce(s.online, 0)) AS online
        FROM counted c LEFT JOIN source_day s ON s.source_id = c.source_id AND s.day = :day GROUP BY 1, 2
    ), filled AS (
        SELECT owner_id, division FROM health_day WHERE day = :day AND points > 0
    ), own AS (
        SELECT w.owner_id, w.division, sum(p.watched - s.watched) AS watched, sum(p.online - s.online) AS online,
               sum(p.intact - s.online) AS intact
        FROM point_day p JOIN point_watch w ON w.camera_id = p.camera_id AND w.since <= :day
        JOIN source_day s ON s.source_id = w.source_id AND s.day = :day WHERE p.day = :day GROUP BY 1, 2
    )
    INSERT INTO health_day AS h (day, owner_id, division, points, watched, online, intact)
    SELECT :day, owner_id, division, plain.points, plain.watched + coalesce(own.watched, 0),
           plain.online + coalesce(own.online, 0), plain.online + coalesce(own.intact, 0)
    FROM plain LEFT JOIN own USING (owner_id, division)
    UNION ALL  -- where the last point went elsewhere in the course of the day, it counts there
    SELECT :day, f.owner_id, f.division, 0, 0, 0, 0 FROM filled f
    WHERE NOT EXISTS (SELECT FROM plain WHERE plain.owner_id = f.owner_id AND plain.division = f.division)
    ORDER BY owner_id, division
    ON CONFLICT (day, owner_id, division) DO UPDATE
        SET points = excluded.points, watched = excluded.watched, online = excluded.online, intact = excluded.intact
    WHERE (h.points, h.watched, h.online, h.intact)
        IS DISTINCT FROM (excluded.points, excluded.watched, excluded.online, excluded.intact)"""


@dataclass(frozen=True)
class Written:
    """How many rows a day took this time."""

    sources: int
    points: int
    sums: int


class PointSettling:
    """Settles days over one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def settle(self, day: date, begin: datetime, end: datetime) -> Written:
        """Write what the day that lasts from `begin` to `end` came to, as far as it is known; may be done again."""
        given = {"day": day, "begin": begin, "end": end, "heard": _HEARD, "speaks_for": SPEAKS_FOR}
        wanted = (_SOURCE_DAYS, _POINT_DAYS, _SUMS)
        counts = [self._connection.execute(text(statement), given).rowcount for statement in wanted]
        return Written(*counts)

    def due(self, now: datetime, every: timedelta) -> date | None:
        """Take the turn to settle, if it is time; returns the last day that is settled for good.

        Raises:
            LookupError: it is not time yet, or somebody else is at it.
        """
        first = "INSERT INTO health_round (name, at, day) VALUES ('days', '-infinity', NULL) ON CONFLICT DO NOTHING"
        self._connection.execute(text(first))
        mine = "SELECT day FROM health_round WHERE name = 'days' AND at <= :before FOR UPDATE SKIP LOCKED"
        row = self._connection.execute(text(mine), {"before": now - every}).one_or_none()
        if row is None:
            raise LookupError
        found: date | None = row.day
        return found

    def done(self, now: datetime, settled: date) -> None:
        """Note that days up to this one are settled for good."""
        self._connection.execute(
            text("UPDATE health_round SET at = :now, day = :day WHERE name = 'days'"), {"now": now, "day": settled}
        )
