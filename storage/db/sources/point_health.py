"""The troubles of points, and the status that the catalogue shows of them; written in sets, and only what changed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ARRAY, BigInteger, Connection, Text, Uuid, any_, bindparam, insert, literal, select, text
from sqlalchemy.types import DateTime

from broker.domain.ids import CameraId, DepartmentId, SourceId
from broker.domain.sources.point_health import PointState, Trouble
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import camera, department, point_health

NOT_LISTED = "channel-not-listed"
"""What is said of a point that its source does not list."""

_INSTANTS = ARRAY(DateTime(timezone=True))

_CHANGED = text("""
    UPDATE point_health t SET seen_at = told.seen_at, until = told.until, detail = told.detail
    FROM unnest(:numbers, :seen_at, :until, :detail) AS told (number, seen_at, until, detail)
    WHERE t.id = told.number""").bindparams(
    bindparam("numbers", type_=ARRAY(BigInteger)),
    bindparam("seen_at", type_=_INSTANTS),
    bindparam("until", type_=_INSTANTS),
    bindparam("detail", type_=ARRAY(Text)),
)

_STATUS = text("""
    UPDATE camera c SET status = told.status FROM unnest(:keys, :status) AS told (key, status)
    WHERE c.id = told.key AND c.status <> told.status""").bindparams(
    bindparam("keys", type_=ARRAY(Uuid)), bindparam("status", type_=ARRAY(Text))
)

_UNLISTED = """
    SELECT w.camera_id FROM point_watch w JOIN camera c ON c.id = w.camera_id
    WHERE w.source_id = :source AND c.source_id = :source AND c.channel <> ALL (CAST(:channels AS text[]))"""

_STILL_UNLISTED = f"""
    UPDATE point_health t SET seen_at = :now, detail = '{NOT_LISTED}'
    WHERE t.until IS NULL AND t.state = 'offline' AND t.seen_at < :now AND t.camera_id IN ({_UNLISTED})"""  # noqa: S608

_NEWLY_UNLISTED = f"""
    INSERT INTO point_health (camera_id, state, since, seen_at, detail)
    SELECT camera_id, 'offline', :now, :now, '{NOT_LISTED}' FROM ({_UNLISTED}) gone
    ON CONFLICT (camera_id) WHERE until IS NULL DO NOTHING RETURNING camera_id"""  # noqa: S608  # constants

_LISTED_AGAIN = f"""
    UPDATE point_health t SET until = :now FROM point_watch w JOIN camera c ON c.id = w.camera_id
    WHERE t.camera_id = w.camera_id AND t.until IS NULL AND t.detail = '{NOT_LISTED}' AND t.seen_at <= :now
      AND w.source_id = :source AND c.source_id = :source AND c.channel = ANY (CAST(:channels AS text[]))
    RETURNING t.camera_id"""  # noqa: S608  # constants

# Which sources have changed their state, for good: both looks at them said so.
_MOVED = """
    SELECT h.source_id, h.id AS spell, h.state FROM source_health h
    LEFT JOIN source_round r ON r.source_id = h.source_id
    WHERE h.until IS NULL AND h.seen_at > h.since AND r.followed IS DISTINCT FROM h.id"""

_FOLLOW = f"""
    WITH moved AS ({_MOVED}), late AS (
        SELECT c.id, CASE m.state WHEN 'online' THEN 'on' ELSE 'off' END AS status
        FROM moved m JOIN point_watch w ON w.source_id = m.source_id
        JOIN camera c ON c.id = w.camera_id AND c.source_id = w.source_id
        WHERE CASE WHEN m.state <> 'online' THEN c.status <> 'off' ELSE c.status <> 'on' AND w.looked_at IS NOT NULL
              AND NOT EXISTS (SELECT FROM point_health t WHERE t.camera_id = c.id AND t.until IS NULL
                              AND t.state IN ('offline', 'silent')) END
        LIMIT :limit FOR UPDATE OF c SKIP LOCKED
    ) UPDATE camera c SET status = late.status FROM late WHERE c.id = late.id"""  # noqa: S608  # constants

_FOLLOWED = f"""
    INSERT INTO source_round (source_id, next_list_at, followed) SELECT source_id, :now, spell FROM ({_MOVED}) moved
    ON CONFLICT (source_id) DO UPDATE SET followed = excluded.followed"""  # noqa: S608  # constants


class OpenTrouble(NamedTuple):
    """A trouble that lasts, with the name of its point and whose it is."""

    trouble: Trouble
    name: str
    gb_code: str | None
    owner_id: DepartmentId


class PointHealthRepository:
    """What was wrong with points; a trouble that has ended is never changed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def current(self, keys: Collection[CameraId]) -> dict[CameraId, Trouble]:
        """Return the troubles that last, by point, held until commit."""
        these = literal(list(keys), ARRAY(Uuid))
        rows = select(point_health).where(point_health.c.camera_id == any_(these), point_health.c.until.is_(None))
        return {row.camera_id: _trouble(row) for row in self._connection.execute(rows.with_for_update())}

    def save(self, changed: Sequence[Trouble], begun: Sequence[Trouble]) -> None:
        """Store what became of troubles, and those that begin."""
        if changed:
            given = {
                "numbers": [it.number for it in changed], "seen_at": [it.seen_at for it in changed],
                "until": [it.until for it in changed], "detail": [it.detail for it in changed],
            }  # fmt: skip
            self._connection.execute(_CHANGED, given)
        if begun:
            rows = [
                {"camera_id": it.camera_id, "state": it.state, "since": it.since, "seen_at": it.seen_at,
                 "detail": it.detail}
                for it in begun
            ]  # fmt: skip
            self._connection.execute(insert(point_health), rows)

    def show(self, statuses: Sequence[tuple[CameraId, str]]) -> None:
        """Let the catalogue say how points are, where it said otherwise."""
        if statuses:
            given = {"keys": [key for key, _ in statuses], "status": [status for _, status in statuses]}
            self._connection.execute(_STATUS, given)

    def listed(self, key: SourceId, channels: Sequence[str], now: datetime) -> tuple[int, int]:
        """Note which channels a source lists: points on others are not there.

        Returns:
            How many troubles began, and how many ended.
        """
        given = {"source": key, "channels": list(channels), "now": now}
        self._connection.execute(text(_STILL_UNLISTED), given)
        gone = self._connection.execute(text(_NEWLY_UNLISTED), given).scalars().all()
        back = self._connection.execute(text(_LISTED_AGAIN), given).scalars().all()
        self.show([(CameraId(camera_id), "off") for camera_id in gone])
        return len(gone), len(back)

    def to_list(self, now: datetime, again: datetime, limit: int) -> list[SourceId]:
        """Return sources that are to be asked which channels they have, and let nobody else ask before `again`."""
        fresh = text(
            "INSERT INTO source_round (source_id, next_list_at) SELECT DISTINCT h.source_id, CAST(:now AS timestamptz)"
            " FROM source_health h WHERE h.until IS NULL AND h.state = 'online' ON CONFLICT DO NOTHING"
        )
        self._connection.execute(fresh, {"now": now})
        taken = text(
            "UPDATE source_round SET next_list_at = :again WHERE source_id IN ("
            " SELECT r.source_id FROM source_round r JOIN source s ON s.id = r.source_id AND NOT s.stopped"
            " JOIN source_health h ON h.source_id = s.id AND h.until IS NULL AND h.state = 'online'"
            " WHERE r.next_list_at <= :now ORDER BY r.next_list_at LIMIT :limit FOR UPDATE OF r SKIP LOCKED)"
            " RETURNING source_id"
        )
        return list(self._connection.execute(taken, {"now": now, "again": again, "limit": limit}).scalars())

    def follow_sources(self, now: datetime, limit: int) -> int:
        """Let the catalogue show what became of sources, for at most so many of their points; returns for how many."""
        done = self._connection.execute(text(_FOLLOW), {"limit": limit}).rowcount
        if done < limit:
            self._connection.execute(text(_FOLLOWED), {"now": now})
        return done

    def page(self, key: CameraId, *, before: int | None, limit: int) -> list[Trouble]:
        """Return the troubles of a point, newest first, beginning behind the number `before`."""
        rows = select(point_health).where(point_health.c.camera_id == key)
        if before is not None:
            rows = rows.where(point_health.c.id < before)
        return [_trouble(row) for row in self._connection.execute(rows.order_by(point_health.c.id.desc()).limit(limit))]

    def lasting(
        self, paths: Sequence[str], *, state: PointState | None, before: int | None, limit: int
    ) -> list[OpenTrouble]:
        """Return the troubles that last, of points whose owner lies in one of these subtrees, the newest first."""
        reach = select(department.c.id).where(department.c.path.op("^@")(any_(literal(list(paths), ARRAY(Text)))))
        rows = (
            select(point_health, camera.c.name, camera.c.gb_code, camera.c.owner_id)
            .join(camera, camera.c.id == point_health.c.camera_id)
            .where(point_health.c.until.is_(None), camera.c.owner_id.in_(reach))
        )
        if state is not None:
            rows = rows.where(point_health.c.state == state)
        if before is not None:
            rows = rows.where(point_health.c.id < before)
        found = self._connection.execute(rows.order_by(point_health.c.id.desc()).limit(limit))
        return [OpenTrouble(_trouble(row), row.name, row.gb_code, row.owner_id) for row in found]


def _trouble(row: AnyRow) -> Trouble:
    return Trouble(
        camera_id=row.camera_id, state=PointState(row.state), since=row.since, seen_at=row.seen_at, until=row.until,
        detail=row.detail, number=row.id,
    )  # fmt: skip
