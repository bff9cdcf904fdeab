"""What requesters have typed and not handed over yet."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from broker.domain.ids import CameraId, RequestId
from broker.domain.requests.sketches import Pick, Sketch
from storage.db.tables import request_sketch


class SketchRepository:
    """Loads and stores sketches; whoever calls holds the request, so nobody writes between."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, key: RequestId) -> Sketch | None:
        """Return the sketch of a request, if anything was typed."""
        row = self._connection.execute(select(request_sketch).where(request_sketch.c.request_id == key)).one_or_none()
        if row is None:
            return None
        picks = (
            Pick(CameraId(UUID(it["camera"])), tuple((begin, end) for begin, end in it["spans"])) for it in row.picks
        )
        return Sketch(row.request_id, row.base, {name: tuple(it) for name, it in row.fields.items()}, tuple(picks))

    def save(self, sketch: Sketch, at: datetime) -> None:
        """Store a sketch in the place of the one before."""
        values = {
            "base": sketch.base,
            "fields": {name: list(values) for name, values in sketch.fields.items()},
            "picks": [{"camera": str(it.camera), "spans": [list(span) for span in it.spans]} for it in sketch.picks],
            "at": at,
        }
        new = insert(request_sketch).values(request_id=sketch.request, **values)
        self._connection.execute(new.on_conflict_do_update(index_elements=["request_id"], set_=values))

    def forget(self, key: RequestId) -> None:
        """Remove the sketch of a request that is not written any more."""
        self._connection.execute(delete(request_sketch).where(request_sketch.c.request_id == key))


def _pick(camera: str, spans: list[list[str]]) -> Pick:
    return Pick(CameraId(UUID(camera)), tuple((begin, end) for begin, end in spans))
