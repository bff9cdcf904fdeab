"""Escrow (封存): copy what would be overwritten before anybody decided, sealed, and destroy it when that has passed."""

import logging
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from adapters.base import Capability
from adapters.errors import Aborted
from adapters.gateway import Gateway
from broker.domain.catalog.catalog import Source
from broker.domain.errors import BrokerError, Unavailable
from broker.domain.footage.escrows import (
    PAUSES,
    Escrow,
    EscrowState,
    SealedCopy,
    accept,
    endangered,
    erase,
    fail,
    order,
    start,
)
from broker.domain.footage.media import ClipAsk
from broker.domain.ids import CameraId, EscrowId, RequestId, SourceId, new_id
from broker.domain.people.accounts import Caller, Role, system_caller
from broker.domain.permits import Permit
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.coverage import Missing
from broker.domain.requests.request_states import ItemState, RequestState
from broker.domain.time import TimeSpan
from broker.services.deciding.rules import rules_of
from broker.services.footage.escrow_ends import end_fallen
from broker.services.footage.footage import Footage, needed
from broker.services.footage.sealed_copies import SealedCopies
from broker.services.requests.access_requests import shown_to, visibility
from broker.services.requests.passages import owners_due
from broker.services.sources.ledgers import background
from broker.services.sources.source_health import SourceHealth
from broker.services.sources.source_secrets import SourceSecrets
from policies import facts
from policies.authorizer import Authorizer
from storage.db.requests.access_requests import EVERYTHING
from storage.db.sources.source_slots import SourceSlots
from storage.db.unit_of_work import UnitOfWork, Work

UNDECIDED = frozenset({RequestState.CENTER_REVIEW, RequestState.DEPARTMENT_REVIEW})
AT_ONCE = 100
BUSY = timedelta(seconds=5)  # until it is tried again whether the source has a session free
LOCKED = timedelta(minutes=5)  # until it is looked again whether the camera is still locked
RECORDED = timedelta(seconds=60)  # a recorder closes its file some time after the last picture
ASK_AGAIN = 0.5  # seconds between two looks whether the copy is still wanted

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Attempt:
    """One try at a copy."""

    escrow: Escrow
    source: Source
    ask: ClipAsk


