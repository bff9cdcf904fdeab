"""Telling people: other services put a notice into the outbox, everybody reads the own list."""

from collections.abc import Sequence
from uuid import UUID

from broker.domain.errors import Unknown
from broker.domain.notices.notices import Notice, Received
from broker.domain.people.accounts import Caller
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work


def tell(work: UnitOfWork, *notices: Notice) -> None:
    """Put notices into the outbox of the open transaction: they go out if it commits, and never happened if not."""
    work.outbox.add(notices)


class Notices:
    """The list of what one was told."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def page(self, caller: Caller, *, unread: bool, after: UUID | None, limit: int) -> Sequence[Received]:
        """Return what the caller was told, newest first."""
        with self._work() as work:
            self._policy.require(caller, "notice:list", caller.roles(work.now), facts.of_person(caller))
            return work.outbox.of_person(caller.person(), unread=unread, after=after, limit=limit)

    def unread(self, caller: Caller) -> int:
        """Return how many notices the caller has not read, a thousand at most."""
        with self._work() as work:
            self._policy.require(caller, "notice:list", caller.roles(work.now), facts.of_person(caller))
            return work.outbox.unread(caller.person())

    def read(self, caller: Caller, key: UUID) -> None:
        """Note that the caller has read a notice.

        Raises:
            Unknown: it is none of the caller's.
        """
        with self._work() as work:
            permit = self._policy.require(caller, "notice:read", caller.roles(work.now), facts.of_person(caller))
            if not work.outbox.mark_read(caller.person(), key):
                raise Unknown("unknown-notice", notice=key)
            work.commit(permit)

    def read_all(self, caller: Caller, newest: UUID) -> None:
        """Note that the caller has read a notice and all before it; what came after it was shown stays unread."""
        with self._work() as work:
            permit = self._policy.require(caller, "notice:read", caller.roles(work.now), facts.of_person(caller))
            work.outbox.mark_all_read(caller.person(), newest)
            work.commit(permit)
