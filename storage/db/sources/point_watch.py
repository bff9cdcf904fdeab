"""Which points are watched, and which are to be looked at now: pages of the catalogue, never all of it in one turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Date, DateTime, SmallInteger, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from broker.domain.ids import CameraId, SourceId
from broker.domain.sources.point_health import PointState

_FIRST = timedelta(minutes=10)
"""Within so much time new points are looked at first, if there is time for all of them."""

_END_OF_PAGE = """
    SELECT id, count(*) OVER () AS points FROM (SELECT id FROM camera WHERE id > :after ORDER BY id LIMIT :limit) page
    ORDER BY id DESC LIMIT 1"""

_LEFT = """
    w.camera_id > :after AND w.camera_id <= :upto AND c.id = w.camera_id
    AND (c.source_id IS DISTINCT FROM w.source_id OR c.lifecycle <> 'in_use')"""

_LEAVE = f"""
    WITH gone AS (
        DELETE FROM point_watch w USING camera c WHERE {_LEFT} RETURNING w.camera_id, w.source_id, w.since
    ), over AS (
        UPDATE point_health t SET until = greatest(:now, t.seen_at)
        FROM gone WHERE t.camera_id = gone.camera_id AND t.until IS NULL
    ), stayed AS (
        INSERT INTO point_stint (camera_id, source_id, since, until)
        SELECT camera_id, source_id, since, :today FROM gone WHERE since < :today ON CONFLICT DO NOTHING
    ) SELECT count(*) FROM gone"""  # noqa: S608  # constants of this module

_COME = """
    INSERT INTO point_watch AS w (camera_id, source_id, owner_id, division, since, next_at)
    SELECT c.id, c.source_id, c.owner_id, left(c.division, 6), :today,
           CAST(:now AS timestamptz) + random() * CAST(:first AS interval)
    FROM camera c LEFT JOIN point_watch k ON k.camera_id = c.id
    WHERE c.id > :after AND c.id <= :upto AND c.source_id IS NOT NULL AND c.lifecycle = 'in_use'
      AND (k.camera_id IS NULL OR k.owner_id <> c.owner_id OR k.division <> left(c.division, 6))
    ON CONFLICT (camera_id) DO UPDATE SET owner_id = excluded.owner_id, division = excluded.division"""

_SOURCES = """
    SELECT s.id, s.sessions, first.next_at FROM source s
    JOIN source_health h ON h.source_id = s.id AND h.until IS NULL AND h.state = 'online'
    CROSS JOIN LATERAL (
        SELECT next_at FROM point_watch w WHERE w.source_id = s.id ORDER BY next_at LIMIT 1
    ) first
    WHERE NOT s.stopped AND first.next_at <= :now ORDER BY first.next_at LIMIT :sources"""

_POINTS = """
    SELECT w.camera_id, w.source_id, w.failures, w.suspected, w.picture_at, w.recorded_to, w.since,
           c.channel, c.record ->> 'record_save_days' AS days,
           c.sensitive OR EXISTS (
               SELECT FROM lock l WHERE l.lifted_at IS NULL
               AND (l.kind = 'camera' AND l.target_id = c.id OR l.kind = 'department' AND d.path ^@ l.path)) AS shut
    FROM point_watch w JOIN camera c ON c.id = w.camera_id JOIN department d ON d.id = c.owner_id
    WHERE c.source_id = w.source_id AND c.lifecycle = 'in_use' AND w.next_at <= :now AND w.camera_id IN (
        SELECT camera_id FROM unnest(CAST(:keys AS uuid[])) AS s (key) CROSS JOIN LATERAL (
            (SELECT camera_id FROM point_watch WHERE source_id = s.key AND next_at <= :now AND failures > 0
             ORDER BY next_at LIMIT :half)
            UNION ALL
            (SELECT camera_id FROM point_watch WHERE source_id = s.key AND next_at <= :now AND failures = 0
             ORDER BY next_at LIMIT :each)
            LIMIT :each
        ) due)
    ORDER BY w.camera_id FOR UPDATE OF w SKIP LOCKED"""

_LOOKED = text("""
    UPDATE point_watch w SET next_at = told.next_at, failures = told.failures, suspected = told.suspected,
        looked_at = coalesce(told.looked_at, w.looked_at), picture_at = coalesce(told.picture_at, w.picture_at),
        recorded_to = greatest(told.recorded_to, w.recorded_to)
    FROM unnest(:keys, :next_at, :failures, :suspected, :looked_at, :picture_at, :recorded_to)
        AS told (key, next_at, failures, suspected, looked_at, picture_at, recorded_to)
    WHERE w.camera_id = told.key""").bindparams(
    bindparam("keys", type_=ARRAY(Uuid)),
    bindparam("next_at", type_=ARRAY(DateTime(timezone=True))),
    bindparam("failures", type_=ARRAY(SmallInteger)),
    bindparam("suspected", type_=ARRAY(Text)),
    bindparam("looked_at", type_=ARRAY(DateTime(timezone=True))),
    bindparam("picture_at", type_=ARRAY(DateTime(timezone=True))),
    bindparam("recorded_to", type_=ARRAY(Date)),
)


class DuePoint(NamedTuple):
    """A point that is to be looked at, with what earlier looks left behind.

    `recorded_to`: the last day for which it was asked what is recorded; `days`: how many its record says are kept.
    `shut`: it is sensitive or locked, and nobody looks at its pictures.
    """

    camera_id: CameraId
    source_id: SourceId
    channel: str
    failures: int
    suspected: PointState | None
    picture_at: datetime | None
    recorded_to: date | None
    since: date
    shut: bool
    days: str | None


@dataclass(frozen=True)
class Watched:
    """What is to be remembered of a point after a look; None keeps what was there."""

    camera_id: CameraId
    next_at: datetime
    failures: int
    suspected: PointState | None = None
    looked_at: datetime | None = None
    picture_at: datetime | None = None
    recorded_to: date | None = None


class PointWatch:
    """The watch over one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def follow_page(self, now: datetime, today: date, limit: int) -> bool:
        """Bring a page of points to what the catalogue says of them, the next page each time it is called.

        Points that were bound are watched from then on, others no more. Somebody else who is at it is not waited for.

        Returns:
            Whether it was the last page.
        """
        self._connection.execute(
            text("INSERT INTO health_round (name, at) VALUES ('catalogue', :now) ON CONFLICT DO NOTHING"), {"now": now}
        )
        mine = text("SELECT camera_id FROM health_round WHERE name = 'catalogue' FOR UPDATE SKIP LOCKED")
        row = self._connection.execute(mine).one_or_none()
        if row is None:
            return True
        page = {"after": row.camera_id or UUID(int=0), "limit": limit}
        last = self._connection.execute(text(_END_OF_PAGE), page).one_or_none()
        if last is not None:
            given = {"after": page["after"], "upto": last.id, "now": now, "today": today, "first": _FIRST}
            self._connection.execute(text(_LEAVE), given)
            self._connection.execute(text(_COME), given)
        upto = None if last is None or last.points < limit else last.id
        self._connection.execute(
            text("UPDATE health_round SET at = :now, camera_id = :upto WHERE name = 'catalogue'"),
            {"now": now, "upto": upto},
        )
        return upto is None

    def due(self, now: datetime, *, sources: int, each: int) -> dict[SourceId, list[DuePoint]]:
        """Return points that are to be looked at, by source: of sources that answer, those that wait longest first.

        Up to half of those of a source are troubled ones, as far as any are due. They are held until commit.
        """
        found = self._connection.execute(text(_SOURCES), {"now": now, "sources": sources}).all()
        if not found:
            return {}
        asked = {"keys": [row.id for row in found], "now": now, "half": each // 2, "each": each}
        due: dict[SourceId, list[DuePoint]] = {}
        for row in self._connection.execute(text(_POINTS), asked):
            suspected = PointState(row.suspected) if row.suspected else None
            point = DuePoint(
                row.camera_id, row.source_id, row.channel, row.failures, suspected, row.picture_at, row.recorded_to,
                row.since, row.shut, row.days,
            )  # fmt: skip
            due.setdefault(row.source_id, []).append(point)
        return due

    def of(self, key: CameraId) -> tuple[datetime | None, datetime | None, date | None] | None:
        """Return when a point was looked at last, its newest picture, and up to which day its recordings are known."""
        seen = text("SELECT looked_at, picture_at, recorded_to FROM point_watch WHERE camera_id = :key")
        row = self._connection.execute(seen, {"key": key}).one_or_none()
        return None if row is None else (row.looked_at, row.picture_at, row.recorded_to)

    def put_off(self, points: Sequence[DuePoint], until: datetime) -> None:
        """Let nobody look at these before an instant; what is remembered of them stays."""
        keys = [point.camera_id for point in points]
        later = text("UPDATE point_watch SET next_at = :until WHERE camera_id = ANY (CAST(:keys AS uuid[]))")
        self._connection.execute(later, {"until": until, "keys": keys})

    def looked(self, watched: Sequence[Watched]) -> None:
        """Remember looks."""
        if not watched:
            return
        columns: Mapping[str, list[object]] = {
            "keys": [it.camera_id for it in watched], "next_at": [it.next_at for it in watched],
            "failures": [it.failures for it in watched],
            "suspected": [it.suspected and it.suspected.value for it in watched],
            "looked_at": [it.looked_at for it in watched], "picture_at": [it.picture_at for it in watched],
            "recorded_to": [it.recorded_to for it in watched],
        }  # fmt: skip
        self._connection.execute(_LOOKED, columns)
