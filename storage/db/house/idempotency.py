"""Idempotency keys: the mark that a write was done stands in the transaction of the write itself.

So a crash between the write and its answer leaves a mark without an answer, and the same key sent again is told so
instead of being carried out twice.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from storage.db.tables import idempotency

KEPT = timedelta(days=2)


@dataclass(frozen=True)
class Write:
    """A write under a key: who sends it, the key, and what distinguishes the call."""

    owner: str
    key: str
    fingerprint: str


@dataclass(frozen=True)
class Answer:
    """The answer a finished write was given; `status` None when it was lost in a crash."""

    fingerprint: str
    status: int | None
    body: bytes


current_write: ContextVar[Write | None] = ContextVar("current_write", default=None)
"""The write that the running call carries out; set by the door, marked by the unit of work."""


class IdempotencyRepository:
    """Marks writes as done and remembers their answers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def mark(self, write: Write, at: datetime) -> None:
        """Mark a write as done, forgetting the owner's marks that are too old to be asked for."""
        mine = (idempotency.c.owner == write.owner) & (idempotency.c.at <= at - KEPT)
        self._connection.execute(delete(idempotency).where(mine))
        row = {"owner": write.owner, "key": write.key, "fingerprint": write.fingerprint, "at": at}
        self._connection.execute(insert(idempotency).values(row))

    def answered(self, write: Write, status: int, body: bytes) -> None:
        mine = (idempotency.c.owner == write.owner) & (idempotency.c.key == write.key)
        self._connection.execute(update(idempotency).where(mine).values(status=status, body=body))

    def find(self, owner: str, key: str, at: datetime) -> Answer | None:
        fresh = select(idempotency).where(
            idempotency.c.owner == owner,
            idempotency.c.key == key,
            idempotency.c.at > at - KEPT,
        )
        row = self._connection.execute(fresh).one_or_none()
        return None if row is None else Answer(row.fingerprint, row.status, bytes(row.body or b""))
