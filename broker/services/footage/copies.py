"""From the code that stands in a marked copy back to who took it."""

from collections.abc import Sequence
from dataclasses import dataclass

from broker.domain.errors import Unknown
from broker.domain.footage.copy_codes import same_code, tail_of
from broker.domain.footage.grants import Grant
from broker.domain.footage.retrievals import Retrieval
from broker.domain.ids import DepartmentId
from broker.domain.people.accounts import Caller, Role
from policies import facts
from policies.authorizer import Authorizer
from storage.db.footage.grants import GrantVisibility
from storage.db.requests.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork, Work

MOST = 8  # ids that end alike are a wonder; the code tells them apart


@dataclass(frozen=True)
class CopyOrigin:
    """The order that a copy was made for; `department_id` is where the person who took it is at home now."""

    retrieval: Retrieval
    grant: Grant
    request_number: str
    department_id: DepartmentId


class Copies:
    """Where copies came from; told to those who watch over the footage, not to those who took it."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def find(self, caller: Caller, code: str) -> CopyOrigin:
        """Return the order behind the code of a copy.

        Raises:
            Invalid: the code was read wrongly.
            Unknown: no copy has this code, or it shows footage that the caller does not watch over.
        """
        tail = tail_of(code)
        with self._work() as work:
            self._policy.require(caller, "copy:find", caller.roles(work.now), facts.of_person(caller))
            visible = _watched_over(caller, work)
            for retrieval in _of_code(work, tail, code):
                try:
                    grant = work.grants.load(retrieval.grant_id, visible)
                except Unknown:
                    break
                number = work.access_requests.load(grant.request_id, EVERYTHING).number
                return CopyOrigin(retrieval, grant, number, work.persons.load(retrieval.person_id).department_id)
            raise Unknown("unknown-copy", code=code[:40])


def _of_code(work: UnitOfWork, tail: str, code: str) -> Sequence[Retrieval]:
    return [found for found in work.retrievals.with_tail(tail, MOST) if same_code(code, found.id)][:1]


def _watched_over(caller: Caller, work: UnitOfWork) -> GrantVisibility:
    """Return the test for grants that one watches over by office, never because one is named in them."""
    subtrees = (*caller.paths_of(Role.DEPARTMENT_AUTHORIZER, work.now), *caller.paths_of(Role.AUDITOR, work.now))
    return GrantVisibility(None, subtrees, caller.paths_of(Role.CENTER_APPROVER, work.now))
