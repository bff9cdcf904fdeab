"""How sources are: asked by the clock, told by whoever fetches from them, kept as a history."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.errors import RecordingVanished, SourceTimeout, SourceUnreachable
from broker.domain.catalog.catalog import Source
from broker.domain.errors import BrokerError, SourceFault, Unavailable
from broker.domain.footage.media import Probe
from broker.domain.ids import SourceId
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Role
from broker.domain.permits import Permit
from broker.domain.sources.source_clocks import ClockOffset, says_something_new
from broker.domain.sources.source_health import EVERY, HealthState, Spell, observed, pause
from broker.services.sources.source_reach import require_source
from broker.services.sources.watch import Watch, all_at_once
from storage.db.unit_of_work import UnitOfWork

AT_ONCE = 4
"""Sources that are asked side by side."""

MOST_A_TURN = 40
"""Sources that are asked in one turn; the others wait for the next."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """What came of looking at a source: the state it is in, and what its clock says."""

    source_id: SourceId
    state: HealthState
    detail: str
    ahead: float | None = None
    ahead_by: str = ""


def seen_in(key: SourceId, probe: Probe) -> Seen:
    """Return what an answer tells."""
    state = HealthState.ONLINE if probe.ok else HealthState.FAULTY
    return Seen(key, state, probe.detail, probe.ahead, probe.ahead_by)


def seen_instead(key: SourceId, fault: BrokerError) -> Seen | None:
    """Return what an error tells in answer to a probe; nothing where the broker itself failed."""
    if fault.kind != SourceFault.kind:
        return None if fault.kind == Unavailable.kind else Seen(key, HealthState.FAULTY, fault.slug)
    away = isinstance(fault, SourceUnreachable | SourceTimeout) and not isinstance(fault, RecordingVanished)
    return Seen(key, HealthState.OFFLINE if away else HealthState.FAULTY, fault.slug)


class SourceHealth(Watch):
    """Watches over sources."""

    def page(self, caller: Caller, code: str, *, before: int | None, limit: int) -> Sequence[Spell]:
        """Return the history of a source, newest first."""
        with self._work() as work:
            source, _ = require_source(self._policy, work, caller, "source:read", code)
            return work.source_health.page(source.id, before=before, limit=limit)

    def tick(self) -> int:
        """Ask the sources that are due; returns how many. Several processes may do so at once, each asks its own."""
        with self._work() as work:
            permit = self._permit()
            due = {each.source_id: each.failures for each in work.source_health.due(work.now, MOST_A_TURN)}
            sources = work.sources.load_many(due)
            # Until the answer is there nobody else asks; who dies meanwhile keeps nobody from asking later.
            work.source_health.ask_at([(key, work.now + EVERY, failures) for key, failures in due.items()])
            work.commit(permit)
        asked = list(sources.values())
        for source, seen in zip(asked, all_at_once("probe", AT_ONCE, self._look, asked), strict=True):
            if seen is not None:
                self.note(seen, failures=due[source.id])
        return len(sources)

    def note(self, seen: Seen, *, failures: int = 0) -> None:
        """Write down what was seen just now; a clock that moved goes into its history."""
        with self._work() as work:
            permit = self._permit()
            _log(work, seen)
            missed = 0 if seen.state is HealthState.ONLINE else failures + 1
            again = work.now + pause(missed, self._chance.uniform(-1, 1))
            work.source_health.ask_at([(seen.source_id, again, min(missed, 1000))])
            _keep_time(work, permit, seen)
            work.commit(permit)

    def experienced(self, key: SourceId, fault: BrokerError | None) -> None:
        """Take note of what somebody met who fetched from a source: footage (no fault), or an error.

        That it does not answer is a fact. That something took too long may lie in the footage: then the source is
        asked itself, at the next turn. Everything else says nothing about its health.
        """
        away = isinstance(fault, SourceUnreachable) and not isinstance(fault, RecordingVanished)
        with self._work() as work:
            permit = self._permit()
            if fault is None:
                _log(work, Seen(key, HealthState.ONLINE, ""))
            elif away:
                _log(work, Seen(key, HealthState.OFFLINE, fault.slug))
            if away or isinstance(fault, SourceTimeout):
                work.source_health.ask_soon(key, work.now)
            work.commit(permit)

    def _permit(self) -> Permit:
        return self._policy.require(self._caller, "source:watch", {Role.WORKER})

    def _look(self, source: Source) -> Seen | None:
        """Ask one source, unless all its sessions are in use: then who fetches from it tells how it is."""
        try:
            with self._session(source) as options:
                return None if options is None else seen_in(source.id, self._gateway.probe(source.adapter, options))
        except BrokerError as fault:
            seen = seen_instead(source.id, fault)
            if seen is None:
                logger.warning("source %s could not be asked how it is: %s", source.code, fault)
            return seen


def _log(work: UnitOfWork, seen: Seen) -> None:
    current = work.source_health.current(seen.source_id, lock=True)
    detail = seen.detail or (current.detail if current and current.state is seen.state else "")
    changed, begun = observed(current, seen.source_id, seen.state, work.now, detail)
    if changed is not None:
        work.source_health.save(changed)
    if begun is not None:
        work.source_health.begin(begun)
        logger.info("source %s is %s: %s", seen.source_id, seen.state, seen.detail)


def _keep_time(work: UnitOfWork, permit: Permit, seen: Seen) -> None:
    if seen.ahead is None or not seen.ahead_by:
        return
    stream = f"source_clock/{seen.source_id}"
    work.audit.reserve(stream)  # who else has measured the same clock comes first or after
    if not says_something_new(work.sources.last_measured(seen.source_id, seen.ahead_by), seen.ahead):
        return
    new = ClockOffset(seen.source_id, work.now, round(seen.ahead, 3), seen.ahead_by, permit.actor)
    kept = work.sources.note_clock(new)
    data = {"seconds": kept.seconds, "by": kept.by, "at": kept.at.isoformat()}
    work.audit.append(permit, (Entry(stream, "source:clock:measured", data),))
