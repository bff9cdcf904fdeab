"""How a verb takes hold of one point, and how it writes down what has become of it."""

from dataclasses import dataclass, replace

from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import Conflict
from broker.domain.ids import CameraId
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Department
from broker.domain.permits import Permit
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Held:
    """A point that nobody else can change until the transaction ends, and the number of the event that will."""

    camera: Camera
    home: Department
    permit: Permit
    number: int


def require_camera(policy: Authorizer, work: UnitOfWork, caller: Caller, act: str, key: CameraId | str) -> Held:
    """Take hold of a point (its id, or its GB code) to do something with it.

    The stream of its catalogue is held before its row, as an import does it.

    Raises:
        Unknown: there is no such point, or none that the caller may know of.
        Forbidden: none of the caller's roles that reach its owner may do that.
        Conflict: it was given to another department at this moment.
    """
    viewer = Viewer.of(caller, work.now)
    known = work.cameras.by_gb_code(key, viewer) if isinstance(key, str) else work.cameras.load(key, viewer)
    home = work.departments.load(known.owner_id)
    permit = policy.require(caller, act, caller.roles_at(home.path, work.now), facts.of_person(caller))
    number = work.audit.reserve(f"catalogue/{home.id}")
    camera = work.cameras.load(known.id, lock=True)
    if camera.owner_id != home.id:
        raise Conflict("changed-meanwhile", subject="camera")
    return Held(camera, home, permit, number)


def write_camera(work: UnitOfWork, held: Held, after: Camera, kind: str, data: dict[str, object]) -> Camera:
    """Write what a point has become, its history and its event; return it as it is kept."""
    stream = f"catalogue/{after.owner_id}"
    kept = replace(after, stream=stream, version=held.number)
    work.cameras.save(held.camera, kept)
    work.camera_history.note(held.permit.actor, held.camera, kept)
    work.audit.append(held.permit, (Entry(stream, kind, {"camera": str(kept.id), **data}),))
    return kept
