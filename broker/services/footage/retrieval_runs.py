"""The worker's side of a retrieval: fetch it from the source, store it, and hand in the result once."""

import logging
import tempfile
import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from adapters.errors import RecordingVanished, SourceTimeout, SourceUnreachable
from broker.domain.catalog.catalog import Source
from broker.domain.errors import BrokerError, Unavailable
from broker.domain.footage.grants import Grant, GrantState, exhaust
from broker.domain.footage.media import Ask, ClipAsk, Piece
from broker.domain.footage.retrievals import (
    PAUSES,
    EvidenceItem,
    Retrieval,
    RetrievalChange,
    RetrievalState,
    abort,
    accept,
    amount_of,
    fail,
    postpone,
    priority_of,
    start,
)
from broker.domain.ids import GrantId, RequestId, RetrievalId, SourceId
from broker.domain.people.accounts import Caller, Role, system_caller
from broker.domain.permits import Permit
from broker.domain.requests.coverage import Missing
from broker.services.footage.footage import Footage
from broker.services.footage.keeping import expect, keep
from broker.services.footage.stops import ended_by
from broker.services.footage.treatments import treatment_for
from broker.services.notices.announcements import announce_grant
from broker.services.sources.ledgers import explain
from broker.services.sources.patience import Patience
from broker.services.sources.source_health import SourceHealth
from policies.authorizer import Authorizer
from storage.blobs.base import BlobStore
from storage.db.sources.source_slots import SourceSlots
from storage.db.unit_of_work import UnitOfWork, Work

RUNNABLE = frozenset({RetrievalState.QUEUED, RetrievalState.FETCHING})
ASK_AGAIN = 0.25  # seconds between two looks whether the attempt is still wanted
UNTOLD = frozenset({"where"})  # addresses and folders of sources are no business of who asked for footage
BUSY = timedelta(seconds=1)  # until it is tried again whether the source has a session free
MOST_WOKEN = 100  # retrievals that are told at once that their source answers again; the others find out
TELL_AGAIN = 1.0  # seconds between two notes of progress

logger = logging.getLogger(__name__)


Step = Callable[[Retrieval, Grant, UnitOfWork], RetrievalChange]


@dataclass(frozen=True)
class Attempt:
    """One try at a retrieval, with all that the fetch needs."""

    retrieval: Retrieval
    source: Source
    ask: Ask


