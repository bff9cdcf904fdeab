"""The catalogue as a file, in the formats in which it is read: only what the caller may see, page by page."""

from collections.abc import Iterator

from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.coordinates import System
from broker.domain.catalog.finding import Question
from broker.domain.catalog.visibility import Viewer, as_seen
from broker.domain.ids import CameraId
from broker.domain.people.accounts import Caller
from broker.services.catalog.catalog_files.own_fields import OwnFields
from broker.services.catalog.catalog_files.writing.points import exported
from broker.services.catalog.catalog_files.writing.tables import Written
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work

PAGE = 2000


class CatalogExports:
    """Exports of the catalogue."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def export(
        self, caller: Caller, list_format: str, *, owner: str | None, division: str | None, coordinates: System
    ) -> Written:
        """Return the points that a caller may see as a file; they are read while it is taken away."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            owners = frozenset({work.departments.by_code(owner).id}) if owner else None
            viewer = Viewer.of(caller, work.now)
            own = OwnFields.of(work.camera_fields.all())
        return exported(self._points(viewer, Question(owners=owners, division=division)), list_format, coordinates, own)

    def _points(self, viewer: Viewer, question: Question) -> Iterator[Camera]:
        after: CameraId | None = None
        while True:
            with self._work() as work:
                found = work.finding.page(question, viewer, after=after, limit=PAGE)
                whole = work.cameras.load_many([point.id for point in found], viewer)
                homes = work.departments.load_many({camera.owner_id for camera in whole.values()})
            kept = (whole[point.id] for point in found if point.id in whole)  # but for those deleted this moment
            yield from (as_seen(viewer, camera, homes[camera.owner_id].path) for camera in kept)
            if len(found) < PAGE:
                return
            after = CameraId(found[-1].id)
