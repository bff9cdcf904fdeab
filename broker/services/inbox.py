"""What waits for a person: to approve, ratify, authorize, supplement or report, the most pressing first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from broker.domain.accounts import Caller, Role
from policies import facts
from policies.authorizer import Authorizer
from storage.db.inbox import Waiting
from storage.db.unit_of_work import Work


class Inbox:
    """One list a person, over everything that waits for a word of theirs, as delegate too."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def page(self, caller: Caller, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Waiting]:
        """Return what waits for the caller, by deadline."""
        with self._work() as work:
            self._policy.require(caller, "inbox:list", caller.roles(work.now), facts.of_person(caller))
            return work.inbox.page(
                caller.person(),
                centers=caller.paths_of(Role.CENTER_APPROVER, work.now),
                owners=caller.paths_of(Role.DEPARTMENT_AUTHORIZER, work.now),
                after=after,
                limit=limit,
            )
