"""Transfers: a camera changes its owner, and with it who decides on what is still undecided."""

from dataclasses import replace

from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import Conflict
from broker.domain.footage.stops import Stop, StopKind
from broker.domain.ids import CameraId
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Department
from broker.domain.permits import Permit
from broker.services.requests.forwarding import Move, follow
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work


class Transfers:
    """What happens to a camera that another department takes over."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def transfer(self, caller: Caller, key: CameraId | str, to: str) -> Camera:
        """Give a camera (its id, or its GB code) to the department of this code; what is undecided about it follows.

        Live grants go on: the new owner sees them and may end them. Deliveries that run at this moment are cut, since
        from now on the locks of another department hold over the camera; they can be taken up again at once.

        Raises:
            Unknown: there is no such camera or department.
            Conflict: the camera belongs to that department already.
            Invalid: an open request would be left without anybody of the new owner who may decide on it.
        """
        with self._work() as work:
            work.locks.shut_gate()  # before a row is held: the owner says which locks keep footage back
            viewer = Viewer.of(caller, work.now)
            known = work.cameras.by_gb_code(key, viewer) if isinstance(key, str) else work.cameras.load(key, viewer)
            owner = work.departments.open_one(to, "/to")
            home = work.departments.load(known.owner_id)
            roles = caller.roles_at(home.path, work.now) & caller.roles_at(owner.path, work.now)
            permit = self._policy.require(caller, "camera:transfer", roles, facts.of_person(caller))
            if home.id == owner.id:
                raise Conflict("owner-unchanged", camera=known.name, department=owner.name)
            camera, moved = _record(work, permit, known.id, home, owner)
            for request in work.access_requests.undecided_of(camera.id):  # what is open about one camera: a handful
                follow(work, permit, request, Move(camera, owner))
            work.commit(permit)
            return moved


def _record(
    work: UnitOfWork, permit: Permit, key: CameraId, home: Department, owner: Department
) -> tuple[Camera, Camera]:
    """Change the owner, and write it down in the catalogue that loses the camera and in the one that gains it.

    Returns the camera as it was and as it is. Both streams are held before the row, as imports do it.
    """
    left, gained = f"catalogue/{home.id}", f"catalogue/{owner.id}"
    numbers = {stream: work.audit.reserve(stream) for stream in sorted((left, gained))}
    camera = work.cameras.load(key, lock=True)
    if camera.owner_id != home.id:
        raise Conflict("changed-meanwhile", subject="camera")
    moved = replace(camera, owner_id=owner.id, stream=gained, version=numbers[gained])
    work.cameras.save(camera, moved)
    work.camera_history.note(permit.actor, camera, moved)
    told = {"camera": str(camera.id), "from": home.code, "to": owner.code}
    work.audit.append(permit, [Entry(stream, "camera:transferred", told) for stream in (left, gained)])
    work.stops.note(Stop(StopKind.CAMERA, str(camera.id)))
    return camera, moved