class RetrievalRuns:
    """Runs retrievals; any number of workers may, a result is taken from the current attempt only."""

    def __init__(
        self, work: Work, policy: Authorizer, footage: Footage, blobs: BlobStore, slots: SourceSlots, workspace: Path,
        health: SourceHealth, patience: Patience, zone: str,
    ) -> None:  # fmt: skip
        self._work = work
        self._policy = policy
        self._footage = footage
        self._blobs = blobs
        self._slots = slots
        self._health = health
        self._workspace = workspace
        self._patience = patience
        self._zone = zone
        self._caller: Caller = system_caller(Role.WORKER, "worker")

    def run(self, key: RetrievalId) -> RetrievalState:
        """Bring one retrieval to its end, or put it off, and return the state it has then."""
        with ExitStack() as after, ExitStack() as held:
            way = held.enter_context(self._footage.way_to(key))
            if way.waits:
                return self.queue_again(key, BUSY)
            source = self._source_of(key) if way.asks_source else None
            if source is not None:
                if rest := held.enter_context(self._patience.with_source(source.id)):
                    return self.queue_again(key, rest)
                after.callback(self._wake_waiting)
                if not held.enter_context(self._slots.one_of(source)):
                    return self.queue_again(key, BUSY)
            attempt = self._begin(key)
            if attempt is None:
                return self._state(key)
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(dir=self._workspace, prefix="fetch-")))
            watch = _Watch(attempt.retrieval, self._work, self._permit)
            try:
                brought = self._footage.fetch(
                    way, attempt.retrieval, attempt.source, attempt.ask, folder, watch.progress, watch.aborted
                )
                pieces = enumerate(brought.fetched.pieces, 1)
                items = tuple(self._kept(number, folder, piece) for number, piece in pieces)
            except Unavailable:
                raise  # the broker's own trouble, not the source's: the job engine tries again
            except BrokerError as error:
                if way.asks_source:
                    self._experienced(attempt.source.id, error)
                return self._faulted(attempt, error)
            if way.asks_source:
                self._experienced(attempt.source.id, None)
            brought_by = replace(attempt, ask=replace(attempt.ask, ahead=brought.ahead))
            return self._accept(brought_by, items, brought.fetched.missing)

    def _experienced(self, source: SourceId, error: BrokerError | None) -> None:
        """Learn how a source is; that it has no such recording is an answer like another."""
        self._health.experienced(source, error)
        if isinstance(error, SourceTimeout | SourceUnreachable) and not isinstance(error, RecordingVanished):
            self._patience.failed(source)
        elif self._patience.answered(source):
            self._wake((source,), MOST_WOKEN)

    def _wake_waiting(self) -> None:
        """Let one more of those who waited for a place try, now that one may be free."""
        if free := self._patience.free():
            self._wake(free, 1)

    def _wake(self, sources: Collection[SourceId], limit: int) -> None:
        with self._work() as work:
            work.jobs.hurry(sources, limit)
            work.commit(self._permit())

    def queue_again(self, key: RetrievalId, after: timedelta = timedelta(0)) -> RetrievalState:
        """Put a retrieval that waits back into the queue of its source, now or later."""
        with self._work() as work:
            permit = self._permit()
            retrieval = work.retrievals.load(key, lock=True)
            if retrieval.state not in RUNNABLE:
                return retrieval.state
            camera = work.cameras.load(retrieval.camera_id)
            if after or camera.source_id is None:
                work.jobs.retrieve_later(key, work.now + (after or BUSY))
            else:
                grant = work.grants.load(retrieval.grant_id, None)
                work.jobs.retrieve(key, work.sources.load(camera.source_id), priority_of(grant, 0))
            work.commit(permit)
            return retrieval.state

    def _kept(self, number: int, folder: Path, piece: Piece) -> EvidenceItem:
        blob = self._blobs.put_file(folder / piece.file)
        return EvidenceItem(number, blob.digest, blob.size, piece.capture, blob.sm3)

    def _source_of(self, key: RetrievalId) -> Source | None:
        with self._work() as work:
            retrieval = work.retrievals.load(key)
            camera = work.cameras.load(retrieval.camera_id)
            if retrieval.state not in RUNNABLE or camera.source_id is None:
                return None
            return work.sources.load(camera.source_id)

    def _permit(self) -> Permit:
        return self._policy.require(self._caller, "retrieval:run", {Role.WORKER})

    def _state(self, key: RetrievalId) -> RetrievalState:
        with self._work() as work:
            return work.retrievals.load(key).state

    def _begin(self, key: RetrievalId) -> Attempt | None:
        """Start the next attempt, or end the retrieval when its grant has ended while it waited."""
        with self._work() as work:
            permit = self._permit()
            known = work.retrievals.load(key)
            locked = work.locks.over(known.person_id, known.camera_id)  # before a row is held, as the gate wants it
            grant = work.grants.load(known.grant_id, None, lock=True)
            retrieval = work.retrievals.load(key, lock=True)
            if retrieval.state not in RUNNABLE:
                return None
            ended = ended_by(grant, locked, work.now)
            change = start(retrieval) if ended is None else abort(retrieval, ended)
            camera = work.cameras.load(retrieval.camera_id)
            if ended is None and (camera.source_id is None or camera.channel is None):
                change = fail(retrieval, "camera-without-source", {"camera": camera.name})
            _write(work, permit, retrieval, change, grant.request_id)
            if change.after.state is RetrievalState.FAILED:
                work.grants.give_back(grant.id, amount_of(retrieval.ask))
            _exhaust(work, permit, grant.id)
            work.commit(permit)
            if change.after.state is not RetrievalState.FETCHING or camera.source_id is None:
                return None
            source = work.sources.load(camera.source_id)
            offset = work.sources.ahead(source.id, _begin_of(retrieval.ask))
            ask = replace(
                change.after.ask,
                channel=camera.channel or "",
                treatment=treatment_for(work, retrieval, grant, camera, self._zone),
                ahead=timedelta(seconds=offset.seconds if offset else 0.0),
            )
        return Attempt(change.after, source, ask)

    def _accept(
        self, attempt: Attempt, items: tuple[EvidenceItem, ...], missing: tuple[Missing, ...]
    ) -> RetrievalState:
        """Hand in a result; the same transaction asks the grant again and whether this attempt is still the one."""
        digests = {item.digest for item in items}
        with self._work() as work:
            expect(work, digests)
            work.commit(self._permit())

        def step(current: Retrieval, grant: Grant, work: UnitOfWork) -> RetrievalChange:
            taken = items[0].capture.first
            if taken > _begin_of(current.ask) and not any(
                window.holds_instant(taken) for window in grant.windows_of(current.camera_id)
            ):  # a live picture is a moment younger than the question
                return fail(current, "outside-window", {"first": taken.isoformat()})
            ahead = attempt.ask.ahead.total_seconds()
            told = _explained(work, current, missing)
            keep(work, self._blobs, digests)
            return accept(current, attempt.retrieval.attempt, items, told, ahead, work.now)

        return self._end(attempt, step)

    def _faulted(self, attempt: Attempt, error: BrokerError) -> RetrievalState:
        """Put it off when the fault may pass and has not come too often, else give it up."""
        tries = attempt.retrieval.attempt

        def step(current: Retrieval, grant: Grant, work: UnitOfWork) -> RetrievalChange:  # noqa: ARG001 - a step's signature
            if not getattr(error, "transient", False) or tries > len(PAUSES):
                return fail(current, error.slug, _told(error))
            until = work.now + PAUSES[tries - 1]
            work.jobs.retrieve_later(current.id, until)
            return postpone(current, error.slug, _told(error), until)

        return self._end(attempt, step)

    def _end(self, attempt: Attempt, step: Step) -> RetrievalState:
        with self._work() as work:
            permit = self._permit()
            locked = work.locks.over(attempt.retrieval.person_id, attempt.retrieval.camera_id)
            grant = work.grants.load(attempt.retrieval.grant_id, None, lock=True)
            current = work.retrievals.load(attempt.retrieval.id, lock=True)
            if current.state is not RetrievalState.FETCHING or current.attempt != attempt.retrieval.attempt:
                logger.info("attempt %d of retrieval %s came too late", attempt.retrieval.attempt, current.id)
                return current.state
            ended = ended_by(grant, locked, work.now)
            change = step(current, grant, work) if ended is None else abort(current, ended)
            _write(work, permit, current, change, grant.request_id)
            if change.after.state is RetrievalState.FAILED:
                work.grants.give_back(grant.id, amount_of(current.ask))
            _exhaust(work, permit, grant.id)
            work.commit(permit)
            return change.after.state


