"""What a requester changed after a return: for whoever decides again, and has seen the request before."""

from dataclasses import replace

from broker.domain.ids import CameraId, RequestId
from broker.domain.people.accounts import Caller, Role
from broker.domain.requests.revisions import SUBMISSIONS, Changes, compared
from broker.services.requests.access_requests import shown_to, visibility
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work


class Revisions:
    """Compares the last two submissions of a request."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def changes(self, caller: Caller, key: RequestId) -> Changes:
        """Return what changed since the revision before, as far as the caller may see it; nothing in the first.

        Raises:
            Unknown: there is no such request, or the caller may not know of it.
        """
        with self._work() as work:
            self._policy.require(caller, "access_request:read", caller.roles(work.now), facts.of_person(caller))
            request = work.access_requests.load(key, visibility(caller, work))
            told = [event.data for event in work.audit.stream(request.stream) if event.kind in SUBMISSIONS][-2:]
            if request.revision == 1 or len(told) != 2:  # noqa: PLR2004  # two submissions, one compared with the other
                return Changes()
            found = compared(*told)
            shown = shown_to(caller, work, [request])[0]
            if shown.asked == request.asked:
                return found
            own = _own(work, caller, {it.camera for it in found.cameras})
            return replace(found, cameras=tuple(it for it in found.cameras if it.camera in own))


def _own(work: UnitOfWork, caller: Caller, cameras: set[CameraId]) -> set[CameraId]:
    """Return those of these cameras that the caller decides on: what else is asked for is nothing to an owner."""
    known = work.cameras.load_many(cameras)
    owners = work.departments.load_many({it.owner_id for it in known.values()})
    paths = caller.paths_of(Role.DEPARTMENT_AUTHORIZER, work.now)
    return {key for key, it in known.items() if owners[it.owner_id].path.startswith(paths)}
