"""An import is taken back: what it brought goes, what it changed is put back, in three statements."""

from sqlalchemy import Connection, or_, select, text

from broker.domain.catalog.imports import CatalogImport
from broker.domain.ids import CameraId
from storage.db.catalog.sought import sought
from storage.db.tables import camera


class ImportUndoing:
    """Looks what an import wrote, and takes it back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def changed_since(self, found: CatalogImport, limit: int) -> tuple[int, list[CameraId]]:
        """Return how many of the cameras that an import wrote were changed since, and the first of them."""
        row = self._connection.execute(_WRITTEN, _written(found)).one()
        changed = found.balance.inserted + found.balance.updated - row.untouched
        if not changed:
            return 0, []
        stream, seq = found.written or ("", 0)
        later = select(camera.c.id).where(
            camera.c.import_id == found.id, or_(camera.c.stream != stream, camera.c.version != seq)
        )
        first = self._connection.execute(later.order_by(camera.c.id).limit(limit)).scalars()
        return changed, [CameraId(key) for key in first]

    def take_back(self, found: CatalogImport, stream: str, version: int, actor: str) -> None:
        """Delete the cameras that an import brought and put back what it changed; its row must say UNDONE already.

        Raises:
            sqlalchemy.exc.IntegrityError: something refers to a camera that would go.
        """
        told = _written(found) | {"new_stream": stream, "new_seq": version, "actor": actor}
        self._connection.execute(text("SET LOCAL statement_timeout = '10min'"))
        for statement in _TAKE_BACK:
            self._connection.execute(statement, told)
        rows = self._connection.execute(_RESTORED, told).all()
        if rows:
            looked_for = {"ids": [row[0] for row in rows], "texts": [sought(*row[1:]) for row in rows]}
            self._connection.execute(_LOOK_FOR, looked_for)


def _written(found: CatalogImport) -> dict[str, object]:
    stream, seq = found.written or ("", 0)
    return {"import_id": found.id, "stream": stream, "seq": seq}


_WRITTEN = text("""
    SELECT count(*) AS untouched FROM camera WHERE import_id = :import_id AND stream = :stream AND version = :seq
""")

_CHANGED_COLUMNS = (
    *("name", "latitude", "longitude", "gb_code", "external_key", "division", "address", "direction", "point_class"),
    *("sensitive", "synthetic", "edition", "lifecycle", "tags", "extra"),
)

_TAKE_BACK = (
    text("""
        CREATE TEMPORARY TABLE camera_undone (camera_id uuid PRIMARY KEY, before jsonb, after jsonb) ON COMMIT DROP
    """),
    text("""
        INSERT INTO camera_undone
        SELECT h.camera_id, h.before, h.after FROM camera_history h
        JOIN camera c ON c.id = h.camera_id AND c.import_id = :import_id
        WHERE h.stream = :stream AND h.seq = :seq
    """),
    text("ANALYZE camera_undone"),
    text("""
        DELETE FROM camera c WHERE c.import_id = :import_id AND c.stream = :stream AND c.version = :seq
          AND NOT EXISTS (SELECT FROM camera_undone u WHERE u.camera_id = c.id)
    """),
    text("""
        INSERT INTO camera_history (camera_id, stream, seq, at, actor, before, after)
        SELECT camera_id, :new_stream, :new_seq, now(), :actor, after, before FROM camera_undone
    """),
    text(f"""
        UPDATE camera c SET
            ({", ".join(_CHANGED_COLUMNS)}) = (
                SELECT {", ".join(f"was.{name}" for name in _CHANGED_COLUMNS)}
                FROM jsonb_populate_record(c, u.before - 'record' - 'custom') AS was
            ),
            record = jsonb_strip_nulls(c.record || coalesce(u.before -> 'record', '{{}}'::jsonb)),
            custom = jsonb_strip_nulls(c.custom || coalesce(u.before -> 'custom', '{{}}'::jsonb)),
            stream = :new_stream, version = :new_seq, import_id = NULL
        FROM camera_undone u WHERE u.camera_id = c.id
    """),  # noqa: S608  # the names of columns are constants
)

_RESTORED = text("""
    SELECT c.id, c.name, c.address, c.gb_code, c.record ->> 'common_name'
    FROM camera c JOIN camera_undone u ON u.camera_id = c.id
""")

_LOOK_FOR = text("""
    UPDATE camera SET sought = told.sought
    FROM unnest(CAST(:ids AS uuid[]), CAST(:texts AS text[])) AS told (id, sought) WHERE camera.id = told.id
""")
