"""The catalogue of points; an import is merged in sets, never row by row (`camera_merge`)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Text,
    Uuid,
    and_,
    any_,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from broker.domain.catalog.catalog import Camera, Lifecycle, Merged, PointDraft
from broker.domain.catalog.finding import Question
from broker.domain.catalog.visibility import EVERYBODY, Viewer
from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import CameraId, DepartmentId, ImportId, SourceId
from storage.db.catalog.camera_merge import Conflicts, Writing, merge_drafts
from storage.db.catalog.camera_rewriting import Pairs, rewrite
from storage.db.catalog.camera_rows import camera_of, row_of
from storage.db.catalog.code_serials import free_serials
from storage.db.catalog.finding import FindingRepository
from storage.db.catalog.seen import seen_by
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

    def by_external_keys(self, owner_id: DepartmentId, keys: Collection[str]) -> dict[str, Camera]:
        """Return the cameras of this owner that its lists name by one of these keys, by key."""
        wanted = camera.c.external_key == any_(literal(list(keys), ARRAY(Text)))
        rows = self._connection.execute(select(*_COLUMNS).where(camera.c.owner_id == owner_id, wanted))
        return {row.external_key: camera_of(row) for row in rows}

    def load_many(self, keys: Collection[CameraId], viewer: Viewer = EVERYBODY) -> dict[CameraId, Camera]:
        """Return the cameras that there are, by id; a key without a camera that the viewer sees is absent."""
        wanted = literal(list(keys), ARRAY(Uuid))  # one parameter however many keys: a statement takes 65,535 of them
        rows = self._connection.execute(select(*_COLUMNS).where(camera.c.id == any_(wanted), seen_by(viewer)))
        return {found.id: found for found in map(camera_of, rows)}

    def owners(self, keys: Collection[CameraId], viewer: Viewer) -> dict[CameraId, DepartmentId]:
        """Return who owns each of these cameras, as far as the viewer sees them."""
        wanted = camera.c.id == any_(literal(list(keys), ARRAY(Uuid)))
        rows = self._connection.execute(select(camera.c.id, camera.c.owner_id).where(wanted, seen_by(viewer)))
        return {CameraId(row.id): DepartmentId(row.owner_id) for row in rows}

    def hold_many(self, keys: Collection[CameraId]) -> dict[CameraId, Camera]:
        """Return the cameras that there are, by id, so that nobody else can change them until the transaction ends."""
        rows = select(*_COLUMNS).where(camera.c.id == any_(literal(list(keys), ARRAY(Uuid)))).order_by(camera.c.id)
        return {found.id: found for found in map(camera_of, self._connection.execute(rows.with_for_update()))}

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
        """Return at most `limit` whole cameras by id, beginning behind `after`: what `finding` finds, with all columns.

        One that is deleted at the same moment is left out.
        """
        question = Question(
            text=text or "", owners=None if owner is None else frozenset({owner}), division=division, bound=bound
        )  # fmt: skip
        found = FindingRepository(self._connection).page(question, viewer, after=after, limit=limit)
        whole = self.load_many([point.id for point in found], viewer)
        return [whole[point.id] for point in found if point.id in whole]

    def merge(
        self, owner_id: DepartmentId, drafts: Iterable[PointDraft], writing: Writing, *, dry_run: bool = False,
        conflicting: Conflicts | None = None, merged: Callable[[int], None] | None = None,
    ) -> Merged:  # fmt: skip
        """Bring the drafts of one list into the catalogue of one owner; see `camera_merge.merge_drafts`."""
        return merge_drafts(
            self._connection, owner_id, drafts, writing, dry_run=dry_run, conflicting=conflicting, merged=merged
        )

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

    def add_many(self, new: Sequence[Camera]) -> None:
        """Add points; nobody may have their codes, which is looked up before."""
        if new:
            self._connection.execute(insert(camera), [row_of(each) for each in new])

    def rewrite(self, pairs: Pairs) -> None:
        """Write what many points have become; see `camera_rewriting.rewrite`."""
        rewrite(self._connection, pairs)

    def free_serials(self, wanted: Mapping[str, int]) -> dict[str, list[int]]:
        """Return free serials by place, which is held; see `code_serials.free_serials`."""
        return free_serials(self._connection, wanted)

    def uncoded(
        self, owner: DepartmentId, *, import_id: ImportId | None, after: CameraId | None, limit: int
    ) -> list[Camera]:
        """Return points in use of an owner that have no code, by id, held until the transaction ends."""
        rows = select(*_COLUMNS).where(*_without_code(owner, import_id))
        if after is not None:
            rows = rows.where(camera.c.id > after)
        found = self._connection.execute(rows.order_by(camera.c.id).limit(limit).with_for_update())
        return [camera_of(row) for row in found]

    def count_uncoded(self, owner: DepartmentId, *, import_id: ImportId | None, after: CameraId | None) -> int:
        """Return how many of them there are behind `after`."""
        rows = select(func.count()).where(*_without_code(owner, import_id))
        if after is not None:
            rows = rows.where(camera.c.id > after)
        return int(self._connection.execute(rows).scalar_one())

    def bound_to(self, source_id: SourceId) -> list[Camera]:
        """Return the points that lie on the channels of a source, by channel."""
        rows = select(*_COLUMNS).where(camera.c.source_id == source_id).order_by(camera.c.channel, camera.c.id)
        return [camera_of(row) for row in self._connection.execute(rows)]

    def bound_page(self, source_id: SourceId, viewer: Viewer, *, after: CameraId | None, limit: int) -> list[Camera]:
        """Return the points on the channels of a source that the viewer sees, by id, beginning behind `after`."""
        rows = select(*_COLUMNS).where(camera.c.source_id == source_id, seen_by(viewer))
        if after is not None:
            rows = rows.where(camera.c.id > after)
        return [camera_of(row) for row in self._connection.execute(rows.order_by(camera.c.id).limit(limit))]

    def paths_of(self, keys: Collection[DepartmentId]) -> list[str]:
        """Return the paths of departments."""
        rows = select(department.c.path).where(department.c.id == any_(literal(list(keys), ARRAY(Uuid))))
        return list(self._connection.execute(rows).scalars())


def _without_code(owner: DepartmentId, import_id: ImportId | None) -> list[ColumnElement[bool]]:
    found = [camera.c.owner_id == owner, camera.c.gb_code.is_(None), camera.c.lifecycle != Lifecycle.REMOVED]
    return found if import_id is None else [*found, camera.c.import_id == import_id]


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