class Escrows:
    """Makes sealed copies and destroys them; who opens one for a retrieval is `Footage`.

    Args:
        margin: how long after the last deadline the footage must still be there, so that it can be fetched.
    """

    def __init__(
        self, work: Work, policy: Authorizer, gateway: Gateway, slots: SourceSlots, workspace: Path,
        secrets: SourceSecrets, health: SourceHealth, copies: SealedCopies, footage: Footage, margin: timedelta,
    ) -> None:  # fmt: skip
        self._work = work
        self._policy = policy
        self._gateway = gateway
        self._slots = slots
        self._workspace = workspace
        self._secrets = secrets
        self._health = health
        self._copies = copies
        self._footage = footage
        self._margin = margin
        self._caller: Caller = system_caller(Role.WORKER, "worker")

    def of_request(self, caller: Caller, key: RequestId) -> Sequence[Escrow]:
        """Return the sealed copies of a request, oldest first, an owner those of the own cameras alone."""
        with self._work() as work:
            self._policy.require(caller, "access_request:read", caller.roles(work.now), facts.of_person(caller))
            request = work.access_requests.load(key, visibility(caller, work))
            shown = {line.camera_id for line in shown_to(caller, work, [request])[0].asked}
            whole = shown >= {line.camera_id for line in request.asked}
            found = work.escrows.of_request(key)
            return found if whole else [it for it in found if it.camera_id in shown]

    def plan(self, key: RequestId) -> int:
        """Order copies of what the sources would overwrite before the request is decided; returns how many."""
        with self._work() as work:
            permit = self._permit()
            request = work.access_requests.load(key, EVERYTHING, lock=True)
            if request.state not in UNDECIDED:
                return 0
            changes = [order(new, work.now) for new in self._endangered(work, request)]
            work.escrows.add([change.after for change in changes])
            work.audit.append(permit, [entry for change in changes for entry in change.entries], case=key)
            for change in changes:  # one a line of the request at most
                work.jobs.seal_later(change.after.id, max(work.now, change.after.span.end + RECORDED))
            work.commit(permit)
            return len(changes)

    def queue_again(self, key: EscrowId) -> None:
        """Put a copy that waits into the queue of its source, behind everything else."""
        with self._work() as work:
            permit = self._permit()
            escrow = work.escrows.load(key)
            if escrow.state is EscrowState.SEALING:
                work.jobs.seal(key, work.sources.load(escrow.source_id))
                work.commit(permit)

    def run(self, key: EscrowId) -> EscrowState:
        """Make one copy, or put it off, and return the state it has then."""
        with ExitStack() as held:
            source = self._source_of(key)
            if not held.enter_context(self._slots.one_of(source)):
                return self._later(key, BUSY)
            attempt = self._begin(key)
            if attempt is None:
                return self._state(key)
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(dir=self._workspace, prefix="seal-")))
            watch = _Watch(attempt.escrow, self._work)
            try:
                copy = self._copy(attempt, folder, watch)
            except Unavailable:
                raise  # the broker's own trouble, not the source's: the job engine tries again
            except BrokerError as error:
                self._health.experienced(source.id, error)
                return self._faulted(attempt, error)
            self._health.experienced(source.id, None)
            return self._accept(attempt, copy)

    def tick(self) -> None:
        """Destroy what has no ground any more, erase what was destroyed, and originals that were kept long enough."""
        with self._work() as work:
            self._permit()
            requests = work.escrows.groundless(work.now, AT_ONCE)
        for key in requests:
            with self._work() as work:
                permit = self._permit()
                if end_fallen(work, permit, work.access_requests.load(key, EVERYTHING, lock=True)):
                    work.commit(permit)
        with self._work() as work:
            self._permit()
            unerased = work.escrows.unerased(AT_ONCE)
        for escrow in unerased:
            self._erase(escrow)
        self._footage.tidy()

    def _permit(self) -> Permit:
        return self._policy.require(self._caller, "escrow:seal", {Role.WORKER})

    def _endangered(self, work: UnitOfWork, request: AccessRequest) -> list[Escrow]:
        """Return a copy for each line that the source loses too early, as far as it is known how long it keeps."""
        lines = [
            (line.camera_id, line.asked)
            for item in request.items
            if item.state is not ItemState.VOID
            for line in item.lines
        ]
        there = work.escrows.of_request(request.id, still=True)
        left = [line for line in lines if not any(it.camera_id == line[0] and it.span.holds(line[1]) for it in there)]
        if not left:
            return []
        cameras = work.cameras.load_many({key for key, _ in left})
        known = background(work, left, cameras)
        until = _decided_by(work, request) + self._margin
        found = []
        for key, span in left:
            source = known.sources.get(cameras[key].source_id or SourceId(new_id()))
            since = known.kept_since(key, span.begin)
            if source is None or cameras[key].channel is None or since is None or not self._films(source):
                continue
            keeps = work.now - since
            if endangered(span, keeps, until, work.now):
                found.append(_new(request.id, key, source.id, span, span.begin + keeps))
        return found

    def _films(self, source: Source) -> bool:
        try:
            return Capability.CLIP in self._gateway.capabilities(source.adapter)
        except BrokerError:  # it cannot be loaded: there is nothing to copy with
            return False

    def _source_of(self, key: EscrowId) -> Source:
        with self._work() as work:
            self._permit()
            return work.sources.load(work.escrows.load(key).source_id)

    def _state(self, key: EscrowId) -> EscrowState:
        with self._work() as work:
            self._permit()
            return work.escrows.load(key).state

    def _later(self, key: EscrowId, after: timedelta) -> EscrowState:
        with self._work() as work:
            permit = self._permit()
            escrow = work.escrows.load(key)
            if escrow.state is EscrowState.SEALING:
                work.jobs.seal_later(key, work.now + after)
                work.commit(permit)
            return escrow.state

    def _begin(self, key: EscrowId) -> _Attempt | None:
        """Start the next attempt; None where it is not wanted any more, or not now because the camera is locked."""
        with self._work() as work:
            permit = self._permit()
            closed = work.locks.closed(work.escrows.load(key).camera_id)  # before a row is held, as the gate wants it
            escrow = work.escrows.load(key, lock=True)
            if escrow.state is not EscrowState.SEALING:
                return None
            camera = work.cameras.load(escrow.camera_id)
            if closed:
                work.jobs.seal_later(key, work.now + LOCKED)
                work.commit(permit)
                return None
            bound = camera.source_id == escrow.source_id and camera.channel is not None
            change = start(escrow) if bound else fail(escrow, "camera-without-source", work.now)
            work.escrows.save(escrow, change.after)
            work.audit.append(permit, change.entries, case=escrow.request_id)
            work.commit(permit)
            if not bound:
                return None
            offset = work.sources.ahead(escrow.source_id, escrow.span.begin)
            ahead = timedelta(seconds=offset.seconds if offset else 0.0)
            ask = ClipAsk(camera.channel or "", needed(ClipAsk("", escrow.span)), ahead=ahead)
            return _Attempt(change.after, work.sources.load(escrow.source_id), ask)

    def _copy(self, attempt: _Attempt, folder: Path, watch: "_Watch") -> SealedCopy:
        options = self._secrets.options_of(attempt.source)
        kept = self._gateway.keep(
            attempt.source.adapter, options, attempt.ask, folder, on_progress=lambda _: None, aborted=watch.aborted
        )
        span = attempt.escrow.span  # what is missing before and after it is missed by nobody
        lacking = tuple(Missing(own, it.reason) for it in kept.missing if (own := it.span.overlap(span)))
        kept, ahead = replace(kept, missing=lacking), attempt.ask.ahead.total_seconds()
        return self._copies.seal(kept, folder, attempt.escrow.stream, ahead, watch.aborted)

    def _accept(self, attempt: _Attempt, copy: SealedCopy) -> EscrowState:
        """Hand in a copy; one that nobody wants any more, or that came too late, is erased."""
        key = attempt.escrow.id
        with self._work() as work:
            permit = self._permit()
            current = work.escrows.load(key, lock=True)
            if current.state is EscrowState.SEALING and current.attempt == attempt.escrow.attempt:
                change = accept(current, attempt.escrow.attempt, copy, work.now)
                work.escrows.save(current, change.after)
                work.audit.append(permit, change.entries, case=current.request_id)
                work.commit(permit)
                return change.after.state
        self._copies.erase(copy.digests)
        return current.state

    def _faulted(self, attempt: _Attempt, error: BrokerError) -> EscrowState:
        """Put it off when the fault may pass and has not come too often, else give it up."""
        tries = attempt.escrow.attempt
        passes = getattr(error, "transient", False) or isinstance(error, Aborted) or error.slug == "source-stopped"
        with self._work() as work:
            permit = self._permit()
            current = work.escrows.load(attempt.escrow.id, lock=True)
            if current.state is not EscrowState.SEALING or current.attempt != tries:
                return current.state
            if passes and tries <= len(PAUSES):
                work.jobs.seal_later(current.id, work.now + PAUSES[tries - 1])
                work.commit(permit)
                return current.state
            change = fail(current, error.slug, work.now)
            work.escrows.save(current, change.after)
            work.audit.append(permit, change.entries, case=current.request_id)
            work.commit(permit)
            return change.after.state

    def _erase(self, escrow: Escrow) -> None:
        """Remove the bytes of a destroyed copy; its key is gone already."""
        try:
            self._copies.erase(escrow.copy.digests)
        except Unavailable as error:
            logger.warning("the bytes of sealed copy %s are still there: %s", escrow.id, error)
            return
        with self._work() as work:
            permit = self._permit()
            change = erase(escrow)
            work.escrows.save(escrow, change.after)
            work.audit.append(permit, change.entries, case=escrow.request_id)
            work.commit(permit)


