"""Who is using cameras now: for those who answer for them, the owners and the centers above."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from broker.domain.footage.grants import Grant
from broker.domain.ids import DepartmentId, GrantId
from broker.domain.people.accounts import Caller, Role
from broker.services.footage.grants import office_among, places_around
from broker.services.requests.moves import moves_over
from policies import facts
from policies.authorizer import Authorizer
from storage.db.footage.grants import GrantVisibility
from storage.db.requests.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork, Work


@dataclass(frozen=True)
class Use:
    """A grant that holds: what runs under it, what was taken, and how the caller may stop it."""

    grant: Grant
    number: str
    department: DepartmentId
    running: int
    ordered: int
    last: datetime | None
    moves: frozenset[str]


class Uses:
    """The ledger of those who answer for cameras."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def page(self, caller: Caller, *, after: GrantId | None, limit: int) -> Sequence[Use]:
        """Return the grants that hold over the caller's cameras or by the caller's center, newest first.

        What somebody only asked for, or looks at, stands in the list of grants and not here.
        """
        with self._work() as work:
            self._policy.require(caller, "grant:list", caller.roles(work.now), facts.of_person(caller))
            owned = caller.paths_of(Role.DEPARTMENT_AUTHORIZER, work.now)
            over = GrantVisibility(None, owned, caller.paths_of(Role.CENTER_APPROVER, work.now))
            grants = work.grants.live(over, work.now, after=after, limit=limit)
            taken = work.retrievals.under_grants({grant.id for grant in grants})
            requests = work.access_requests.load_many({it.request_id for it in grants}, EVERYTHING)
            owners = _owners(work, grants)
            around = {place for it in grants for place in places_around(requests[it.request_id], owners[it.id])}
            departments = work.departments.load_many(around)
            found = []
            for grant in grants:
                request = requests[grant.request_id]
                office = office_among(departments, caller, request, owners[grant.id], work.now)
                moves = moves_over(self._policy, caller, grant, request, *office, work.now)
                running, ordered, last = taken.get(grant.id, (0, 0, None))
                found.append(Use(grant, request.number, request.department_id, running, ordered, last, moves))
            return found


def _owners(work: UnitOfWork, grants: Sequence[Grant]) -> dict[GrantId, set[DepartmentId]]:
    """Return who signed each grant, and who owns its cameras by now."""
    cameras = work.cameras.load_many({line.camera_id for grant in grants for line in grant.lines})
    return {it.id: {it.department_id, *(cameras[line.camera_id].owner_id for line in it.lines)} for it in grants}
