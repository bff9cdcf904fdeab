"""Reading and verifying the trace."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from broker.domain.accounts import Caller
from broker.domain.audit import Event, first_fault
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work


@dataclass(frozen=True)
class Verification:
    """What a check of the whole trace found: faults are (stream, number of the first event that does not hold)."""

    streams: int
    events: int
    faults: tuple[tuple[str, int], ...]


class Audit:
    """The auditor's view."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def page(
        self,
        caller: Caller,
        *,
        case: UUID | None,
        kind: str | None,
        after: int,
        limit: int,
    ) -> Sequence[tuple[int, Event]]:
        """Return events in the order of the log, of one case when given."""
        with self._work() as work:
            self._policy.require(caller, "audit:read", caller.roles(work.now), facts.of_person(caller))
            return work.audit.page(case=case, kind=kind, after=after, limit=limit)

    def verify(self, caller: Caller) -> Verification:
        """Check every stream: numbered without a gap, each event naming its predecessor, each digest its body."""
        with self._work() as work:
            self._policy.require(caller, "audit:verify", caller.roles(work.now), facts.of_person(caller))
            streams = events = 0
            faults: list[tuple[str, int]] = []
            name = ""
            while page := work.audit.streams(after=name):
                for stream, held in work.audit.streams_of(page).items():
                    streams += 1
                    events += len(held)
                    fault = first_fault(held)
                    if fault is not None:
                        faults.append((stream, fault))
                name = page[-1]
            return Verification(streams, events, tuple(faults))
