"""Where the footage of a retrieval comes from: a sealed copy, an original fetched a moment ago, or the source itself.

However it is come by, the same media functions in the same sandbox make the result, with the treatment of this very
retrieval.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from adapters.base import Capability
from adapters.gateway import Gateway
from adapters.registry import KEPT
from broker.domain.catalog.catalog import Source
from broker.domain.errors import BrokerError, Conflict, SourceFault, Unavailable
from broker.domain.footage.escrows import SealedCopy, holds, release
from broker.domain.footage.grants import Quota
from broker.domain.footage.media import Ask, ClipAsk, Fetched, Kept, KeptFile
from broker.domain.footage.retrievals import UNFINISHED, Retrieval
from broker.domain.ids import EscrowId, RetrievalId, new_id
from broker.domain.people.accounts import Caller, Role, system_caller
from broker.domain.permits import Permit
from broker.domain.requests.coverage import Missing, MissingReason
from broker.domain.time import TimeSpan, missing
from broker.services.footage.sealed_copies import SealedCopies, options_of
from broker.services.sources.source_secrets import SourceSecrets
from policies import facts
from policies.authorizer import Authorizer
from storage.db.footage.originals import FetchMarks, KeptOriginal
from storage.db.unit_of_work import UnitOfWork, Work

AROUND = timedelta(seconds=2)
"""What is recorded so long before and after comes along: a picture may still show that was taken before its instant."""

BEING_FETCHED = timedelta(hours=1)
"""When somebody who began to fetch an original, and was never heard of again, is forgotten at the latest."""

FROM_ESCROW = "from-escrow"

Progress = Callable[[float], None]
Aborted = Callable[[], bool]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Way:
    """How the footage of one retrieval is come by; with nothing set, from the source and for this retrieval alone.

    Attributes:
        escrow: the sealed copy that holds it.
        original: the original that holds it, fetched a moment ago.
        begun: the original that this retrieval fetches for itself and for those who come within some minutes.
        waits: somebody else is fetching it right now.
    """

    escrow: EscrowId | None = None
    original: UUID | None = None
    begun: UUID | None = None
    waits: bool = False

    @property
    def asks_source(self) -> bool:
        return self.escrow is None and self.original is None


@dataclass(frozen=True)
class Brought:
    """What was fetched, and how far ahead the clock of the source was held to be when its times were set right."""

    fetched: Fetched
    ahead: timedelta


@dataclass(frozen=True)
class _Wanted:
    """What of which source a retrieval needs."""

    retrieval: Retrieval
    source: Source
    channel: str
    span: TimeSpan
    ahead: float


class Footage:
    """Finds the way, and goes it.

    Args:
        share: how long an original is kept for others who ask for the same; nothing: not at all.
    """

    def __init__(
        self, work: Work, policy: Authorizer, gateway: Gateway, secrets: SourceSecrets, copies: SealedCopies,
        marks: FetchMarks, share: timedelta,
    ) -> None:  # fmt: skip
        self._work = work
        self._policy = policy
        self._gateway = gateway
        self._secrets = secrets
        self._copies = copies
        self._marks = marks
        self._share = share
        self._caller: Caller = system_caller(Role.WORKER, "worker")

    @contextmanager
    def way_to(self, key: RetrievalId) -> Iterator[Way]:
        """Say how the footage of a retrieval is come by; within the block nobody else fetches what this one begins."""
        with self._work() as work:
            self._permit()
            way, wanted = self._sealed(work, key)
        if way is not None or wanted is None or not self._shares(wanted.source):
            yield way or Way()
            return
        mine = new_id()
        with self._marks.held(mine):
            way = self._shared(wanted, mine)
            try:
                yield way
            finally:
                if way.begun is not None:
                    self._give_up(way.begun)

    def fetch(
        self, way: Way, retrieval: Retrieval, source: Source, ask: Ask, folder: Path, on_progress: Progress,
        aborted: Aborted,
    ) -> Brought:  # fmt: skip
        """Bring the footage of an attempt into `folder`.

        Raises:
            Forbidden: the sealed copy is not released to this attempt.
            SourceFault: what `Gateway.fetch` raises; or `sealed-copy-damaged`.
            Unavailable: the broker itself cannot do it now, or what was to be used has gone meanwhile.
        """
        with self._work():
            self._permit()
        with tempfile.TemporaryDirectory(dir=folder, prefix=".originals-") as place:
            room = Path(place)
            if way.escrow is not None:
                copy = self._released(way.escrow, retrieval)
                files = self._copies.open(copy, f"escrow/{way.escrow}", room, aborted)
                fetched = self._cut(files, copy.missing, ask, room, folder, on_progress, aborted)
                noted = tuple(
                    replace(it, capture=replace(it.capture, notes=(*it.capture.notes, FROM_ESCROW)))
                    for it in fetched.pieces
                )
                return Brought(replace(fetched, pieces=noted), timedelta(seconds=copy.ahead))
            if way.original is not None:
                copy, files = self._opened(way.original, room, aborted)
                return Brought(self._cut(files, copy.missing, ask, room, folder, on_progress, aborted), ask.ahead)
            options = self._secrets.options_of(source)
            if way.begun is None:
                fetched = self._gateway.fetch(
                    source.adapter, options, ask, folder, on_progress=on_progress, aborted=aborted
                )
                return Brought(fetched, ask.ahead)
            first, second = _halves(on_progress, ask)
            wide = ClipAsk(ask.channel, needed(ask), ahead=ask.ahead)
            kept = self._gateway.keep(source.adapter, options, wide, room, on_progress=first, aborted=aborted)
            self._keep(way.begun, kept, room, ask.ahead.total_seconds(), aborted)
            return Brought(self._cut(kept.files, kept.missing, ask, room, folder, second, aborted), ask.ahead)

    def tidy(self) -> int:
        """Erase the originals that were kept long enough; returns how many."""
        with self._work() as work:
            self._permit()
            old = [it for it in work.originals.expired(work.now, 100) if it.copy.files or not _alive(work, it)]
        for it in old:
            self._copies.erase(it.copy.digests)
        with self._work() as work:
            permit = self._permit()
            for it in old:  # at most a hundred
                work.originals.drop(it.id)
            work.commit(permit)
        return len(old)

    def _permit(self) -> Permit:
        return self._policy.require(self._caller, "retrieval:run", {Role.WORKER})

    def _shares(self, source: Source) -> bool:
        """Say whether originals of a source are kept for others."""
        if not self._share:
            return False
        try:
            films = Capability.CLIP in self._gateway.capabilities(source.adapter)
            return films and not self._gateway.is_near(source.adapter)
        except BrokerError:  # it cannot be loaded: whoever asks it is told so
            return False

    def _sealed(self, work: UnitOfWork, key: RetrievalId) -> tuple[Way | None, _Wanted | None]:
        """Return the way to a sealed copy, if one holds it all; else what is wanted of which source."""
        retrieval = work.retrievals.load(key)
        if retrieval.state not in UNFINISHED:
            return None, None
        grant = work.grants.load(retrieval.grant_id, None)
        for escrow in work.escrows.sealed(grant.request_id, retrieval.camera_id):
            if holds(escrow, retrieval):
                return Way(escrow=escrow.id), None
        camera = work.cameras.load(retrieval.camera_id)
        if camera.source_id is None or camera.channel is None:
            return None, None
        span = needed(retrieval.ask)
        offset = work.sources.ahead(camera.source_id, _begin_of(retrieval.ask))
        source = work.sources.load(camera.source_id)
        return None, _Wanted(retrieval, source, camera.channel, span, offset.seconds if offset else 0.0)

    def _shared(self, wanted: _Wanted, mine: UUID) -> Way:
        """Return the way by an original that is kept or being fetched; if there is none, begin one."""
        with self._work() as work:
            permit = self._permit()
            source, channel = wanted.source.id, wanted.channel
            work.originals.hold(source, channel)
            for found in work.originals.holding(source, channel, wanted.span, wanted.ahead, work.now):
                if found.copy.files:
                    return Way(original=found.id)
                if _alive(work, found):
                    return Way(waits=True)
                work.originals.drop(found.id)
            until = work.now + BEING_FETCHED
            work.originals.begin(KeptOriginal(mine, source, channel, wanted.span, wanted.ahead, until))
            work.commit(permit)
            return Way(begun=mine)

    def _give_up(self, key: UUID) -> None:
        """Forget an original that was begun and never came."""
        with self._work() as work:
            permit = self._permit()
            found = work.originals.load(key)
            if found is not None and not found.copy.files:
                work.originals.drop(key)
                work.commit(permit)

    def _keep(self, key: UUID, kept: Kept, room: Path, ahead: float, aborted: Aborted) -> None:
        """Seal an original for those who come within some minutes; that it cannot be is no reason to fail."""
        try:
            copy = self._copies.seal(kept, room, _place(key), ahead, aborted)
        except Unavailable as error:
            logger.warning("an original cannot be kept for others: %s", error)
            return
        with self._work() as work:
            permit = self._permit()
            work.originals.keep(key, copy, work.now + self._share)
            work.commit(permit)

    def _opened(self, key: UUID, room: Path, aborted: Aborted) -> tuple[SealedCopy, list[KeptFile]]:
        with self._work() as work:
            self._permit()
            found = work.originals.load(key)
        try:
            if found is not None and found.copy.files:
                return found.copy, self._copies.open(found.copy, _place(key), room, aborted)
        except SourceFault as fault:
            if fault.slug != "sealed-copy-damaged":
                raise
        with self._work() as work:
            permit = self._permit()
            work.originals.drop(key)
            work.commit(permit)
        raise Unavailable("kept-original-gone")

    def _released(self, key: EscrowId, attempt: Retrieval) -> SealedCopy:
        """Return a sealed copy for an attempt whose grant is live at this moment; the trace has it first."""
        with self._work() as work:
            locked = work.locks.over(attempt.person_id, attempt.camera_id)  # before a row is held, as the gate wants it
            grant = work.grants.load(attempt.grant_id, None, lock=True)
            retrieval = work.retrievals.load(attempt.id)
            if retrieval.attempt != attempt.attempt:
                raise Conflict("attempt-superseded", given=attempt.attempt, current=retrieval.attempt)
            escrow = work.escrows.load(key, lock=True)
            found = facts.of_footage(
                grant, retrieval.person_id, escrow.camera_id, retrieval.ask, Quota(0, 0, 0), work.now,
                facts.KEPT_WITH_FACES,
            )  # fmt: skip
            found |= facts.of_locks(locked)
            permit = self._policy.require(self._caller, "escrow:release", {Role.WORKER}, found)
            change = release(escrow, grant, retrieval, work.now)
            work.escrows.save(escrow, change.after)
            work.audit.append(permit, change.entries, case=escrow.request_id)
            work.commit(permit)
            return change.after.copy

    def _cut(
        self, files: Sequence[KeptFile], known: tuple[Missing, ...], ask: Ask, room: Path, folder: Path,
        on_progress: Progress, aborted: Aborted,
    ) -> Fetched:  # fmt: skip
        """Take what is asked from files that lie in `room`; their times are true ones already."""
        true = replace(ask, channel=KEPT, ahead=timedelta(0))
        options = options_of(files, room)
        fetched = self._gateway.fetch(KEPT, options, true, folder, on_progress=on_progress, aborted=aborted)
        return replace(fetched, missing=_with_reasons(fetched.missing, known))


def needed(ask: Ask) -> TimeSpan:
    """Return what must be at hand to answer an ask as the source itself would."""
    if isinstance(ask, ClipAsk):
        return TimeSpan(ask.span.begin - AROUND, ask.span.end + AROUND)
    return TimeSpan(ask.instant - AROUND, ask.instant + AROUND)


def _begin_of(ask: Ask) -> datetime:
    return ask.span.begin if isinstance(ask, ClipAsk) else ask.instant


def _place(key: UUID) -> str:
    return f"kept_original/{key}"


def _alive(work: UnitOfWork, it: KeptOriginal) -> bool:
    return work.originals.is_fetched(it.id)


def _halves(on_progress: Progress, ask: Ask) -> tuple[Progress, Progress]:
    """Return what is told of the fetch, as the first half of the way, and of the work on it, as the second."""
    whole = ask.span.seconds if isinstance(ask, ClipAsk) else 0.0
    return (lambda done: on_progress(min(done, whole) / 2)), (lambda done: on_progress((whole + done) / 2))


def _with_reasons(parts: tuple[Missing, ...], known: tuple[Missing, ...]) -> tuple[Missing, ...]:
    """Say why parts are missing that were missing already when the files came from the source."""
    told: list[Missing] = []
    for part in parts:
        if part.reason is not MissingReason.NO_RECORDING:
            told.append(part)
            continue
        explained = [Missing(own, it.reason) for it in known if (own := part.span.overlap(it.span))]
        told += explained
        told += [Missing(left, part.reason) for left in missing(part.span, [it.span for it in explained])]
    return tuple(sorted(told, key=lambda it: it.span))
