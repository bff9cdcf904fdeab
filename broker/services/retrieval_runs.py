"""The worker's side of a retrieval: fetch it from the source, store it, and hand in the result once."""

import logging
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.gateway import Gateway
from broker.domain.accounts import Caller, Role, system_caller
from broker.domain.catalog import Source
from broker.domain.errors import BrokerError, Unavailable
from broker.domain.grants import Grant, GrantState, exhaust
from broker.domain.ids import GrantId, RequestId, RetrievalId
from broker.domain.media import Ask, Capture
from broker.domain.permits import Permit
from broker.domain.retrievals import (
    Retrieval,
    RetrievalChange,
    RetrievalState,
    abort,
    accept,
    amount_of,
    fail,
    start,
)
from broker.services.announcements import announce_grant
from broker.services.stops import ended_by
from policies.authorizer import Authorizer
from storage.blobs.base import BlobStore
from storage.db.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork, Work

RUNNABLE = frozenset({RetrievalState.QUEUED, RetrievalState.FETCHING})
ASK_AGAIN = 0.25  # seconds between two looks whether the attempt is still wanted
UNTOLD = frozenset({"where"})  # addresses and folders of sources are no business of who asked for footage
TELL_AGAIN = 1.0  # seconds between two notes of progress

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attempt:
    """One try at a retrieval, with all that the fetch needs."""

    retrieval: Retrieval
    source: Source
    ask: Ask


class RetrievalRuns:
    """Runs retrievals; any number of workers may, a result is taken from the current attempt only."""

    def __init__(self, work: Work, policy: Authorizer, gateway: Gateway, blobs: BlobStore, workspace: Path) -> None:
        self._work = work
        self._policy = policy
        self._gateway = gateway
        self._blobs = blobs
        self._workspace = workspace
        self._caller: Caller = system_caller(Role.WORKER, "worker")

    def run(self, key: RetrievalId) -> RetrievalState:
        """Bring one retrieval to its end and return the state it has then."""
        attempt = self._begin(key)
        if attempt is None:
            return self._state(key)
        with tempfile.TemporaryDirectory(dir=self._workspace, prefix="fetch-") as folder:
            target = Path(folder) / "result"
            watch = _Watch(attempt.retrieval, self._work, self._permit)
            try:
                capture = self._gateway.fetch(
                    attempt.source.adapter, attempt.source.options, attempt.ask, target,
                    on_progress=watch.progress, aborted=watch.aborted,
                )  # fmt: skip
                blob = self._blobs.put_file(target)
            except Unavailable:
                raise  # the broker's own trouble, not the source's: the job engine tries again
            except BrokerError as error:
                fault = error
                return self._end(attempt, lambda current, _work: _failed(current, fault))
            return self._accept(attempt, capture, blob.digest, blob.size)

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
            mark = _mark(work, grant)
        return Attempt(change.after, source, replace(change.after.ask, channel=camera.channel or "", mark=mark))

    def _accept(self, attempt: Attempt, capture: Capture, digest: str, size: int) -> RetrievalState:
        """Hand in a result; the same transaction asks the grant again and whether this attempt is still the one."""

        def step(current: Retrieval, work: UnitOfWork) -> RetrievalChange:
            return accept(current, attempt.retrieval.attempt, capture, digest, size, work.now)

        return self._end(attempt, step)

    def _end(self, attempt: Attempt, step: Callable[[Retrieval, UnitOfWork], RetrievalChange]) -> RetrievalState:
        with self._work() as work:
            permit = self._permit()
            locked = work.locks.over(attempt.retrieval.person_id, attempt.retrieval.camera_id)
            grant = work.grants.load(attempt.retrieval.grant_id, None, lock=True)
            current = work.retrievals.load(attempt.retrieval.id, lock=True)
            if current.state is not RetrievalState.FETCHING or current.attempt != attempt.retrieval.attempt:
                logger.info("attempt %d of retrieval %s came too late", attempt.retrieval.attempt, current.id)
                return current.state
            ended = ended_by(grant, locked, work.now)
            change = step(current, work) if ended is None else abort(current, ended)
            _write(work, permit, current, change, grant.request_id)
            if change.after.state is RetrievalState.FAILED:
                work.grants.give_back(grant.id, amount_of(current.ask))
            _exhaust(work, permit, grant.id)
            work.commit(permit)
            return change.after.state


def _mark(work: UnitOfWork, grant: Grant) -> str:
    """Return what has to stand in the pictures of a grant: those that nobody had approved say so for ever."""
    if not grant.emergency:
        return ""
    return f"应急调阅 EMERGENCY {work.access_requests.load(grant.request_id, EVERYTHING).number}"


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


def _failed(current: Retrieval, error: BrokerError) -> RetrievalChange:
    facts = {
        name: value if isinstance(value, int | float) else str(value)
        for name, value in error.facts.items()
        if name not in UNTOLD
    }
    return fail(current, error.slug, dict(facts))


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
