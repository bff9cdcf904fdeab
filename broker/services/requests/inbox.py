"""What waits for a person: to approve, ratify, authorize, supplement or report, the most pressing first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from broker.domain.ids import GrantId, RequestId
from broker.domain.people.accounts import Caller, Role
from broker.services.footage.grants import grant_visibility
from broker.services.requests.access_requests import visibility
from broker.services.requests.moves import Moves, grant_moves_of, moves_of
from policies import facts
from policies.authorizer import Authorizer
from storage.db.requests.inbox import Hat, Waiting
from storage.db.unit_of_work import Work


class Inbox:
    """One list a person, over everything that waits for a word of theirs, as delegate too."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def page(self, caller: Caller, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Waiting]:
        """Return what waits for the caller, by deadline, without what is late by the clock already."""
        with self._work() as work:
            self._policy.require(caller, "inbox:list", caller.roles(work.now), facts.of_person(caller))
            return work.inbox.page(
                caller.person(),
                centers=hats(caller, Role.CENTER_APPROVER, work.now),
                owners=hats(caller, Role.DEPARTMENT_AUTHORIZER, work.now),
                now=work.now,
                after=after,
                limit=limit,
            )

    def moves(self, caller: Caller, key: RequestId) -> Moves:
        """Return what the caller may do about a request now; for buttons, since each step asks again."""
        with self._work() as work:
            self._policy.require(caller, "access_request:read", caller.roles(work.now), facts.of_person(caller))
            request = work.access_requests.load(key, visibility(caller, work))
            return moves_of(self._policy, work, caller, request)

    def grant_moves(self, caller: Caller, key: GrantId) -> frozenset[str]:
        """Return what the caller may do about a grant now: suspend, resume, revoke."""
        with self._work() as work:
            self._policy.require(caller, "grant:read", caller.roles(work.now), facts.of_person(caller))
            return grant_moves_of(self._policy, work, caller, work.grants.load(key, grant_visibility(caller, work)))


def hats(caller: Caller, role: Role, now: datetime) -> list[Hat]:
    """Return the subtrees in which the caller decides, apart by whom the caller counts for there."""
    held = [each for each in caller.assignments if each.role is role and each.holds_at(now)]
    own = tuple(each.path for each in held if each.standing_for is None)
    for_whom = {each.standing_for for each in held if each.standing_for is not None}
    lent = [(person, tuple(each.path for each in held if each.standing_for == person)) for person in sorted(for_whom)]
    hats = [Hat(frozenset({caller.person(), person}), paths) for person, paths in lent]
    return [Hat(frozenset({caller.person()}), own), *hats] if own else hats
