"""How much of each day is recorded, by point: a month in a row of 31 numbers, and the sums that change with them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert as upsert

from broker.domain.ids import CameraId
from storage.db.tables import health_day, point_recorded

_DAYS = 31

_LOCKED = text(
    "SELECT camera_id, month, seconds FROM point_recorded WHERE (camera_id, month) IN"
    " (SELECT * FROM unnest(CAST(:keys AS uuid[]), CAST(:months AS date[]))) ORDER BY camera_id, month FOR UPDATE"
)

_PLACES = text("SELECT camera_id, owner_id, division FROM point_watch WHERE camera_id = ANY (CAST(:keys AS uuid[]))")


class PointRecordings:
    """What sources said is recorded, day by day, over one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, told: Mapping[CameraId, Mapping[date, int]], length: Mapping[date, int]) -> None:
        """Keep how many seconds of each day are recorded; a day that is told again counts once, as told last.

        Args:
            told: by point and day. Points that nobody watches any more are left out.
            length: of each of these days, in seconds.
        """
        places = {
            row.camera_id: (row.owner_id, row.division)
            for row in self._connection.execute(_PLACES, {"keys": list(told)})
        }
        wanted = sorted({(key, day.replace(day=1)) for key in places for day in told[key]})
        if not wanted:
            return
        months = self._months(wanted)
        sums: dict[tuple[date, object, str], Counter[str]] = {}
        for key, place in places.items():
            for day, seconds in told[key].items():
                month, at = months[key, day.replace(day=1)], day.day - 1
                told_now, before = min(seconds, length[day]), month[at]
                month[at] = told_now
                change = sums.setdefault((day, *place), Counter())
                change["asked"] += 0 if before is not None else length[day]
                change["recorded"] += told_now - (before or 0)
        self._store(wanted, months)
        self._add(sums)

    def _months(self, wanted: Sequence[tuple[CameraId, date]]) -> dict[tuple[CameraId, date], list[int | None]]:
        fresh = [{"camera_id": key, "month": month, "seconds": [None] * _DAYS} for key, month in wanted]
        self._connection.execute(upsert(point_recorded).on_conflict_do_nothing(), fresh)
        given = {"keys": [key for key, _ in wanted], "months": [month for _, month in wanted]}
        return {(row.camera_id, row.month): list(row.seconds) for row in self._connection.execute(_LOCKED, given)}

    def _store(
        self, wanted: Sequence[tuple[CameraId, date]], months: Mapping[tuple[CameraId, date], list[int | None]]
    ) -> None:
        rows = [{"camera_id": key, "month": month, "seconds": months[key, month]} for key, month in wanted]
        new = upsert(point_recorded)
        again = new.on_conflict_do_update(index_elements=["camera_id", "month"], set_={"seconds": new.excluded.seconds})
        self._connection.execute(again, rows)

    def _add(self, sums: Mapping[tuple[date, object, str], Counter[str]]) -> None:
        rows = [
            {"day": day, "owner_id": owner, "division": division, "asked": 0, "recorded": 0, **change}
            for (day, owner, division), change in sorted(sums.items(), key=lambda it: tuple(map(str, it[0])))
            if any(change.values())
        ]
        if not rows:
            return
        # Not one upsert: a sum that goes down is no row that could be inserted.
        places = [{name: row[name] for name in ("day", "owner_id", "division")} for row in rows]
        self._connection.execute(upsert(health_day).on_conflict_do_nothing(), places)
        given = {name: [row[name] for row in rows] for name in rows[0]}
        self._connection.execute(
            text(
                "UPDATE health_day h SET asked = h.asked + told.asked, recorded = h.recorded + told.recorded"
                " FROM unnest(CAST(:day AS date[]), CAST(:owner_id AS uuid[]), CAST(:division AS text[]),"
                " CAST(:asked AS bigint[]), CAST(:recorded AS bigint[]))"
                " AS told (day, owner_id, division, asked, recorded)"
                " WHERE h.day = told.day AND h.owner_id = told.owner_id AND h.division = told.division"
            ),
            given,
        )
