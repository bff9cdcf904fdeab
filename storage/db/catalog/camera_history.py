"""The history of points: for each event what stood there before and after; the table refuses every change.

An import writes its lines in sets (INSERT .. SELECT), for the points that it changed. It notes more than a history
shows, the columns that no field took: they are needed to take an import back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Connection, Text, insert, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from broker.domain.catalog.camera_edits import DERIVED, difference
from broker.domain.catalog.catalog import Camera
from broker.domain.ids import CameraId
from storage.db.tables import camera_history

_UNFOLLOWED = literal(sorted(DERIVED), ARRAY(Text))
_NOTHING = literal({}, JSONB)


@dataclass(frozen=True)
class HistoryLine:
    """One change of one point: by which event, when, by whom, and what of it changed."""

    id: int
    camera_id: CameraId
    stream: str
    seq: int
    at: datetime
    actor: str
    before: dict[str, Any]
    after: dict[str, Any]


class CameraHistoryRepository:
    """Adds to and reads the histories of points."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def note(self, actor: str, before: Camera, after: Camera) -> None:
        """Add what changed of a point; the event is the one that `after` carries."""
        self.note_many(actor, ((before, after),))

    def note_many(self, actor: str, pairs: Iterable[tuple[Camera, Camera]]) -> None:
        """Add what changed of each of many points, as it was and as it is."""
        lines = [
            {
                "camera_id": after.id, "stream": after.stream, "seq": after.version, "at": self._now, "actor": actor,
                "before": old, "after": new,
            }
            for before, after in pairs
            for old, new in [difference(before, after)]
            if old or new
        ]  # fmt: skip
        if lines:
            self._connection.execute(insert(camera_history), lines)

    def page(self, key: CameraId, *, before: int | None, limit: int) -> Sequence[HistoryLine]:
        """Return the changes of a point, the newest first, beginning behind the line numbered `before`."""
        was, now = (camera_history.c[name].op("-")(_UNFOLLOWED) for name in ("before", "after"))
        kept = [column for column in camera_history.c if column.name not in {"before", "after"}]
        rows = select(*kept, was.label("before"), now.label("after")).where(camera_history.c.camera_id == key)
        rows = rows.where(or_(was != _NOTHING, now != _NOTHING))
        if before is not None:
            rows = rows.where(camera_history.c.id < before)
        found = self._connection.execute(rows.order_by(camera_history.c.id.desc()).limit(limit))
        return [HistoryLine(**row._mapping) for row in found]  # noqa: SLF001 - how a row is read by name
