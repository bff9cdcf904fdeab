"""Escrow (封存): footage that its source would overwrite before anybody decided, copied and sealed until then.

    SEALING --start--> SEALING --seal--> SEALED --release--> RELEASED --release--> RELEASED
    SEALING --fail--> FAILED        SEALING, SEALED, RELEASED --destroy--> DESTROYED --erase--> DESTROYED

The key of a copy is used for a retrieval under a live grant of the same request and for nothing else, each time with
an event; no person ever reads it. What is destroyed loses its key first, in the transaction of whatever ended it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from broker.domain.errors import Conflict, Forbidden
from broker.domain.footage.grants import STANDING, Grant, GrantState
from broker.domain.footage.media import ClipAsk
from broker.domain.footage.retrievals import Retrieval, RetrievalState
from broker.domain.ids import CameraId, EscrowId, RequestId, SourceId
from broker.domain.oversight.audit import Entry
from broker.domain.requests.access_requests import AccessRequest, Line, RequestItem
from broker.domain.requests.coverage import Missing
from broker.domain.requests.request_states import DEAD, GRANTING, OPEN_ITEMS, RequestState
from broker.domain.time import TimeSpan, merge

PAUSES = tuple(timedelta(minutes=it) for it in (1, 5, 15, 60, 180, 360, 720, 1440))
"""How long is waited after each fault of a source that may pass; there is more time than for an order."""


class EscrowState(StrEnum):
    """Where a sealed copy stands."""

    SEALING = "SEALING"
    SEALED = "SEALED"
    RELEASED = "RELEASED"
    DESTROYED = "DESTROYED"
    FAILED = "FAILED"


class EscrowCommand(StrEnum):
    """What can happen to a sealed copy."""

    START = "start"
    SEAL = "seal"
    RELEASE = "release"
    RESEAL = "reseal"
    DESTROY = "destroy"
    ERASE = "erase"
    FAIL = "fail"


_S, _C = EscrowState, EscrowCommand
TRANSITIONS: dict[tuple[EscrowState, EscrowCommand], EscrowState] = {
    (_S.SEALING, _C.START): _S.SEALING,
    (_S.SEALING, _C.SEAL): _S.SEALED,
    (_S.SEALING, _C.FAIL): _S.FAILED,
    (_S.SEALING, _C.DESTROY): _S.DESTROYED,
    (_S.SEALED, _C.RELEASE): _S.RELEASED,
    (_S.SEALED, _C.RESEAL): _S.SEALED,
    (_S.SEALED, _C.DESTROY): _S.DESTROYED,
    (_S.RELEASED, _C.RELEASE): _S.RELEASED,
    (_S.RELEASED, _C.RESEAL): _S.RELEASED,
    (_S.RELEASED, _C.DESTROY): _S.DESTROYED,
    (_S.DESTROYED, _C.ERASE): _S.DESTROYED,
}

HOLDING = frozenset({_S.SEALED, _S.RELEASED})
"""The states in which there is something that could be opened."""

STILL = HOLDING | {_S.SEALING}
"""The states that a decision against the request ends."""


@dataclass(frozen=True)
class SealedFile:
    """A recorded file as a sealed stream: `digest` and `size` are those of the stream, the rest as in `KeptFile`.

    `stream` numbers the streams of a copy; several parts of time may be served from one.
    """

    stream: int
    digest: str
    size: int
    name: str
    origin: datetime
    span: TimeSpan


@dataclass(frozen=True)
class SealedCopy:
    """Recorded files under one key: what they hold, and what the source did not give, and why.

    Attributes:
        ahead: how many seconds the clock of the source was held to be ahead; the times here are true ones.
        key: the key in its envelope; empty once the copy was destroyed.
    """

    files: tuple[SealedFile, ...]
    missing: tuple[Missing, ...] = ()
    ahead: float = 0.0
    key: bytes = field(default=b"", repr=False)

    @property
    def size(self) -> int:
        return sum({it.stream: it.size for it in self.files}.values())

    @property
    def digests(self) -> frozenset[str]:
        return frozenset(it.digest for it in self.files)


NOTHING = SealedCopy(())


@dataclass(frozen=True)
class Escrow:
    """A sealed copy of one camera and span, made for one request.

    Attributes:
        overwritten_at: when the source is expected to begin to overwrite the span.
        reason: why it was destroyed, or the slug of the fault it failed with.
    """

    id: EscrowId
    request_id: RequestId
    camera_id: CameraId
    source_id: SourceId
    span: TimeSpan
    overwritten_at: datetime
    state: EscrowState = EscrowState.SEALING
    attempt: int = 0
    copy: SealedCopy = NOTHING
    reason: str = ""
    made_at: datetime | None = None
    sealed_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 0

    @property
    def stream(self) -> str:
        return f"escrow/{self.id}"

    @property
    def place(self) -> str:
        """Where the envelope of its key is stored, which it is bound to."""
        return f"{self.stream}/key"


@dataclass(frozen=True)
class EscrowChange:
    """A sealed copy after a command, with what is to be written in the trace."""

    after: Escrow
    entries: tuple[Entry, ...]


def endangered(span: TimeSpan, keeps: timedelta, until: datetime, now: datetime) -> bool:
    """Say whether a source that keeps recordings so long loses some of a span before `until`, and still has some."""
    return span.begin + keeps < until and span.end + keeps > now


def order(escrow: Escrow, at: datetime) -> EscrowChange:
    """Return the first version: the copy is to be made."""
    data = {
        "request": str(escrow.request_id),
        "camera": str(escrow.camera_id),
        "begin": escrow.span.begin.isoformat(),
        "end": escrow.span.end.isoformat(),
        "overwritten_at": escrow.overwritten_at.isoformat(),
    }
    after = replace(escrow, version=1, made_at=at)
    return EscrowChange(after, (Entry(escrow.stream, "escrow:ordered", data),))


def start(escrow: Escrow) -> EscrowChange:
    """Begin an attempt; a second start makes the first one void."""
    after = _step(escrow, EscrowCommand.START, attempt=escrow.attempt + 1)
    return EscrowChange(after, (Entry(escrow.stream, "escrow:started", {"attempt": after.attempt}),))


def accept(escrow: Escrow, attempt: int, copy: SealedCopy, at: datetime) -> EscrowChange:
    """Take the copy of an attempt.

    Raises:
        Conflict: the attempt is not the current one, or nobody wants the copy any more.
    """
    if attempt != escrow.attempt:
        raise Conflict("attempt-superseded", given=attempt, current=escrow.attempt)
    after = _step(escrow, EscrowCommand.SEAL, copy=copy, sealed_at=at)
    data = {
        "attempt": attempt,
        "streams": sorted(copy.digests),
        "size": copy.size,
        "ahead": copy.ahead,
        "missing": [[it.span.begin.isoformat(), it.span.end.isoformat(), it.reason] for it in copy.missing],
    }
    return EscrowChange(after, (Entry(escrow.stream, "escrow:sealed", data),))


def release(escrow: Escrow, grant: Grant, retrieval: Retrieval, now: datetime) -> EscrowChange:
    """Let the key be used for one attempt at a retrieval; the only way in which it is ever used.

    Raises:
        Forbidden: the grant is not live, is of another request, or does not hold this person, camera and span.
        Conflict: nothing is sealed, or no longer.
    """
    if not releases(escrow, grant, retrieval, now):
        raise Forbidden("escrow-not-released")
    after = _step(escrow, EscrowCommand.RELEASE)
    data = {"grant": str(grant.id), "retrieval": str(retrieval.id), "attempt": retrieval.attempt}
    return EscrowChange(after, (Entry(escrow.stream, "escrow:released", data),))


def reseal(escrow: Escrow, envelope: bytes) -> EscrowChange:
    """Take the same key in another envelope, after the key that seals keys was changed."""
    after = _step(escrow, EscrowCommand.RESEAL, copy=replace(escrow.copy, key=envelope))
    return EscrowChange(after, (Entry(escrow.stream, "escrow:resealed"),))


def releases(escrow: Escrow, grant: Grant, retrieval: Retrieval, now: datetime) -> bool:
    """Say whether a grant opens a sealed copy for an attempt at a retrieval; whatever is not said here, does not."""
    return (
        escrow.state in HOLDING
        and grant.request_id == escrow.request_id
        and grant.state_at(now) is GrantState.ACTIVE
        and retrieval.state is RetrievalState.FETCHING
        and retrieval.grant_id == grant.id
        and retrieval.person_id in grant.persons
        and retrieval.camera_id == escrow.camera_id
        and retrieval.action in grant.terms.actions
        and grant.covers(escrow.camera_id, retrieval.ask)
        and holds(escrow, retrieval)
    )


def holds(escrow: Escrow, retrieval: Retrieval) -> bool:
    """Say whether all that a retrieval asks for lies within the span of a sealed copy."""
    ask = retrieval.ask
    if isinstance(ask, ClipAsk):
        return escrow.span.holds(ask.span)
    return escrow.span.holds_instant(ask.instant)


def sealed_of(camera: CameraId, span: TimeSpan, copies: Iterable[Escrow]) -> tuple[TimeSpan, ...]:
    """Return what of a line is in sealed copies, whatever the source still has."""
    files = (it.span for copy in copies if copy.camera_id == camera for it in copy.copy.files)
    return tuple(part for held in merge(files) if (part := held.overlap(span)))


def destroy(escrow: Escrow, reason: str, at: datetime) -> EscrowChange:
    """Take the key away: from here on nobody can open the copy. Its bytes are erased afterwards.

    Raises:
        Conflict: it has ended already.
    """
    shredded = replace(escrow.copy, key=b"")
    after = _step(escrow, EscrowCommand.DESTROY, copy=shredded, reason=reason, ended_at=at)
    return EscrowChange(after, (Entry(escrow.stream, "escrow:destroyed", {"reason": reason}),))


def erase(escrow: Escrow) -> EscrowChange:
    """Note that the bytes of a destroyed copy are gone too."""
    after = _step(escrow, EscrowCommand.ERASE, copy=NOTHING)
    return EscrowChange(after, (Entry(escrow.stream, "escrow:erased", {"streams": sorted(escrow.copy.digests)}),))


def fail(escrow: Escrow, reason: str, at: datetime) -> EscrowChange:
    """Note that there will be no copy."""
    after = _step(escrow, EscrowCommand.FAIL, reason=reason, ended_at=at)
    return EscrowChange(after, (Entry(escrow.stream, "escrow:failed", {"error": reason}),))


def fallen(escrow: Escrow, request: AccessRequest, grants: Collection[Grant], now: datetime) -> str:
    """Return why a copy has no ground any more, empty while it has: somebody may still decide, or a grant stands.

    A return for supplement keeps it; the next revision ends it unless it still asks for some of it.
    """
    if request.state in DEAD - {RequestState.RETURNED}:
        return request.state.lower()
    if request.state is RequestState.RETURNED:
        return ""
    lines = [(item, line) for item in request.items for line in item.lines if _about(escrow, line)]
    if not lines:
        return "not-asked"
    if any(_open(request, item, line) or _granted(item, line, grants, now) for item, line in lines):
        return ""
    granted = any(grant.item_id == item.id for item, _ in lines for grant in grants)
    return "grants-ended" if granted else "refused"


def _about(escrow: Escrow, line: Line) -> bool:
    return line.camera_id == escrow.camera_id and line.asked.overlap(escrow.span) is not None


def _open(request: AccessRequest, item: RequestItem, line: Line) -> bool:
    """Say whether somebody may still allow a line: the center, or the owner what the center left of it."""
    if item.state not in OPEN_ITEMS:
        return False
    return request.state in {RequestState.CENTER_REVIEW, RequestState.EMERGENCY} or line.approved is not None


def _granted(item: RequestItem, line: Line, grants: Iterable[Grant], now: datetime) -> bool:
    """Say whether a grant over a line stands; one that is only just being issued counts too."""
    if item.state not in GRANTING or line.authorized is None:
        return False
    issued = [grant for grant in grants if grant.item_id == item.id]
    return not issued or any(grant.state_at(now) in STANDING for grant in issued)


def _step(escrow: Escrow, command: EscrowCommand, **changes: object) -> Escrow:
    state = TRANSITIONS.get((escrow.state, command))
    if state is None:
        allowed = ", ".join(c for (s, c) in TRANSITIONS if s is escrow.state)
        raise Conflict("transition-refused", subject="escrow", state=escrow.state, command=command, allowed=allowed)
    return replace(escrow, state=state, version=escrow.version + 1, **changes)  # type: ignore[arg-type]  # fields by name
