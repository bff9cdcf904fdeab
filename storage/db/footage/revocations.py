"""The log of stops: written in the transaction of what stops footage, awaited until every process has acted on it."""

import contextlib
import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, insert, literal, select
from sqlalchemy.exc import SQLAlchemyError

from broker.domain.footage.stops import Stop
from storage.db.tables import replica, revocation

CHANNEL = "xueliang_revocation"
LEASE = 1.0
"""Seconds for which a process that has read the log may serve without reading it again."""

MARGIN = 0.05
"""Seconds beyond the lease after which a silent process counts as stopped: clocks do not run quite alike."""

_FIRST_LOOK, _LAST_LOOK = 0.001, 0.02  # seconds between two looks at the processes: short at first, then longer


class StopRepository:
    """Collects the stops of one transaction and writes them at its end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._noted: dict[Stop, None] = {}

    def note(self, stop: Stop) -> None:
        """Have a stop written when the unit of work commits."""
        self._noted[stop] = None

    def write(self, at: datetime) -> int | None:
        """Write what was noted and wake every process; return the last number, None when nothing was noted.

        The lock makes the order of numbers the order of commits, so that a reader never steps over a late one. It is
        taken last, right before the commit: nobody who holds it waits for anything else.
        """
        if not self._noted:
            return None
        self._connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(CHANNEL))))
        rows = [{"kind": stop.kind.value, "key": stop.key, "at": at} for stop in self._noted]
        self._noted = {}
        written = self._connection.execute(insert(revocation).returning(revocation.c.seq), rows).scalars()
        last = max(written)
        self._connection.execute(select(func.pg_notify(CHANNEL, str(last))))
        return int(last)


@dataclass(frozen=True)
class Barrier:
    """A stop that was committed: its number, and when by this process's clock."""

    seq: int
    committed: float

    def wait(self, connection: Connection) -> None:
        """Return when nothing that the stop forbids can leave any process any more.

        Each process either says that it has acted, or is struck off for its silence and has no lease by then. Both
        may be unknown, when the database is away from here; then the time itself answers: a lease that is valid one
        lease after the commit was given for a reading of the log that has seen the stop. The connection is the one
        that wrote the stop: to wait for one of the pool could take longer than all that is waited for here.
        """
        pause, end = _FIRST_LOOK, self.committed + LEASE + MARGIN
        with contextlib.suppress(SQLAlchemyError):
            connection.rollback()  # whatever was read after the commit
            connection.execution_options(isolation_level="AUTOCOMMIT")
            while (left := end - time.monotonic()) > 0 and not self._reached(connection):
                time.sleep(min(pause, left))
                pause = min(pause * 1.5, _LAST_LOOK)
            return
        time.sleep(max(0.0, end - time.monotonic()))

    def _reached(self, connection: Connection) -> bool:
        behind = replica.c.acked_seq < self.seq
        if not connection.execute(select(exists().where(behind))).scalar_one():
            return True
        # Struck off, not only passed over: an answer that comes later finds no row and earns no lease.
        silence = func.make_interval(0, 0, 0, 0, 0, 0, replica.c.lease + literal(MARGIN))
        silent = replica.c.heartbeat < func.clock_timestamp() - silence
        connection.execute(delete(replica).where(behind, silent))
        return False
