"""The record of one point (一机一档): read, edit, give a code, say who may know of it, its picture and its history."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from broker.domain.catalog.camera_edits import CameraEdit, difference, edited
from broker.domain.catalog.camera_fields import CustomField
from broker.domain.catalog.camera_record import gaps, lacking
from broker.domain.catalog.catalog import Camera, Visibility
from broker.domain.catalog.code_giving import CodeAsk, place_of
from broker.domain.catalog.divisions import Division, successor_of
from broker.domain.catalog.visibility import Viewer, as_seen
from broker.domain.errors import Conflict, Invalid, TooLarge, Unknown
from broker.domain.ids import CameraId, DepartmentId
from broker.domain.people.accounts import Caller
from broker.services.catalog.camera_reach import require_camera, write_camera
from broker.services.footage.keeping import keep
from broker.services.requests.paper_contents import media_type_of
from policies import facts
from policies.authorizer import Authorizer
from storage.blobs.base import CHUNK_BYTES, BlobStore
from storage.db.catalog.camera_history import HistoryLine
from storage.db.unit_of_work import UnitOfWork, Work

LARGEST_PICTURE = 512 * 1024
MOST_SHOWN_TO = 200


@dataclass(frozen=True)
class Detail:
    """A point with what its record lacks; `hidden` fields are filled in and not for this viewer."""

    camera: Camera
    hidden: tuple[str, ...]
    lacking: tuple[str, ...]
    gaps: tuple[str, ...]
    fields: dict[str, CustomField]
    division_now: Division | None = None
    """What took the place of the division that the point's code names; None where that is in force, or nobody knows."""