def _exhaust(work: UnitOfWork, permit: Permit, key: GrantId) -> None:
    """End a grant whose quota is used up, unless something under it may still fail and give its part back.

    The grant is held, so that no order slips in between the question and the commit.
    """
    grant = work.grants.load(key, None)
    if grant.state_at(work.now) is GrantState.ACTIVE and grant.used_up and not work.retrievals.unfinished(key):
        change = exhaust(grant, work.now)
        work.grants.save(grant, change.after)
        work.audit.append(permit, change.entries, case=grant.request_id)
        announce_grant(work, permit.actor, change.after, change.entries)


def _told(error: BrokerError) -> dict[str, object]:
    """Return the facts of a fault that its sentence needs and a person may know."""
    facts = ((name, it) for name, it in error.facts.items() if name not in UNTOLD)
    return {name: it if isinstance(it, int | float) else str(it) for name, it in facts}


def _explained(work: UnitOfWork, current: Retrieval, missing: tuple[Missing, ...]) -> tuple[Missing, ...]:
    """Say more about what is missing than the source could."""
    if not isinstance(current.ask, ClipAsk):
        return missing
    return explain(work, work.cameras.load(current.camera_id), current.ask.span, missing)


def _begin_of(ask: Ask) -> datetime:
    return ask.span.begin if isinstance(ask, ClipAsk) else ask.instant


def _write(work: UnitOfWork, permit: Permit, before: Retrieval, change: RetrievalChange, case: RequestId) -> None:
    work.retrievals.save(before, change.after)
    work.audit.append(permit, change.entries, case=case)


class _Watch:
    """Looks now and then whether the attempt is still wanted, and notes how far it is."""

    def __init__(self, retrieval: Retrieval, work: Work, permit: Callable[[], Permit]) -> None:
        self._retrieval = retrieval
        self._work = work
        self._permit = permit
        self._asked = self._told = time.monotonic()
        self._gone = False

    def aborted(self) -> bool:
        if not self._gone and time.monotonic() - self._asked >= ASK_AGAIN:
            self._asked = time.monotonic()
            with self._work() as work:
                self._gone = not work.retrievals.wanted(self._retrieval.id, self._retrieval.attempt)
        return self._gone

    def progress(self, seconds: float) -> None:
        if self._gone or time.monotonic() - self._told < TELL_AGAIN:
            return
        self._told = time.monotonic()
        with self._work() as work:
            self._gone = not work.retrievals.progress(self._retrieval.id, self._retrieval.attempt, seconds)
            work.commit(self._permit())
