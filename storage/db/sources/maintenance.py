"""Windows of planned maintenance."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Connection, Text, any_, insert, literal, or_, select, update

from broker.domain.errors import Conflict, Unknown
from broker.domain.sources.maintenance import Maintenance
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import camera, department, maintenance, source


class MaintenanceRepository:
    """Windows over one open transaction; who may declare them is decided by the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Maintenance) -> None:
        values = {
            "id": new.id, "source_id": new.source_id, "department_id": new.department_id, "camera_id": new.camera_id,
            "begins": new.begins, "ends": new.ends, "reason": new.reason, "declared_by": new.declared_by,
            "declared_at": new.declared_at, "stream": new.stream, "version": new.version,
        }  # fmt: skip
        self._connection.execute(insert(maintenance).values(values))

    def load(self, key: UUID, paths: Sequence[str]) -> Maintenance:
        """Return a window of something whose department lies in one of these subtrees, held until commit.

        Raises:
            Unknown: there is none.
        """
        rows = _of(paths).where(maintenance.c.id == key).with_for_update(of=maintenance)
        row = self._connection.execute(rows).one_or_none()
        if row is None:
            raise Unknown("unknown-maintenance", maintenance=key)
        return _window(row)

    def end(self, window: Maintenance) -> None:
        """Store that a window ends earlier.

        Raises:
            Conflict: somebody else changed it meanwhile.
        """
        this = update(maintenance).where(maintenance.c.id == window.id, maintenance.c.version == window.version - 1)
        if self._connection.execute(this.values(ends=window.ends, version=window.version)).rowcount != 1:
            raise Conflict("changed-meanwhile", subject="maintenance")

    def page(
        self, paths: Sequence[str], *, ending_after: datetime | None, after: UUID | None, limit: int
    ) -> list[Maintenance]:
        """Return windows by id, the oldest declaration first; with `ending_after` only those that are not over then."""
        rows = _of(paths)
        if ending_after is not None:
            rows = rows.where(maintenance.c.ends > ending_after)
        if after is not None:
            rows = rows.where(maintenance.c.id > after)
        return [_window(row) for row in self._connection.execute(rows.order_by(maintenance.c.id).limit(limit))]


def _of(paths: Sequence[str]):  # type: ignore[no-untyped-def]  # noqa: ANN202  # a select of all columns has no name
    reach = select(department.c.id).where(department.c.path.op("^@")(any_(literal(list(paths), ARRAY(Text)))))
    return select(maintenance).where(
        or_(
            maintenance.c.department_id.in_(reach),
            maintenance.c.source_id.in_(select(source.c.id).where(source.c.department_id.in_(reach))),
            maintenance.c.camera_id.in_(select(camera.c.id).where(camera.c.owner_id.in_(reach))),
        )
    )


def _window(row: AnyRow) -> Maintenance:
    return Maintenance(
        id=row.id, begins=row.begins, ends=row.ends, reason=row.reason, declared_by=row.declared_by,
        declared_at=row.declared_at, source_id=row.source_id, department_id=row.department_id,
        camera_id=row.camera_id, version=row.version,
    )  # fmt: skip