class CameraRecords:
    """One public method a verb; every change is an event of the catalogue and a line of the point's history."""

    def __init__(self, work: Work, policy: Authorizer, blobs: BlobStore) -> None:
        self._work = work
        self._policy = policy
        self._blobs = blobs

    def read(self, caller: Caller, key: CameraId) -> Detail:
        """Return a point with all fields of its record that the caller may know."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            viewer = Viewer.of(caller, work.now)
            camera = work.cameras.load(key, viewer)
            seen = as_seen(viewer, camera, work.departments.load(camera.owner_id).path)
            return Detail(
                seen,
                tuple(sorted(camera.record.keys() - seen.record.keys())),
                lacking(camera.record, camera.point_class),
                gaps(camera.record, camera.point_class),
                work.camera_fields.all(),
                _division_now(work, camera.division),
            )

    def by_key(self, caller: Caller, owner: str, external_key: str) -> Camera:
        """Return the point of a department that a list named by this key."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            home = work.departments.by_code(owner)
            return work.cameras.by_external_key(home.id, external_key, Viewer.of(caller, work.now))

    def edit(self, caller: Caller, key: CameraId, edit: CameraEdit) -> Camera:
        """Change a point; what says the same changes nothing.

        Raises:
            Conflict: `changed-meanwhile`, it has another version than was read, or its new code is another point's.
            Invalid: a value cannot stand where it is to stand.
        """
        with self._work() as work:
            held = require_camera(self._policy, work, caller, "camera:edit", key)
            after = edited(held.camera, edit, work.camera_fields.all())
            old, new = difference(held.camera, after)
            if not new:
                return held.camera
            changed = write_camera(work, held, after, "camera:edited", {"before": old, "after": new})
            work.commit(held.permit)
            return changed

    def give_code(self, caller: Caller, key: CameraId, ask: CodeAsk) -> Camera:
        """Give a point that has no code the next free one of its place, industry, type and network.

        Raises:
            Conflict: `camera-has-code`; `camera-codes-used-up` when all numbers of that place are taken.
            Invalid: a group of digits says nothing.
        """
        with self._work() as work:
            held = require_camera(self._policy, work, caller, "camera:edit", key)
            if held.camera.gb_code is not None:
                raise Conflict("camera-has-code", code=held.camera.gb_code)
            place = place_of(ask, held.camera.division)
            free = work.cameras.free_serials({place: 1})[place]
            if not free:
                raise Conflict("camera-codes-used-up", place=place)
            after = replace(held.camera, gb_code=f"{place}{free[0]:06d}", edition=ask.edition)
            coded = write_camera(work, held, after, "camera:coded", {"code": after.gb_code, "edition": ask.edition})
            work.commit(held.permit)
            return coded

    def show_to(
        self, caller: Caller, key: CameraId, visibility: Visibility, departments: Sequence[str], version: int | None
    ) -> Camera:
        """Say who may know of a point from now on; `departments` are codes, for a listed one.

        Requests, grants and copies that name it go on and stay readable there.

        Raises:
            Invalid: a department is not there, or departments are named for a point that is not listed.
            Conflict: somebody else changed the point after it was read.
        """
        with self._work() as work:
            held = require_camera(self._policy, work, caller, "camera:show", key)
            if version is not None and version != held.camera.version:
                raise Conflict("changed-meanwhile", subject="camera")
            if (visibility is Visibility.LISTED) != bool(departments) or len(departments) > MOST_SHOWN_TO:
                raise Invalid("camera-shown-to", pointer="/shown_to", most=MOST_SHOWN_TO)
            found = work.departments.by_codes(departments)
            for place, code in enumerate(departments):
                if code not in found:
                    raise Invalid("unknown-department", pointer=f"/shown_to/{place}", department=code)
            shown: tuple[DepartmentId, ...] = tuple(sorted({each.id for each in found.values()}))
            after = replace(held.camera, visibility=visibility, shown_to=shown)
            if after == held.camera:
                return after
            told: dict[str, object] = {"visibility": visibility.value, "shown_to": sorted(found)}
            changed = write_camera(work, held, after, "camera:shown", told)
            work.commit(held.permit)
            return changed

    def set_picture(self, caller: Caller, key: CameraId, content: bytes | None) -> Camera:
        """Keep a small picture of what the camera looks at, or take it away (None); the one before is deleted.

        Raises:
            TooLarge: it is larger than a reference picture may be.
            Invalid: it is no whole and harmless JPEG or PNG.
        """
        with self._work() as work:
            require_camera(self._policy, work, caller, "camera:edit", key)
        digest = None if content is None else self._stored(content)
        with self._work() as work:
            held = require_camera(self._policy, work, caller, "camera:edit", key)
            if digest == held.camera.picture:
                return held.camera
            if digest is not None:
                keep(work, self._blobs, (digest,))
            if held.camera.picture is not None:
                work.deletions.add([held.camera.picture], None, work.now)
            after = replace(held.camera, picture=digest)
            pictured = write_camera(work, held, after, "camera:pictured", {"digest": digest})
            work.commit(held.permit)
            return pictured

    def _stored(self, content: bytes) -> str:
        """Return the digest of a picture in the store: looked through first, and not while a row is held."""
        if len(content) > LARGEST_PICTURE:
            raise TooLarge("camera-picture-large", pointer="/file", limit=LARGEST_PICTURE // 1024)
        if not media_type_of(content).startswith("image/"):
            raise Invalid("attachment-type", pointer="/file", allowed="JPEG, PNG")
        return self._blobs.put_stream(iter(partial(io.BytesIO(content).read, CHUNK_BYTES), b"")).digest

    def picture(self, caller: Caller, key: CameraId) -> tuple[str, Iterable[bytes]]:
        """Return the digest of the reference picture and its bytes.

        Raises:
            Unknown: the point has none.
        """
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            camera = work.cameras.load(key, Viewer.of(caller, work.now))
            if camera.picture is None:
                raise Unknown("camera-without-picture", camera=camera.name)
            return camera.picture, self._blobs.read(camera.picture)

    def history(self, caller: Caller, key: CameraId, *, before: int | None, limit: int) -> Sequence[HistoryLine]:
        """Return what happened to a point, the newest change first; for those who keep it and those who audit."""
        with self._work() as work:
            camera = work.cameras.load(key, Viewer.of(caller, work.now))
            home = work.departments.load(camera.owner_id)
            roles = caller.roles_at(home.path, work.now)
            self._policy.require(caller, "camera:history", roles, facts.of_person(caller))
            return work.camera_history.page(key, before=before, limit=limit)


def _division_now(work: UnitOfWork, code: str) -> Division | None:
    now = successor_of(code, work.divisions.abolished()) if code else None
    return None if now is None else work.divisions.find(now)
