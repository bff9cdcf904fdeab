"""The catalogue of points; an import is merged in sets, never row by row (`camera_merge`)."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from broker.domain.catalog import Camera, Merged, PointDraft, division_prefix
from broker.domain.errors import Conflict, Unknown
from broker.domain.gb_code import LARGEST_SERIAL
from broker.domain.ids import CameraId, DepartmentId, SourceId
from broker.domain.visibility import EVERYBODY, Viewer
from storage.db.camera_merge import Conflicts, Writing, merge_drafts
from storage.db.camera_rows import camera_of, row_of
from storage.db.seen import seen_by
from storage.db.tables import camera, department

_COLUMNS = tuple(column for column in camera.c if column.name not in {"sought", "changed", "import_id"})


class CameraRepository:
    """Cameras over one open transaction; who may see or change them is decided by the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: CameraId, viewer: Viewer = EVERYBODY, *, lock: bool = False) -> Camera:
        """Raises Unknown (`unknown-camera` with `camera`) when there is no such camera that the viewer sees."""
        wanted = select(*_COLUMNS).where(camera.c.id == key, seen_by(viewer))
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-camera", camera=key)
        return camera_of(row)

    def by_gb_code(self, code: str, viewer: Viewer = EVERYBODY) -> Camera:
        """Raises Unknown (`unknown-camera` with `camera`) when no camera that the viewer sees has this code."""
        wanted = select(*_COLUMNS).where(camera.c.gb_code == code, seen_by(viewer))
        row = self._connection.execute(wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-camera", camera=code)
        return camera_of(row)

    def by_external_key(self, owner_id: DepartmentId, key: str, viewer: Viewer = EVERYBODY) -> Camera:
        """Raises Unknown (`unknown-camera` with `camera`) when no camera of this owner that is seen has this key."""
        own = and_(camera.c.owner_id == owner_id, camera.c.external_key == key)
        row = self._connection.execute(select(*_COLUMNS).where(own, seen_by(viewer))).one_or_none()
        if row is None:
            raise Unknown("unknown-camera", camera=key)
        return camera_of(row)

    def load_many(self, keys: Collection[CameraId], viewer: Viewer = EVERYBODY) -> dict[CameraId, Camera]:
        """Return the cameras that there are, by id; a key without a camera that the viewer sees is absent."""
        wanted = literal(list(keys), ARRAY(Uuid))  # one parameter however many keys: a statement takes 65,535 of them
        rows = self._connection.execute(select(*_COLUMNS).where(camera.c.id == any_(wanted), seen_by(viewer)))
        return {found.id: found for found in map(camera_of, rows)}

    def by_gb_codes(self, codes: Collection[str], viewer: Viewer = EVERYBODY) -> dict[str, Camera]:
        """Return the cameras that have one of these codes, by code; one without a camera that is seen is absent."""
        wanted = literal(list(codes), ARRAY(Text))
        rows = self._connection.execute(select(*_COLUMNS).where(camera.c.gb_code == any_(wanted), seen_by(viewer)))
        return {row.gb_code: camera_of(row) for row in rows}

    def hold(self, keys: Collection[CameraId]) -> None:
        """Let no camera change its owner until the transaction ends."""
        wanted = literal(list(keys), ARRAY(Uuid))
        rows = select(camera.c.id).where(camera.c.id == any_(wanted)).order_by(camera.c.id)
        self._connection.execute(rows.with_for_update(read=True))

    def page(
        self,
        *,
        viewer: Viewer,
        owner: DepartmentId | None = None,
        text: str | None = None,
        division: str | None = None,
        bound: bool | None = None,
        after: CameraId | None = None,
        limit: int = 100,
    ) -> list[Camera]:
        """Return at most `limit` cameras by id, beginning behind `after`.

        Args:
            viewer: only cameras that this viewer may know of.
            owner: only cameras of this department.
            text: only cameras whose name, address or code holds this text, whatever its case.
            division: only cameras inside this GB/T 2260 code (330100 holds 330102).
            bound: only cameras that have a source, or only those that have none.
            after: the last id of the page before.
            limit: rows of a page.
        """
        wanted = select(*_COLUMNS).where(seen_by(viewer)).order_by(camera.c.id).limit(limit)
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
        return [camera_of(row) for row in self._connection.execute(wanted)]

    def merge(
        self, owner_id: DepartmentId, drafts: Iterable[PointDraft], writing: Writing, *, dry_run: bool = False,
        conflicting: Conflicts | None = None,
    ) -> Merged:  # fmt: skip
        """Bring the drafts of one list into the catalogue of one owner; see `camera_merge.merge_drafts`."""
        return merge_drafts(
            self._connection, owner_id, drafts, writing, dry_run=dry_run, conflicting=conflicting
        )  # fmt: skip

    def add(self, new: Camera) -> None:
        """Add a point; (stream, version) is the event that says so.

        Raises:
            Conflict: `camera-code-taken`: a point has its code; `camera-key-taken`: one of the same owner has its key.
        """
        with _known_faults(new):
            self._connection.execute(insert(camera).values(row_of(new)))

    def save(self, before: Camera, after: Camera) -> None:
        """Write what a point has become; its (stream, version) is the event that says so.

        Raises:
            Conflict: somebody else changed it since it was loaded, or as `add`.
        """
        row, old = row_of(after), row_of(before)
        changed = {name: value for name, value in row.items() if value != old[name]}
        same = and_(camera.c.id == before.id, camera.c.stream == before.stream, camera.c.version == before.version)
        with _known_faults(after):
            written = self._connection.execute(update(camera).where(same).values(changed))
        if written.rowcount == 0:
            raise Conflict("changed-meanwhile", subject="camera")

    def last_serial(self, place: str) -> int:
        """Return the largest serial of the codes that begin with these 14 digits, -1 where there is none.

        The place is held until the transaction ends, so that nobody else takes the next serial.
        """
        key = func.hashtextextended(f"gb_code/{place}", 0)
        self._connection.execute(select(func.pg_advisory_xact_lock(key)))
        within = camera.c.gb_code.between(f"{place}000000", f"{place}999999")
        found = select(func.max(camera.c.gb_code)).where(within)
        last = self._connection.execute(found).scalar_one()
        return -1 if last is None else int(last[14:])

    def free_serial(self, place: str) -> int | None:
        """Return the smallest serial above 0 that no code of these 14 digits has; None when all are taken."""
        serial = cast(func.substr(camera.c.gb_code, 15), Integer).label("serial")
        within = camera.c.gb_code.between(f"{place}000000", f"{place}999999")
        taken = select(serial).where(within).subquery()
        after = func.lead(taken.c.serial).over(order_by=taken.c.serial).label("after")
        gaps = select(taken.c.serial, after).subquery()
        first = select(func.min(gaps.c.serial) + 1).where(func.coalesce(gaps.c.after, 0) != gaps.c.serial + 1)
        free = self._connection.execute(first).scalar_one()
        return None if free is None or free > LARGEST_SERIAL else int(free)

    def bound_to(self, source_id: SourceId) -> list[Camera]:
        """Return the points that lie on the channels of a source, by channel."""
        rows = select(*_COLUMNS).where(camera.c.source_id == source_id).order_by(camera.c.channel, camera.c.id)
        return [camera_of(row) for row in self._connection.execute(rows)]

    def paths_of(self, keys: Collection[DepartmentId]) -> list[str]:
        """Return the paths of departments."""
        rows = select(department.c.path).where(department.c.id == any_(literal(list(keys), ARRAY(Uuid))))
        return list(self._connection.execute(rows).scalars())


@contextmanager
def _known_faults(wanted: Camera) -> Iterator[None]:
    """Tell which of the two keys of a point somebody else has."""
    try:
        yield
    except IntegrityError as error:
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", "")
        if name == "uq_camera_gb_code":
            raise Conflict("camera-code-taken", code=wanted.gb_code) from None
        if name == "uq_camera_owner_id_external_key":
            raise Conflict("camera-key-taken", key=wanted.external_key) from None
        raise


def _holds(text: str) -> ColumnElement[bool]:
    lowered = text.lower()
    columns = (camera.c.name, camera.c.address, func.coalesce(camera.c.gb_code, ""))
    return or_(*(func.strpos(func.lower(column), lowered) > 0 for column in columns))