def _decided_by(work: UnitOfWork, request: AccessRequest) -> datetime:
    """Return when the last of those who have to decide has to have decided, each with the time the rules allow."""
    rules = rules_of(work, request.rulebook)
    center = request.due if request.state is RequestState.CENTER_REVIEW else None
    owners = owners_due(rules, request, center or work.now)
    set_already = [item.due for item in request.items if item.due is not None]
    return max((center or work.now, *owners.values(), *set_already))


def _new(request: RequestId, camera: CameraId, source: SourceId, span: TimeSpan, overwritten: datetime) -> Escrow:
    return Escrow(EscrowId(new_id()), request, camera, source, span, overwritten)


class _Watch:
    """Looks now and then whether a copy is still wanted, and its camera not locked."""

    def __init__(self, escrow: Escrow, work: Work) -> None:
        self._escrow = escrow
        self._work = work
        self._asked = time.monotonic()
        self._gone = False

    def aborted(self) -> bool:
        if not self._gone and time.monotonic() - self._asked >= ASK_AGAIN:
            self._asked = time.monotonic()
            with self._work() as work:
                wanted = work.escrows.wanted(self._escrow.id, self._escrow.attempt)
                self._gone = not wanted or work.locks.closed(self._escrow.camera_id)
        return self._gone
