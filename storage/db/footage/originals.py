"""Originals that were fetched a moment ago, or are being fetched: so that the same footage is fetched once.

A row without a copy says that somebody fetches it; as long as that somebody lives, it holds a lock of its session that
is named after the row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import psycopg
from sqlalchemy import Connection, delete, func, insert, select, update

from broker.domain.errors import Unavailable
from broker.domain.footage.escrows import NOTHING, SealedCopy
from broker.domain.ids import SourceId
from broker.domain.time import TimeSpan
from storage.db.footage.sealed_copies import copied, copy_of
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import kept_original


@dataclass(frozen=True)
class KeptOriginal:
    """An original of one channel and span, fetched with the clock of the source held to be `ahead` seconds ahead."""

    id: UUID
    source_id: SourceId
    channel: str
    span: TimeSpan
    ahead: float
    expires_at: datetime
    copy: SealedCopy = NOTHING


class OriginalRepository:
    """Kept originals over one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self, source: SourceId, channel: str) -> None:
        """Let nobody else look for, or begin, originals of a channel until the transaction ends."""
        key = func.hashtextextended(f"originals:{source}:{channel}", 0)
        self._connection.execute(select(func.pg_advisory_xact_lock(key)))

    def holding(
        self, source: SourceId, channel: str, span: TimeSpan, ahead: float, now: datetime
    ) -> list[KeptOriginal]:
        """Return the originals that hold a span, kept or still being fetched, newest first."""
        rows = select(kept_original).where(
            kept_original.c.source_id == source,
            kept_original.c.channel == channel,
            kept_original.c.ahead == ahead,
            kept_original.c.span_begin <= span.begin,
            kept_original.c.span_end >= span.end,
            kept_original.c.expires_at > now,
        )
        return [_original(row) for row in self._connection.execute(rows.order_by(kept_original.c.id.desc()))]

    def load(self, key: UUID) -> KeptOriginal | None:
        row = self._connection.execute(select(kept_original).where(kept_original.c.id == key)).one_or_none()
        return None if row is None else _original(row)

    def is_fetched(self, key: UUID) -> bool:
        """Say whether whoever began to fetch an original still lives."""
        return not self._connection.execute(select(func.pg_try_advisory_xact_lock(_number(key)))).scalar_one()

    def begin(self, new: KeptOriginal) -> None:
        """Say that somebody fetches it."""
        self._connection.execute(
            insert(kept_original).values(
                id=new.id, source_id=new.source_id, channel=new.channel, span_begin=new.span.begin,
                span_end=new.span.end, ahead=new.ahead, copy=None, sealed_key=b"", expires_at=new.expires_at,
            )
        )  # fmt: skip

    def keep(self, key: UUID, copy: SealedCopy, until: datetime) -> None:
        """Say that it is there."""
        row = update(kept_original).where(kept_original.c.id == key)
        self._connection.execute(row.values(copy=copied(copy), sealed_key=copy.key, expires_at=until))

    def expired(self, now: datetime, limit: int) -> list[KeptOriginal]:
        """Return originals that have been kept long enough."""
        rows = select(kept_original).where(kept_original.c.expires_at <= now)
        return [_original(row) for row in self._connection.execute(rows.order_by(kept_original.c.id).limit(limit))]

    def drop(self, key: UUID) -> None:
        """Forget an original, and its key with it."""
        self._connection.execute(delete(kept_original).where(kept_original.c.id == key))


class FetchMarks:
    """Marks of those who fetch an original now: each is held by a connection, and gone with it.

    Args:
        dsn: of the database.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    @contextmanager
    def held(self, key: UUID) -> Iterator[None]:
        """Hold the mark of an original for the block; the key is fresh, so that nobody else can hold it.

        Raises:
            Unavailable: the database is gone.
        """
        try:
            connection = psycopg.connect(self._dsn, autocommit=True, application_name="xueliang-fetch")
        except psycopg.OperationalError as error:
            raise Unavailable("database-unreachable", detail=type(error).__name__) from error
        with connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_number(key),))
            yield


def _number(key: UUID) -> int:
    return int.from_bytes(sha256(b"original:" + key.bytes).digest()[:8], signed=True)


def _original(row: AnyRow) -> KeptOriginal:
    return KeptOriginal(
        id=row.id, source_id=row.source_id, channel=row.channel, span=TimeSpan(row.span_begin, row.span_end),
        ahead=row.ahead, expires_at=row.expires_at, copy=copy_of(row.copy, row.sealed_key),
    )  # fmt: skip
