"""The retrieval: one snapshot or clip, ordered by one person under one grant.

A result is accepted only from the attempt that is current, so a worker that was given up delivers nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from broker.domain.audit import Entry
from broker.domain.errors import Conflict
from broker.domain.grants import Action, Quota
from broker.domain.ids import CameraId, GrantId, PersonId, RetrievalId
from broker.domain.media import Ask, Capture, ClipAsk


class RetrievalState(StrEnum):
    """Where a retrieval stands."""

    QUEUED = "QUEUED"
    FETCHING = "FETCHING"
    READY = "READY"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"


class RetrievalCommand(StrEnum):
    """What can happen to a retrieval."""

    START = "start"
    ACCEPT = "accept"
    DELIVER = "deliver"
    FAIL = "fail"
    ABORT = "abort"


_S, _C = RetrievalState, RetrievalCommand
TRANSITIONS: dict[tuple[RetrievalState, RetrievalCommand], RetrievalState] = {
    (_S.QUEUED, _C.START): _S.FETCHING,
    (_S.FETCHING, _C.START): _S.FETCHING,  # taken over from a worker that is gone: the next attempt
    (_S.FETCHING, _C.ACCEPT): _S.READY,
    (_S.READY, _C.DELIVER): _S.DELIVERED,
    (_S.QUEUED, _C.FAIL): _S.FAILED,
    (_S.FETCHING, _C.FAIL): _S.FAILED,
    (_S.QUEUED, _C.ABORT): _S.ABORTED,
    (_S.FETCHING, _C.ABORT): _S.ABORTED,
    (_S.READY, _C.ABORT): _S.ABORTED,
}

UNFINISHED = frozenset({RetrievalState.QUEUED, RetrievalState.FETCHING})
"""The states that still wait for a result; a failure would give the quota back."""

IN_FLIGHT = UNFINISHED | {RetrievalState.READY}
"""The states that a revocation ends."""

WHOLE = frozenset({RetrievalState.READY, RetrievalState.DELIVERED})
"""The states in which there is something to download."""


@dataclass(frozen=True)
class Retrieval:
    """An order and what became of it; `digest` is the SHA-256 of the result, `size` its bytes."""

    id: RetrievalId
    grant_id: GrantId
    person_id: PersonId
    camera_id: CameraId
    ask: Ask
    state: RetrievalState = RetrievalState.QUEUED
    attempt: int = 0
    capture: Capture | None = None
    digest: str = ""
    size: int = 0
    progress: float = 0.0
    error: str = ""
    error_facts: dict[str, object] | None = None
    ordered_at: datetime | None = None
    ready_at: datetime | None = None
    held: str = ""
    version: int = 0

    @property
    def stream(self) -> str:
        return f"retrieval/{self.id}"

    @property
    def action(self) -> Action:
        return action_of(self.ask)


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


def asked(ask: Ask) -> dict[str, object]:
    """Return the ask as plain values for the trace."""
    if isinstance(ask, ClipAsk):
        return {"action": Action.CLIP, "begin": ask.span.begin.isoformat(), "end": ask.span.end.isoformat()}
    return {"action": Action.SNAPSHOT, "instant": ask.instant.isoformat()}


def order(retrieval: Retrieval, at: datetime) -> RetrievalChange:
    """Return the first version of an order."""
    data = {"grant": str(retrieval.grant_id), "camera": str(retrieval.camera_id), **asked(retrieval.ask)}
    after = replace(retrieval, version=1, ordered_at=at)
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:ordered", data),))


def start(retrieval: Retrieval) -> RetrievalChange:
    """Begin an attempt; a second start of the same retrieval is a take-over and makes the first one void."""
    after = _step(retrieval, RetrievalCommand.START, attempt=retrieval.attempt + 1, progress=0.0)
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:started", {"attempt": after.attempt}),))


def accept(
    retrieval: Retrieval, attempt: int, capture: Capture, digest: str, size: int, at: datetime
) -> RetrievalChange:
    """Take the result of an attempt.

    Raises:
        Conflict: the attempt is not the current one, or the retrieval has ended.
    """
    if attempt != retrieval.attempt:
        raise Conflict("attempt-superseded", given=attempt, current=retrieval.attempt)
    after = _step(
        retrieval,
        RetrievalCommand.ACCEPT,
        capture=capture,
        digest=digest,
        size=size,
        ready_at=at,
    )
    data: dict[str, object] = {
        "attempt": attempt,
        "digest": digest,
        "size": size,
        "frames": capture.frames,
        "first": capture.first.isoformat(),
        "last": capture.last.isoformat(),
        "obtained": [[span.begin.isoformat(), span.end.isoformat()] for span in capture.obtained],
    }
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:ready", data),))


def deliver(retrieval: Retrieval, sent: int) -> RetrievalChange:
    """Note that the whole result has reached its person."""
    after = _step(retrieval, RetrievalCommand.DELIVER)
    return RetrievalChange(after, (Entry(retrieval.stream, "retrieval:delivered", {"bytes": sent}),))


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
