"""The sessions a source bears, held by connections: one more than it bears cannot be opened, on whatever machine.

The job engine hands out the jobs of a source one by one for each session; this holds even where it errs, because a
worker that was given up for dead, and lives, still holds its connection and with it the session.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import psycopg

from broker.domain.catalog.catalog import Source
from broker.domain.errors import Unavailable


class SourceSlots:
    """Hands out the sessions of sources.

    Args:
        dsn: of the database; each session that is held is a connection of its own.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    @contextmanager
    def one_of(self, source: Source) -> Iterator[bool]:
        """Hold a session for the block; False when all are in use.

        Raises:
            Unavailable: the database is gone.
        """
        try:
            connection = psycopg.connect(self._dsn, autocommit=True, application_name="xueliang-slot")
        except psycopg.OperationalError as error:
            raise Unavailable("database-unreachable", detail=type(error).__name__) from error
        with connection:
            yield any(_take(connection, f"source:{source.id}:{number}") for number in range(source.sessions))


def _take(connection: psycopg.Connection, name: str) -> bool:
    number = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (number,)).fetchone()
    return row is not None and bool(row[0])
