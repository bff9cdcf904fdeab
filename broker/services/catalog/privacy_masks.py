"""Privacy masks of cameras: parts of the picture that nobody is shown, whatever a grant says."""

from collections.abc import Sequence
from dataclasses import replace

from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.privacy_masks import check_masks, told
from broker.domain.footage.media import Mask
from broker.domain.ids import CameraId
from broker.domain.people.accounts import Caller
from broker.services.catalog.camera_reach import require_camera, write_camera
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
            held = require_camera(self._policy, work, caller, "camera:mask", key)
            if held.camera.masks == wanted:
                return held.camera
            data: dict[str, object] = {"masks": told(wanted), "before": told(held.camera.masks)}
            covered = write_camera(work, held, replace(held.camera, masks=wanted), "camera:masked", data)
            work.commit(held.permit)
            return covered
