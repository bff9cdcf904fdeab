"""Privacy masks of cameras: parts of the picture that nobody is shown, whatever a grant says."""

from collections.abc import Sequence

from broker.domain.accounts import Caller
from broker.domain.audit import Entry
from broker.domain.catalog import Camera
from broker.domain.ids import CameraId
from broker.domain.media import Mask
from broker.domain.privacy_masks import check_masks, told
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work


class PrivacyMasks:
    """The masks of cameras; their history is the trace of the catalogue."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def replace(self, caller: Caller, key: CameraId, masks: Sequence[Mask]) -> Camera:
        """Say all masks of a camera anew; they hold for every picture fetched from now on, originals included.

        What was fetched before stays as it is. The same masks again change nothing.

        Raises:
            Invalid: a mask covers nothing or lies outside the picture.
        """
        check_masks(masks)
        wanted = tuple(masks)
        with self._work() as work:
            camera = work.cameras.load(key, lock=True)
            home = work.departments.load(camera.owner_id)
            roles = caller.roles_at(home.path, work.now)
            permit = self._policy.require(caller, "camera:mask", roles, facts.of_person(caller))
            if camera.masks == wanted:
                return camera
            stream = f"catalogue/{camera.owner_id}"
            work.cameras.cover(key, wanted, stream, work.audit.reserve(stream))
            data = {"camera": str(key), "masks": told(wanted), "before": told(camera.masks)}
            work.audit.append(permit, (Entry(stream, "camera:masked", data),))
            covered = work.cameras.load(key)
            work.commit(permit)
            return covered
