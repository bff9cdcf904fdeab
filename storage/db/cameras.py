"""The catalogue of points; an import is merged in sets, never row by row (`camera_merge`)."""

from collections.abc import Collection, Iterable, Sequence

from pydantic import TypeAdapter
from sqlalchemy import ARRAY, ColumnElement, Connection, Uuid, any_, false, func, literal, or_, select, update

from broker.domain.catalog import Camera, Direction, Merged, PointDraft, division_prefix
from broker.domain.errors import Unknown
from broker.domain.ids import CameraId, DepartmentId, SourceId
from broker.domain.media import Mask
from storage.db.camera_merge import merge_drafts
from storage.db.request_rows import AnyRow
from storage.db.tables import camera, department

_MASKS = TypeAdapter(tuple[Mask, ...])


class CameraRepository:
    """Cameras over one open transaction; who may see or change them is decided by the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: CameraId, *, lock: bool = False) -> Camera:
        """Raises Unknown (`unknown-camera` with `camera`) when there is no such camera."""
        wanted = select(camera).where(camera.c.id == key)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-camera", camera=key)
        return _camera(row)

    def by_gb_code(self, code: str) -> Camera:
        """Raises Unknown (`unknown-camera` with `camera`) when no camera has this code."""
        row = self._connection.execute(select(camera).where(camera.c.gb_code == code)).one_or_none()
        if row is None:
            raise Unknown("unknown-camera", camera=code)
        return _camera(row)

    def load_many(self, keys: Collection[CameraId]) -> dict[CameraId, Camera]:
        """Return the cameras that there are, by id; a key without a camera is absent."""
        wanted = literal(list(keys), ARRAY(Uuid))  # one parameter however many keys: a statement takes 65,535 of them
        rows = self._connection.execute(select(camera).where(camera.c.id == any_(wanted)))
        return {found.id: found for found in map(_camera, rows)}

    def hold(self, keys: Collection[CameraId]) -> None:
        """Let no camera change its owner until the transaction ends."""
        wanted = literal(list(keys), ARRAY(Uuid))
        rows = select(camera.c.id).where(camera.c.id == any_(wanted)).order_by(camera.c.id)
        self._connection.execute(rows.with_for_update(read=True))

    def page(
        self,
        *,
        scope: Sequence[str] | None,
        owner: DepartmentId | None = None,
        text: str | None = None,
        division: str | None = None,
        bound: bool | None = None,
        after: CameraId | None = None,
        limit: int = 100,
    ) -> list[Camera]:
        """Return at most `limit` cameras by id, beginning behind `after`.

        Args:
            scope: paths of the subtrees of departments whose cameras the caller may see; None for all, () for none.
            owner: only cameras of this department.
            text: only cameras whose name, address or code holds this text, whatever its case.
            division: only cameras inside this GB/T 2260 code (330100 holds 330102).
            bound: only cameras that have a source, or only those that have none.
            after: the last id of the page before.
            limit: rows of a page.
        """
        wanted = select(camera).order_by(camera.c.id).limit(limit)
        if scope is not None:
            seen = or_(*(department.c.path.startswith(path, autoescape=True) for path in scope), false())
            wanted = wanted.join(department, department.c.id == camera.c.owner_id).where(seen)
        if owner is not None:
            wanted = wanted.where(camera.c.owner_id == owner)
        if text:
            wanted = wanted.where(_holds(text))
        if division:
            wanted = wanted.where(camera.c.division.startswith(division_prefix(division), autoescape=True))
        if bound is not None:
            wanted = wanted.where(camera.c.source_id.is_not(None) if bound else camera.c.source_id.is_(None))
        if after is not None:
            wanted = wanted.where(camera.c.id > after)
        return [_camera(row) for row in self._connection.execute(wanted)]

    def merge(
        self, owner_id: DepartmentId, drafts: Iterable[PointDraft], stream: str, version: int, *, dry_run: bool = False
    ) -> Merged:
        """Bring the drafts of one list into the catalogue of one owner; see `camera_merge.merge_drafts`."""
        return merge_drafts(self._connection, owner_id, drafts, stream, version, dry_run=dry_run)

    def bind(self, key: CameraId, source_id: SourceId, channel: str, stream: str, version: int) -> None:
        """Say where the footage of a camera lies; (stream, version) is the event that says so.

        Raises:
            Unknown: `unknown-camera` when there is no such camera.
        """
        changed = self._connection.execute(
            update(camera)
            .where(camera.c.id == key)
            .values(source_id=source_id, channel=channel, stream=stream, version=version)
        )
        if changed.rowcount == 0:
            raise Unknown("unknown-camera", camera=key)

    def transfer(self, key: CameraId, owner_id: DepartmentId, stream: str, version: int) -> None:
        """Give a camera to another department; (stream, version) is the event that says so.

        Raises:
            Unknown: `unknown-camera` when there is no such camera.
        """
        changed = self._connection.execute(
            update(camera).where(camera.c.id == key).values(owner_id=owner_id, stream=stream, version=version)
        )
        if changed.rowcount == 0:
            raise Unknown("unknown-camera", camera=key)

    def mark(self, key: CameraId, stream: str, version: int, *, sensitive: bool) -> None:
        """Say whether a camera is sensitive; (stream, version) is the event that says so.

        Raises:
            Unknown: `unknown-camera` when there is no such camera.
        """
        changed = self._connection.execute(
            update(camera).where(camera.c.id == key).values(sensitive=sensitive, stream=stream, version=version)
        )
        if changed.rowcount == 0:
            raise Unknown("unknown-camera", camera=key)

    def cover(self, key: CameraId, masks: tuple[Mask, ...], stream: str, version: int) -> None:
        """Say which parts of a camera's pictures nobody may see; (stream, version) is the event that says so.

        Raises:
            Unknown: `unknown-camera` when there is no such camera.
        """
        changed = self._connection.execute(
            update(camera)
            .where(camera.c.id == key)
            .values(masks=_MASKS.dump_python(masks, mode="json"), stream=stream, version=version)
        )
        if changed.rowcount == 0:
            raise Unknown("unknown-camera", camera=key)


def _holds(text: str) -> ColumnElement[bool]:
    lowered = text.lower()
    columns = (camera.c.name, camera.c.address, func.coalesce(camera.c.gb_code, ""))
    return or_(*(func.strpos(func.lower(column), lowered) > 0 for column in columns))


def _camera(row: AnyRow) -> Camera:
    return Camera(
        id=row.id, owner_id=row.owner_id, name=row.name, latitude=row.latitude, longitude=row.longitude,
        gb_code=row.gb_code, external_key=row.external_key, division=row.division, address=row.address,
        direction=None if row.direction is None else Direction(row.direction), point_class=row.point_class,
        sensitive=row.sensitive, synthetic=row.synthetic, source_id=row.source_id, channel=row.channel, extra=row.extra,
        masks=_MASKS.validate_python(row.masks) if row.masks else (),
        stream=row.stream, version=row.version,
    )  # fmt: skip
