"""Reading, searching and verifying the trace, each reader within the subtrees that are the reader's to audit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from broker.domain.errors import Forbidden, Invalid, Unknown
from broker.domain.oversight.audit import Event, first_fault
from broker.domain.oversight.trace_search import Sought, Traced
from broker.domain.people.accounts import Caller
from policies import facts
from policies.authorizer import Authorizer
from storage.db.oversight.trace_reach import TraceVisibility
from storage.db.unit_of_work import UnitOfWork, Work

PART = 5000
"""Streams that one part of a verification checks at most."""

STEP = 1000
"""Streams read from the database at once."""


@dataclass(frozen=True)
class Verification:
    """What a check of the trace found: faults are (stream, number of the first event that does not hold)."""

    streams: int
    events: int
    faults: tuple[tuple[str, int], ...]

    def __add__(self, other: "Verification") -> "Verification":
        return Verification(
            self.streams + other.streams, self.events + other.events, (*self.faults, *other.faults)
        )  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A part of a verification, and the stream after which the next one begins; None: that was the last."""

    found: Verification
    next: str | None


@dataclass(frozen=True)
class Chain:
    """One stream, checked from its first event to its last.

    Attributes:
        events: those the reader may know of.
        fault: the number of the first event that does not hold, be it shown or not.
        length: how many events the stream has.
    """

    stream: str
    events: Sequence[Event]
    fault: int | None
    length: int


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
        sought = Sought(case=case, kinds=None if kind is None else frozenset({kind}))
        return [(it.number, it.event) for it in self.search(caller, sought, after=after, limit=limit)]

    def search(
        self, caller: Caller, sought: Sought, *, after: int, limit: int, newest: bool = False
    ) -> Sequence[Traced]:
        """Return the events that are sought, in the order of the log or the newest first.

        Raises:
            Unknown: there is no such person or department.
            Invalid: the period ends before it begins.
        """
        with self._work() as work:
            self._policy.require(caller, "audit:read", caller.roles(work.now), facts.of_person(caller))
            visible = visibility(self._policy, caller, work, "audit:read")
            return work.audit.search(visible, resolved(work, sought), after=after, limit=limit, newest=newest)

    def chain(self, caller: Caller, stream: str) -> Chain:
        """Return one stream, checked from its first event to its last.

        Raises:
            Unknown: there is no such stream, or the caller may know of no event of it.
        """
        with self._work() as work:
            self._policy.require(caller, "audit:verify", caller.roles(work.now), facts.of_person(caller))
            within = work.audit.within(visibility(self._policy, caller, work, "audit:verify"), stream)
            if not within:
                raise Unknown("unknown-stream", stream=stream[:80])
            events = work.audit.stream(stream)
            fault = first_fault(events, work.audit.cases_of([stream]).get(stream))
            return Chain(stream, [it for it in events if it.seq in within], fault, len(events))

    def audits_all(self, caller: Caller, act: str = "audit:read") -> bool:
        """Say whether the caller may do this to the whole trace: the subtree that is audited is the whole tree."""
        with self._work() as work:
            self._policy.require(caller, act, caller.roles(work.now), facts.of_person(caller))
            return visibility(self._policy, caller, work, act).whole

    def verify(self, caller: Caller) -> Verification:
        """Check every stream: numbered without a gap, each event naming its predecessor, each digest its body."""
        part = self.verify_part(caller)
        found = part.found
        while part.next is not None:
            part = self.verify_part(caller, after=part.next)
            found += part.found
        return found

    def verify_part(self, caller: Caller, *, after: str = "") -> Part:
        """Check the streams whose names follow `after`, at most PART; a trace of years takes more than one answer.

        Raises:
            Forbidden: the caller audits a part of the tree: what is counted and named here is of all of it.
        """
        with self._work() as work:
            self._policy.require(caller, "audit:verify", caller.roles(work.now), facts.of_person(caller))
            if not visibility(self._policy, caller, work, "audit:verify").whole:
                raise Forbidden("audits-a-part")
            found, name = Verification(0, 0, ()), after
            while page := work.audit.streams(after=name, limit=min(STEP, PART - found.streams)):
                found += _checked(work, page)
                name = page[-1]
                if found.streams >= PART:
                    return Part(found, name)
            return Part(found, None)


def subtrees(policy: Authorizer, caller: Caller, act: str, now: datetime) -> tuple[str, ...]:
    """Return the subtrees in which a role that the caller holds there allows an act, all by itself."""
    known = facts.of_person(caller)
    held = {it.path for it in caller.assignments if it.holds_at(now) and policy.decide({it.role}, act, known).allowed}
    return tuple(sorted(held))


def visibility(policy: Authorizer, caller: Caller, work: UnitOfWork, act: str) -> TraceVisibility:
    """Return the test that guards every event for this caller and this act."""
    return work.audit.visible(subtrees(policy, caller, act, work.now))


def _checked(work: UnitOfWork, streams: Sequence[str]) -> Verification:
    held, cases = work.audit.streams_of(streams), work.audit.cases_of(streams)
    faults = ((stream, first_fault(events, cases.get(stream))) for stream, events in held.items())
    events = sum(len(each) for each in held.values())
    return Verification(len(held), events, tuple((stream, seq) for stream, seq in faults if seq is not None))


def resolved(work: UnitOfWork, sought: Sought) -> Sought:
    """Return the search with an actor and a path in place of a login and a code."""
    if sought.since is not None and sought.until is not None and sought.until <= sought.since:
        begin, end = sought.since.isoformat(), sought.until.isoformat()
        raise Invalid("reversed-time", pointer="/until", begin=begin, end=end)
    return replace(
        sought,
        person=None if sought.person is None else str(work.persons.by_login(sought.person).id),
        department=None if sought.department is None else work.departments.by_code(sought.department).path,
    )
