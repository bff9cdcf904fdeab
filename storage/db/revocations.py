"""The log of revocations, as every process that serves footage follows it."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self
from uuid import UUID

import psycopg
from psycopg import sql

from broker.domain.ids import GrantId
from storage.db.engine import RUNTIME_ROLE
from storage.db.grants import REVOCATION_CHANNEL


class RevocationLog:
    """A connection of its own that reads the log and is woken by notices; a notice may be lost, the log may not."""

    def __init__(self, url: str, timeout: float) -> None:
        """Take the database's URL and the seconds after which a silent database counts as gone."""
        self._url = url
        self._timeout = timeout
        self._connection: psycopg.Connection[tuple[int, UUID]] | None = None

    def __enter__(self) -> Self:
        """Connect and listen; raises OSError or psycopg.Error when the database is away."""
        milliseconds = int(self._timeout * 1000)
        self._connection = psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=2,
            options=f"-c role={RUNTIME_ROLE} -c statement_timeout={milliseconds}",
            application_name="xueliang-revocations",
        )
        self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(REVOCATION_CHANNEL)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _open(self) -> psycopg.Connection[tuple[int, UUID]]:
        if self._connection is None:
            raise RuntimeError("a revocation log is used inside its with block")
        return self._connection

    def newest(self) -> int:
        """Return the number of the newest revocation, 0 when there is none."""
        row = self._open.execute("SELECT coalesce(max(seq), 0) FROM revocation").fetchone()
        return int(row[0]) if row else 0

    def since(self, seq: int) -> Sequence[tuple[int, GrantId]]:
        """Return (number, grant) of every revocation after `seq`, in the order of their commits."""
        rows = self._open.execute("SELECT seq, grant_id FROM revocation WHERE seq > %s ORDER BY seq", [seq])
        return [(number, GrantId(grant)) for number, grant in rows]

    def wait(self, seconds: float) -> None:
        """Sleep until a notice comes or the time is over."""
        for _ in self._open.notifies(timeout=seconds, stop_after=1):
            pass
