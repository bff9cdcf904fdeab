"""The log of stops as every process that serves footage follows it, and the list of those processes."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self
from uuid import UUID

import psycopg
from psycopg import sql

from broker.domain.footage.stops import Stop, StopKind
from storage.db.engine import RUNTIME_ROLE
from storage.db.footage.revocations import CHANNEL

Row = tuple[int, str, str]


class RevocationLog:
    """A connection of its own that reads the log and is woken by notices; a notice may be lost, the log may not."""

    def __init__(self, url: str, replica: UUID, lease: float) -> None:
        """Take the database's URL, the id of this process, and the seconds for which a reading lets it serve."""
        self._url = url
        self._replica = replica
        self._lease = lease
        self._connection: psycopg.Connection[Row] | None = None

    def __enter__(self) -> Self:
        """Connect and listen; raises OSError or psycopg.Error when the database is away."""
        milliseconds = int(self._lease * 1000)
        self._connection = psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=2,
            keepalives_idle=2,  # a database that vanished without a word is noticed in seconds, not in hours
            keepalives_interval=1,
            keepalives_count=3,
            tcp_user_timeout=3000,
            options=f"-c role={RUNTIME_ROLE} -c statement_timeout={milliseconds}",
            application_name="xueliang-revocations",
        )
        self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _open(self) -> psycopg.Connection[Row]:
        if self._connection is None:
            raise RuntimeError("a revocation log is used inside its with block")
        return self._connection

    def newest(self) -> int:
        """Return the number of the newest stop, 0 when there is none."""
        row = self._open.execute("SELECT coalesce(max(seq), 0) FROM revocation").fetchone()
        return int(row[0]) if row else 0

    def since(self, seq: int) -> Sequence[tuple[int, Stop]]:
        """Return (number, stop) of every stop after `seq`, in the order of their commits."""
        rows = self._open.execute("SELECT seq, kind, key FROM revocation WHERE seq > %s ORDER BY seq", [seq])
        return [(number, Stop(StopKind(kind), key)) for number, kind, key in rows]

    def acknowledge(self, seq: int) -> bool:
        """Say that this process acted on everything up to `seq`; False when it was not on the list.

        Then it is entered, and has to read the log once more: what was committed before it was on the list waited for
        nobody here. A process that was silent for so long that it was struck off comes back in the same way.
        """
        answered = self._open.execute(
            "UPDATE replica SET acked_seq = %s, heartbeat = clock_timestamp() WHERE id = %s", [seq, self._replica]
        )
        if answered.rowcount == 1:
            return True
        self._open.execute(
            "INSERT INTO replica (id, acked_seq, heartbeat, lease) VALUES (%s, %s, clock_timestamp(), %s)",
            [self._replica, seq, self._lease],
        )
        return False

    def leave(self) -> None:
        """Take this process off the list; its lease must be over."""
        self._open.execute("DELETE FROM replica WHERE id = %s", [self._replica])

    def wait(self, seconds: float) -> None:
        """Sleep until a notice comes or the time is over."""
        for _ in self._open.notifies(timeout=seconds, stop_after=1):
            pass
