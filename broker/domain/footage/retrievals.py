"""The retrieval: one snapshot or clip, ordered by one person under one grant.

A result is accepted only from the attempt that is current, so a worker that was given up delivers nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from broker.domain.errors import Conflict, Unknown
from broker.domain.footage.grants import Action, Grant, Quota
from broker.domain.footage.media import Ask, Capture, ClipAsk
from broker.domain.ids import CameraId, GrantId, PersonId, RetrievalId
from broker.domain.oversight.audit import Entry
from broker.domain.requests.coverage import Missing
from broker.domain.time import TimeSpan


class RetrievalState(StrEnum):
    """Where a retrieval stands."""

    QUEUED = "QUEUED"
    FETCHING = "FETCHING"
    READY = "READY"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"
    PURGED = "PURGED"  # what was fetched is gone, what is known of it stays


class RetrievalCommand(StrEnum):
    """What can happen to a retrieval."""

    START = "start"
    ACCEPT = "accept"
    DELIVER = "deliver"
    POSTPONE = "postpone"
    FAIL = "fail"
    ABORT = "abort"
    PURGE = "purge"


_S, _C = RetrievalState, RetrievalCommand
TRANSITIONS: dict[tuple[RetrievalState, RetrievalCommand], RetrievalState] = {
    (_S.QUEUED, _C.START): _S.FETCHING,
    (_S.FETCHING, _C.START): _S.FETCHING,  # taken over from a worker that is gone: the next attempt
    (_S.FETCHING, _C.POSTPONE): _S.QUEUED,  # a fault that may pass: tried again later
    (_S.FETCHING, _C.ACCEPT): _S.READY,
    (_S.READY, _C.DELIVER): _S.DELIVERED,
    (_S.QUEUED, _C.FAIL): _S.FAILED,
    (_S.FETCHING, _C.FAIL): _S.FAILED,
    (_S.QUEUED, _C.ABORT): _S.ABORTED,
    (_S.FETCHING, _C.ABORT): _S.ABORTED,
    (_S.READY, _C.ABORT): _S.ABORTED,
    (_S.READY, _C.PURGE): _S.PURGED,
    (_S.DELIVERED, _C.PURGE): _S.PURGED,
    (_S.ABORTED, _C.PURGE): _S.PURGED,  # aborted with a result that was never fetched away
}

PAUSES = tuple(timedelta(seconds=it) for it in (5, 15, 45, 120, 300))
"""How long is waited after each fault of a source that may pass; after as many tries and one more it is given up."""

URGENT = 1000
"""The rank of an emergency, and the end of the scale on the other side."""

UNFINISHED = frozenset({RetrievalState.QUEUED, RetrievalState.FETCHING})
"""The states that still wait for a result; a failure would give the quota back."""

IN_FLIGHT = UNFINISHED | {RetrievalState.READY}
"""The states that a revocation ends."""

WHOLE = frozenset({RetrievalState.READY, RetrievalState.DELIVERED})
"""The states in which there is something to download."""


@dataclass(frozen=True)
class EvidenceItem:
    """One file of a result: `digest` is its SHA-256, `size` its bytes, `sm3` its SM3 digest where that is kept."""

    number: int
    digest: str
    size: int
    capture: Capture
    sm3: str = ""


@dataclass(frozen=True)
class Retrieval:
    """An order and what became of it.

    Attributes:
        original: whether it was ordered as it was recorded, which the grant has to allow.
        items: the files of the result, in order of time; more than one where the recording changes its codec.
        missing: what of the span asked for has no pictures, and why.
        ahead: how many seconds the clock of the source was held to be ahead; None while nobody has looked.
    """

    id: RetrievalId
    grant_id: GrantId
    person_id: PersonId
    camera_id: CameraId
    ask: Ask
    state: RetrievalState = RetrievalState.QUEUED
    attempt: int = 0
    original: bool = False
    items: tuple[EvidenceItem, ...] = ()
    missing: tuple[Missing, ...] = ()
    ahead: float | None = None
    progress: float = 0.0
    error: str = ""
    error_facts: dict[str, object] | None = None
    ordered_at: datetime | None = None
    ready_at: datetime | None = None
    held: str = ""
    purged_at: datetime | None = None
    version: int = 0

    @property
    def stream(self) -> str:
        return f"retrieval/{self.id}"

    @property
    def action(self) -> Action:
        return action_of(self.ask)

    @property
    def size(self) -> int:
        """All bytes of the result."""
        return sum(item.size for item in self.items)

    def require_result(self) -> None:
        """Refuse to hand over what is not there.

        Raises:
            Conflict: the result was purged, or there is none yet or any more.
        """
        if self.purged_at is not None:
            raise Conflict("result-purged", at=self.purged_at.isoformat(timespec="seconds"))
        if self.state not in WHOLE:
            raise Conflict("no-result", state=self.state)

    def item(self, number: int) -> EvidenceItem:
        """Return one file of the result, counted from 1; Unknown when there is none of that number."""
        for item in self.items:
            if item.number == number:
                return item
        raise Unknown("unknown-evidence-item", number=number, items=len(self.items))


@dataclass(frozen=True)
class RetrievalChange:
    """A retrieval after a command, with what is to be written in the trace."""

    after: Retrieval
    entries: tuple[Entry, ...]


def action_of(ask: Ask) -> Action:
    """Return which action of a grant an ask needs."""
    return Action.CLIP if isinstance(ask, ClipAsk) else Action.SNAPSHOT


def amount_of(ask: Ask) -> Quota:
    """Return what an order takes of the quota: one picture, or the seconds of footage rounded up."""
    if isinstance(ask, ClipAsk):
        return Quota(snapshots=0, seconds=-int(-ask.span.seconds // 1), bytes=0)
    return Quota(snapshots=1, seconds=0, bytes=0)


def priority_of(grant: Grant, waiting: int) -> int:
    """Return how an order ranks among those that wait, higher first.

    Emergencies come before all. Else the more orders of a department wait already, the later comes its next one, so
    that a department with one question is not kept waiting by another with a hundred.
    """
    return URGENT if grant.emergency else -min(waiting, URGENT)


def asked(ask: Ask) -> dict[str, object]:
    """Return the ask as plain values for the trace."""
    if isinstance(ask, ClipAsk):
        return {"action": Action.CLIP, "begin": ask.span.begin.isoformat(), "end": ask.span.end.isoformat()}
    return {"action": Action.SNAPSHOT, "instant": ask.instant.isoformat()}


def order(retrieval: Retrieval, at: datetime) -> RetrievalChange:
    """Return the first version of an order."""
    data = {"grant": str(retrieval.grant_id), "camera": str(retrieval.camera_id), **asked(retrieval.ask)}
    if retrieval.original:
        data["original"] = True
    after = replace(retrieval, version=1, ordered_at=at)
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:ordered", data),))


def start(retrieval: Retrieval) -> RetrievalChange:
    """Begin an attempt; a second start of the same retrieval is a take-over and makes the first one void."""
    anew = {"attempt": retrieval.attempt + 1, "progress": 0.0, "error": "", "error_facts": None}
    after = _step(retrieval, RetrievalCommand.START, **anew)
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:started", {"attempt": after.attempt}),))


def accept(
    retrieval: Retrieval,
    attempt: int,
    items: tuple[EvidenceItem, ...],
    missing: tuple[Missing, ...],
    ahead: float,
    at: datetime,
) -> RetrievalChange:
    """Take the result of an attempt.

    Raises:
        Conflict: the attempt is not the current one, or the retrieval has ended.
    """
    if attempt != retrieval.attempt:
        raise Conflict("attempt-superseded", given=attempt, current=retrieval.attempt)
    after = _step(retrieval, RetrievalCommand.ACCEPT, items=items, missing=missing, ahead=ahead, ready_at=at)
    data: dict[str, object] = {
        "attempt": attempt,
        "items": [_told(item) for item in items],
        "missing": [[*_ends(it.span), it.reason] for it in missing],
        "ahead": ahead,
    }
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:ready", data),))


def _told(item: EvidenceItem) -> dict[str, object]:
    capture = item.capture
    digests = {"digest": item.digest, "source_digest": capture.source_digest, "sm3": item.sm3}
    return {
        **{name: digest for name, digest in digests.items() if digest},
        "size": item.size,
        "frames": capture.frames,
        "first": capture.first.isoformat(),
        "last": capture.last.isoformat(),
        "obtained": [_ends(span) for span in capture.obtained],
        "notes": list(capture.notes),
    }


def _ends(span: TimeSpan) -> list[str]:
    return [span.begin.isoformat(), span.end.isoformat()]


def deliver(retrieval: Retrieval, sent: int) -> RetrievalChange:
    """Note that the whole result has reached its person."""
    after = _step(retrieval, RetrievalCommand.DELIVER)
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:delivered", {"bytes": sent}),))


def postpone(retrieval: Retrieval, error: str, facts: dict[str, object], until: datetime) -> RetrievalChange:
    """Note that an attempt ended with a fault that may pass, and when the next one is made."""
    after = _step(retrieval, RetrievalCommand.POSTPONE, error=error, error_facts=facts, progress=0.0)
    data = {"attempt": retrieval.attempt, "error": error, "until": until.isoformat()}
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:postponed", data),))


def fail(retrieval: Retrieval, error: str, facts: dict[str, object]) -> RetrievalChange:
    """Note that there will be no result; the service gives the quota back."""
    after = _step(retrieval, RetrievalCommand.FAIL, error=error, error_facts=facts)
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:failed", {"error": error}),))


def abort(retrieval: Retrieval, reason: str) -> RetrievalChange:
    """Stop it for good: the grant was revoked or has expired."""
    after = _step(retrieval, RetrievalCommand.ABORT, error=reason, error_facts={})
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:aborted", {"reason": reason}),))


def _step(retrieval: Retrieval, command: RetrievalCommand, **changes: object) -> Retrieval:
    state = TRANSITIONS.get((retrieval.state, command))
    if state is None:
        allowed = ", ".join(c for (s, c) in TRANSITIONS if s is retrieval.state)
        raise Conflict(
            "transition-refused",
            subject="retrieval",
            state=retrieval.state,
            command=command,
            allowed=allowed,
        )
    return replace(retrieval, state=state, version=retrieval.version + 1, **changes)  # type: ignore[arg-type]  # fields by name


def hold(retrieval: Retrieval, reason: str) -> RetrievalChange:
    """Put the copy under hold: it is kept, whatever retention says, until somebody lifts the hold."""
    after = replace(retrieval, held=reason, version=retrieval.version + 1)
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:held", {"reason": reason}),))


def release(retrieval: Retrieval) -> RetrievalChange:
    """Let retention have its way again: nothing holds the copy any more."""
    after = replace(retrieval, held="", version=retrieval.version + 1)
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:released", {}),))


def purge(retrieval: Retrieval, at: datetime) -> RetrievalChange:
    """Give up the bytes of a result; its description and its digests stay.

    Raises:
        Conflict: there is no result, or it is held.
    """
    if retrieval.held:
        raise Conflict("copy-held")
    if not retrieval.items:
        raise Conflict("no-result", state=retrieval.state)
    after = _step(retrieval, RetrievalCommand.PURGE, purged_at=at)
    data = {"digests": [item.digest for item in retrieval.items], "bytes": retrieval.size}
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:purged", data),))
