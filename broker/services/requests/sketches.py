"""What a requester writes, kept as it was typed until it is handed over; and the persons who may be named in it."""

from collections.abc import Callable, Collection, Mapping, Sequence

from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import Invalid
from broker.domain.ids import CameraId, RequestId
from broker.domain.people.accounts import Caller, Person, Role
from broker.domain.permits import Permit
from broker.domain.requests.access_requests import AccessRequest, require_in_time
from broker.domain.requests.request_states import RequestCommand, next_request_state
from broker.domain.requests.sketches import Sketch, Typed, sketch_of
from broker.services.deciding.rules import rules_in_force
from broker.services.requests.access_requests import require_home, visibility
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work


class Sketches:
    """One public method a verb; the request itself stays as it is until its form is handed over."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def open(self, caller: Caller, key: RequestId) -> tuple[AccessRequest, Sketch]:
        """Return a request that is being written, and how far it is written.

        Raises:
            Conflict: it was handed in, or its time has passed.
        """
        with self._work() as work:
            request, _ = self._written(work, caller, key)
            return request, _begun(work, request)

    def type(self, caller: Caller, key: RequestId, fields: Mapping[str, tuple[str, ...]]) -> Sketch:
        """Keep what was typed into fields, right or wrong."""
        with self._work() as work:
            request, permit = self._written(work, caller, key, lock=True)
            return self._kept(work, permit, request, lambda it: it.typed(fields))

    def pick(
        self, caller: Caller, key: RequestId, cameras: Collection[CameraId], *, drop: Collection[CameraId] = ()
    ) -> Sketch:
        """Add points to those that are asked for, and leave others out.

        Raises:
            Invalid: there would be more than a request may ask for, or one is none that the caller may know of.
        """
        with self._work() as work:
            request, permit = self._written(work, caller, key, lock=True)
            new = frozenset(cameras) - _begun(work, request).cameras
            unknown = new - work.cameras.load_many(new, Viewer.of(caller, work.now)).keys()
            for camera in sorted(unknown)[:1]:
                raise Invalid("unknown-camera", pointer="/lines", camera=camera)
            most = rules_in_force(work).limits.cameras
            return self._kept(work, permit, request, lambda it: it.dropped(drop).picked(cameras, most))

    def time(
        self, caller: Caller, key: RequestId, fields: Mapping[str, tuple[str, ...]],
        spans: Mapping[CameraId, tuple[Typed, ...]],
    ) -> Sketch:  # fmt: skip
        """Keep the span of all points, and those of single ones."""
        with self._work() as work:
            request, permit = self._written(work, caller, key, lock=True)
            return self._kept(work, permit, request, lambda it: it.typed(fields).timed(spans))

    def eligible(
        self, caller: Caller, key: RequestId, text: str, limit: int, *, also: Collection[str] = ()
    ) -> Sequence[Person]:
        """Return persons who may be named as investigators, by login; each word of `text` stands in login or name.

        `also`: logins that are told of in any case.
        """
        with self._work() as work:
            request, _ = self._written(work, caller, key)
            home = work.departments.load(request.department_id)
            able = work.persons.holders_below(Role.INVESTIGATOR, home.path, work.now) - {request.requester_id}
            words = text.casefold().split()
            persons = sorted(work.persons.load_many(able).values(), key=lambda it: it.login)
            fitting = [it for it in persons if all(word in f"{it.login} {it.name}".casefold() for word in words)]
            shown = {it.login for it in fitting[:limit]} | set(also)
            return [it for it in persons if it.login in shown]

    def _kept(
        self, work: UnitOfWork, permit: Permit, request: AccessRequest, change: Callable[[Sketch], Sketch]
    ) -> Sketch:
        after = change(_begun(work, request))
        work.sketches.save(after, work.now)
        work.commit(permit)
        return after

    def _written(
        self, work: UnitOfWork, caller: Caller, key: RequestId, *, lock: bool = False
    ) -> tuple[AccessRequest, Permit]:
        request = work.access_requests.load(key, visibility(caller, work), lock=lock)
        permit = require_home(self._policy, work, caller, "access_request:edit", request)
        require_in_time(request, work.now)
        next_request_state(request.state, RequestCommand.EDIT)
        return request, permit


def _begun(work: UnitOfWork, request: AccessRequest) -> Sketch:
    """Return what was typed; where the request was changed by other means since, what it says now."""
    found = work.sketches.find(request.id)
    if found is not None and found.base == request.version:
        return found
    return sketch_of(request, [it.login for it in work.persons.load_many(request.investigators).values()])
