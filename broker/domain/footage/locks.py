"""Locks: a person, a camera or a department is shut at once, whatever was granted before, until the lock is lifted.

A lock needs no decision about a request and ends none: grants stay what they are, and are worth nothing meanwhile.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from broker.domain.errors import Conflict
from broker.domain.footage.stops import Stop, StopKind
from broker.domain.ids import LockId, PersonId
from broker.domain.oversight.audit import Entry


class LockKind(StrEnum):
    """What can be locked; a grant is suspended or revoked instead."""

    PERSON = "person"
    CAMERA = "camera"
    DEPARTMENT = "department"


@dataclass(frozen=True)
class Lock:
    """A lock: `path` is where its target stands in the tree, `level` the subtree whose authority set it.

    The level is "" for the operator, who has the whole tree; `set_by` and `lifted_by` are None for the operator.
    """

    id: LockId
    kind: LockKind
    target_id: UUID
    path: str
    level: str
    reason: str
    set_by: PersonId | None
    set_at: datetime
    lifted_by: PersonId | None = None
    lifted_at: datetime | None = None
    version: int = 0

    @property
    def stream(self) -> str:
        return f"lock/{self.id}"

    @property
    def standing(self) -> bool:
        return self.lifted_at is None

    @property
    def stop(self) -> Stop:
        """What the lock writes into the log that every process follows."""
        key = self.path if self.kind is LockKind.DEPARTMENT else str(self.target_id)
        return Stop(StopKind(self.kind.value), key)


@dataclass(frozen=True)
class LockChange:
    """A lock after a command, with what is to be written in the trace."""

    after: Lock
    entries: tuple[Entry, ...]


def set_lock(lock: Lock) -> LockChange:
    """Return the first version of a lock with its entry."""
    data = {"kind": lock.kind, "target": str(lock.target_id), "level": lock.level, "reason": lock.reason}
    return LockChange(replace(lock, version=1), (Entry(lock.stream, "lock:set", data),))


def lift(lock: Lock, by: PersonId | None, reason: str, at: datetime) -> LockChange:
    """Return the lifted lock; what it ended stays ended.

    Raises:
        Conflict: it was lifted already.
    """
    if not lock.standing:
        raise Conflict("transition-refused", subject="lock", state="LIFTED", command="lift", allowed="")
    after = replace(lock, lifted_by=by, lifted_at=at, version=lock.version + 1)
    data = {"kind": lock.kind, "target": str(lock.target_id), "reason": reason}
    return LockChange(after, (Entry(lock.stream, "lock:lifted", data),))
