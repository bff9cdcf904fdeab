"""The grant: the permit of one owning department for named persons, cameras, footage, time and amount.

All facts of one decision come from one grant: never the window of one and the quota of another.

    ISSUED --revoke--> REVOKED
    SCHEDULED, ACTIVE and EXPIRED are what the clock makes of ISSUED; nothing has to run for a grant to expire.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from broker.domain.audit import Entry
from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import CameraId, DepartmentId, GrantId, ItemId, LineId, PersonId, RequestId
from broker.domain.media import Ask, ClipAsk
from broker.domain.time import TimeSpan


class Action(StrEnum):
    """What a grant allows to do with footage."""

    SNAPSHOT = "snapshot"
    CLIP = "clip"


class GrantState(StrEnum):
    """What is stored (ISSUED, REVOKED) and what the clock makes of ISSUED."""

    ISSUED = "ISSUED"
    SCHEDULED = "SCHEDULED"
    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


class GrantCommand(StrEnum):
    """What a person can do to a grant."""

    REVOKE = "revoke"


TRANSITIONS: dict[tuple[GrantState, GrantCommand], GrantState] = {
    (GrantState.SCHEDULED, GrantCommand.REVOKE): GrantState.REVOKED,
    (GrantState.ACTIVE, GrantCommand.REVOKE): GrantState.REVOKED,
}

DEFAULT_VALIDITY = timedelta(days=7)
LONGEST_VALIDITY = timedelta(days=30)


@dataclass(frozen=True)
class Quota:
    """How much may be taken: pictures, seconds of footage, bytes delivered."""

    snapshots: int = 200
    seconds: int = 4 * 3600
    bytes: int = 20 * 1024**3

    def within(self, other: "Quota") -> bool:
        return self.snapshots <= other.snapshots and self.seconds <= other.seconds and self.bytes <= other.bytes


@dataclass(frozen=True)
class Terms:
    """What may be done, for how long, and how much; each authority may only narrow them."""

    actions: frozenset[Action] = frozenset(Action)
    validity: timedelta = DEFAULT_VALIDITY
    quota: Quota = Quota()

    def __post_init__(self) -> None:
        if not self.actions:
            raise Invalid("no-action", pointer="/terms/actions", allowed=", ".join(Action))
        if not timedelta(0) < self.validity <= LONGEST_VALIDITY:
            raise Invalid("validity-out-of-range", pointer="/terms/valid_days", longest=LONGEST_VALIDITY.days)
        if min(self.quota.snapshots, self.quota.seconds, self.quota.bytes) < 0:
            raise Invalid("negative-quota", pointer="/terms/quota")

    def within(self, other: "Terms") -> bool:
        return self.actions <= other.actions and self.validity <= other.validity and self.quota.within(other.quota)


@dataclass(frozen=True)
class GrantedLine:
    """One camera and the footage window that may be taken of it."""

    line_id: LineId
    camera_id: CameraId
    window: TimeSpan


@dataclass(frozen=True)
class Grant:
    """A permit; `valid` says when footage may be fetched, each line says what time of footage."""

    id: GrantId
    item_id: ItemId
    request_id: RequestId
    department_id: DepartmentId
    persons: frozenset[PersonId]
    lines: tuple[GrantedLine, ...]
    terms: Terms
    valid: TimeSpan
    state: GrantState = GrantState.ISSUED
    used: Quota = Quota(0, 0, 0)
    version: int = 0

    @property
    def stream(self) -> str:
        return f"grant/{self.id}"

    def state_at(self, now: datetime) -> GrantState:
        """Return the state that holds at `now`: expiry is a fact of the clock, never of a clean-up job."""
        if self.state is not GrantState.ISSUED:
            return self.state
        if now < self.valid.begin:
            return GrantState.SCHEDULED
        return GrantState.ACTIVE if now < self.valid.end else GrantState.EXPIRED

    def windows_of(self, camera: CameraId) -> tuple[TimeSpan, ...]:
        return tuple(line.window for line in self.lines if line.camera_id == camera)

    def covers(self, camera: CameraId, ask: Ask) -> bool:
        """Say whether one line of this grant holds the whole of what is asked."""
        windows = self.windows_of(camera)
        if isinstance(ask, ClipAsk):
            return any(window.holds(ask.span) for window in windows)
        return any(window.holds_instant(ask.instant) for window in windows)

    def leaves(self, amount: Quota) -> bool:
        """Say whether `amount` more stays within the quota."""
        quota, used = self.terms.quota, self.used
        return Quota(
            used.snapshots + amount.snapshots,
            used.seconds + amount.seconds,
            used.bytes + amount.bytes,
        ).within(quota)


@dataclass(frozen=True)
class GrantChange:
    """A grant after a command, with what is to be written in the trace."""

    after: Grant
    entries: tuple[Entry, ...]


def issue(grant: Grant) -> GrantChange:
    """Return the first version of a grant with its entry."""
    return GrantChange(
        after=replace(grant, version=1),
        entries=(
            Entry(
                grant.stream,
                "grant:issued",
                {
                    "request": str(grant.request_id),
                    "item": str(grant.item_id),
                    "persons": sorted(str(person) for person in grant.persons),
                    "lines": [
                        {
                            "camera": str(line.camera_id),
                            "begin": line.window.begin.isoformat(),
                            "end": line.window.end.isoformat(),
                        }
                        for line in grant.lines
                    ],
                    "actions": sorted(grant.terms.actions),
                    "valid_from": grant.valid.begin.isoformat(),
                    "valid_until": grant.valid.end.isoformat(),
                },
            ),
        ),
    )


def revoke(grant: Grant, reason: str, at: datetime) -> GrantChange:
    """Return the revoked grant.

    Raises:
        Conflict: the grant has ended already; a dead grant stays dead.
    """
    state = grant.state_at(at)
    after = TRANSITIONS.get((state, GrantCommand.REVOKE))
    if after is None:
        raise Conflict("transition-refused", subject="grant", state=state, command="revoke", allowed="")
    entry = Entry(grant.stream, "grant:revoked", {"request": str(grant.request_id), "reason": reason})
    return GrantChange(after=replace(grant, state=after, version=grant.version + 1), entries=(entry,))
