"""The grant: the permit of one owning department for named persons, cameras, footage, time and amount.

All facts of one decision come from one grant: never the window of one and the quota of another.

    ISSUED <--suspend, resume--> SUSPENDED        both --revoke--> REVOKED        ISSUED --exhaust--> EXHAUSTED
    SCHEDULED, ACTIVE and EXPIRED are what the clock makes of the first two; nothing has to run for a grant to expire.

Nothing brings a grant back from EXPIRED, EXHAUSTED or REVOKED. What was fetched under an exhausted grant may be taken
until its validity ends, so that a revocation still has something to end there.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from broker.domain.errors import Conflict, Invalid
from broker.domain.footage.media import Ask, ClipAsk
from broker.domain.ids import CameraId, DepartmentId, GrantId, ItemId, LineId, PersonId, RequestId
from broker.domain.oversight.audit import Entry
from broker.domain.time import TimeSpan


class Action(StrEnum):
    """What a grant allows to do with footage."""

    SNAPSHOT = "snapshot"
    CLIP = "clip"


class Condition(StrEnum):
    """What a grant asks of whoever looks; a decision may lay conditions on, never take one away."""

    VIEW_ONLY = "view_only"  # looked at where the broker shows it, never handed over as a file
    REDACTION = "redaction"  # faces are found and made unreadable first; refused where that cannot be done
    NO_SOUND = "no_sound"  # pictures only, also where they are handed over as they were recorded


class GrantState(StrEnum):
    """What is stored (ISSUED, SUSPENDED, REVOKED, EXHAUSTED) and what the clock makes of it."""

    ISSUED = "ISSUED"
    SCHEDULED = "SCHEDULED"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    EXPIRED = "EXPIRED"
    EXHAUSTED = "EXHAUSTED"
    REVOKED = "REVOKED"


class GrantCommand(StrEnum):
    """What can happen to a grant."""

    SUSPEND = "suspend"
    RESUME = "resume"
    EXHAUST = "exhaust"
    REVOKE = "revoke"


_S, _C = GrantState, GrantCommand
TRANSITIONS: dict[tuple[GrantState, GrantCommand], GrantState] = {
    (_S.SCHEDULED, _C.SUSPEND): _S.SUSPENDED,
    (_S.SCHEDULED, _C.REVOKE): _S.REVOKED,
    (_S.ACTIVE, _C.SUSPEND): _S.SUSPENDED,
    (_S.ACTIVE, _C.EXHAUST): _S.EXHAUSTED,
    (_S.ACTIVE, _C.REVOKE): _S.REVOKED,
    (_S.SUSPENDED, _C.RESUME): _S.ISSUED,
    (_S.SUSPENDED, _C.REVOKE): _S.REVOKED,
    (_S.EXHAUSTED, _C.REVOKE): _S.REVOKED,
}
"""From the state that holds now; none of EXPIRED, EXHAUSTED and REVOKED leads back to life."""

STANDING = frozenset({_S.SCHEDULED, _S.ACTIVE, _S.SUSPENDED})
"""The states of a grant that is not over: under it footage may be ordered now, later, or once it goes on."""


class Level(IntEnum):
    """Who suspended a grant: only the same level or a higher one may let it go on."""

    OWNER = 1
    CENTER = 2


SHORTEST_SIDE, LONGEST_SIDE = 160, 8192
"""Between these, in pixels, terms may limit the longer side of pictures."""

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
    """What may be done, for how long, and how much; each authority may only narrow them.

    Attributes:
        actions: what kinds of footage may be ordered.
        validity: for how long.
        quota: how much.
        conditions: what is asked of whoever looks.
        originals: whether footage may be handed over as it was recorded; else every copy is watermarked. It has to be
            asked for, and an authority may leave it out.
        longest_side: the most pixels a side of a picture may have; None: as recorded.
    """

    actions: frozenset[Action] = frozenset(Action)
    validity: timedelta = DEFAULT_VALIDITY
    quota: Quota = Quota()
    conditions: frozenset[Condition] = frozenset()
    originals: bool = False
    longest_side: int | None = None

    def __post_init__(self) -> None:
        if not self.actions:
            raise Invalid("no-action", pointer="/terms/actions", allowed=", ".join(Action))
        if not timedelta(0) < self.validity <= LONGEST_VALIDITY:
            raise Invalid("validity-out-of-range", pointer="/terms/valid_days", longest=LONGEST_VALIDITY.days)
        if min(self.quota.snapshots, self.quota.seconds, self.quota.bytes) < 0:
            raise Invalid("negative-quota", pointer="/terms/quota")
        if self.longest_side is not None and not SHORTEST_SIDE <= self.longest_side <= LONGEST_SIDE:
            raise Invalid("longest-side-range", pointer="/terms/longest_side", least=SHORTEST_SIDE, most=LONGEST_SIDE)

    def within(self, other: "Terms") -> bool:
        """Say whether these terms allow nothing that the others do not; more conditions are narrower."""
        return (
            self.actions <= other.actions
            and self.validity <= other.validity
            and self.quota.within(other.quota)
            and self.conditions >= other.conditions
            and self.originals <= other.originals
            and (other.longest_side is None or (self.longest_side or LONGEST_SIDE + 1) <= other.longest_side)
        )


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
    emergency: bool = False
    renews: GrantId | None = None
    suspended_by: Level | None = None
    version: int = 0

    @property
    def stream(self) -> str:
        return f"grant/{self.id}"

    def state_at(self, now: datetime) -> GrantState:
        """Return the state that holds at `now`: expiry is a fact of the clock, never of a clean-up job."""
        if self.state not in {GrantState.ISSUED, GrantState.SUSPENDED}:
            return self.state
        if now >= self.valid.end:
            return GrantState.EXPIRED
        if self.state is GrantState.SUSPENDED:
            return GrantState.SUSPENDED
        return GrantState.ACTIVE if now >= self.valid.begin else GrantState.SCHEDULED

    def hands_over(self, now: datetime) -> bool:
        """Say whether a finished result may still be taken away: used up is no reason to keep back what was fetched."""
        return self.state_at(now) is GrantState.ACTIVE or (self.state is GrantState.EXHAUSTED and now < self.valid.end)

    def revocable(self, now: datetime) -> bool:
        """Say whether a revocation would end anything."""
        return self.state_at(now) in STANDING or self.hands_over(now)

    def windows_of(self, camera: CameraId) -> tuple[TimeSpan, ...]:
        return tuple(line.window for line in self.lines if line.camera_id == camera)

    def covers(self, camera: CameraId, ask: Ask) -> bool:
        """Say whether one line of this grant holds the whole of what is asked."""
        windows = self.windows_of(camera)
        if isinstance(ask, ClipAsk):
            return any(window.holds(ask.span) for window in windows)
        return any(window.holds_instant(ask.instant) for window in windows)

    @property
    def used_up(self) -> bool:
        """Say whether nothing more can be ordered: every kind of footage it allows has reached its quota."""
        spent = {
            Action.SNAPSHOT: self.used.snapshots >= self.terms.quota.snapshots,
            Action.CLIP: self.used.seconds >= self.terms.quota.seconds,
        }
        return all(spent[action] for action in self.terms.actions)

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
                    "conditions": sorted(grant.terms.conditions),
                    "originals": grant.terms.originals,
                    "longest_side": grant.terms.longest_side,
                    "emergency": grant.emergency,
                    "valid_from": grant.valid.begin.isoformat(),
                    "valid_until": grant.valid.end.isoformat(),
                },
            ),
        ),
    )


def _step(grant: Grant, command: GrantCommand, at: datetime, **changes: object) -> Grant:
    state = grant.state_at(at)
    after = TRANSITIONS.get((state, command))
    if after is None:
        allowed = ", ".join(c for (s, c) in TRANSITIONS if s is state)
        raise Conflict("transition-refused", subject="grant", state=state, command=command, allowed=allowed)
    return replace(grant, state=after, version=grant.version + 1, **changes)  # type: ignore[arg-type]  # fields by name


def _told(grant: Grant, kind: str, reason: str) -> tuple[Entry, ...]:
    return (Entry(grant.stream, kind, {"request": str(grant.request_id), "reason": reason}),)


def revoke(grant: Grant, reason: str, at: datetime) -> GrantChange:
    """Return the revoked grant.

    Raises:
        Conflict: the grant has ended already; a dead grant stays dead.
    """
    return GrantChange(_step(grant, GrantCommand.REVOKE, at, suspended_by=None), _told(grant, "grant:revoked", reason))


def suspend(grant: Grant, level: Level, reason: str, at: datetime) -> GrantChange:
    """Return the grant without effect until somebody of this level or above lets it go on.

    Raises:
        Conflict: it is suspended already, or has ended.
    """
    after = _step(grant, GrantCommand.SUSPEND, at, suspended_by=level)
    return GrantChange(after, _told(grant, "grant:suspended", reason))


def resume(grant: Grant, level: Level, reason: str, at: datetime) -> GrantChange:
    """Return the grant in effect again; its end has not moved.

    Raises:
        Conflict: it is not suspended, or a higher level suspended it.
    """
    if grant.suspended_by is not None and level < grant.suspended_by:
        raise Conflict("suspended-above", level=grant.suspended_by.name.lower())
    after = _step(grant, GrantCommand.RESUME, at, suspended_by=None)
    return GrantChange(after, _told(grant, "grant:resumed", reason))


def exhaust(grant: Grant, at: datetime) -> GrantChange:
    """Return the grant with its quota used up for good; more is a renewal."""
    return GrantChange(_step(grant, GrantCommand.EXHAUST, at), _told(grant, "grant:exhausted", ""))
