"""Bytes that are to go from the blob store, and the lock that keeps them while somebody is about to name them.

A blob is named by its digest, so that the same bytes may be a result, a paper and a part of another case. They go when
nothing living names them any more. Who writes a row that names a digest calls `keep_off` first, in the same
transaction: the deletion of these bytes then comes before, or waits, and sees the row.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from broker.domain.catalog.imports import WAITING, ImportState
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import (
    attachment,
    blob_deletion,
    camera,
    catalog_import,
    evidence_package,
    retrieval,
    source_clock,
)


@dataclass(frozen=True)
class Deletion:
    """Bytes that are to go: since which try they have not gone, and the request they were of."""

    digest: str
    case: UUID | None
    tries: int
    error: str


class DeletionRepository:
    """The list of digests to delete."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep_off(self, digests: Collection[str]) -> None:
        """Let nobody delete these bytes until the transaction ends; whether they are there is asked after this."""
        for digest in sorted(digests):  # the files of one result: one, or two where the codec changed
            self._connection.execute(select(func.pg_advisory_xact_lock_shared(_key(digest))))

    def add(self, digests: Collection[str], case: UUID | None, due: datetime) -> None:
        """Have bytes deleted at an instant, unless something living names them then."""
        if digests:
            rows = [{"digest": digest, "case_id": case, "due": due} for digest in sorted(digests)]
            given = insert(blob_deletion)
            sooner = {"due": func.least(blob_deletion.c.due, given.excluded.due)}
            self._connection.execute(given.on_conflict_do_update(index_elements=["digest"], set_=sooner), rows)

    def next(self, now: datetime) -> Deletion | None:
        """Return what is longest due, held until commit; None when nothing is that nobody else is about."""
        rows = select(blob_deletion).where(blob_deletion.c.due <= now).order_by(blob_deletion.c.due).limit(1)
        row = self._connection.execute(rows.with_for_update(skip_locked=True)).one_or_none()
        return None if row is None else _deletion(row)

    def alone_with(self, digest: str) -> bool:
        """Try to be the only one who has to do with these bytes until the transaction ends."""
        return bool(self._connection.execute(select(func.pg_try_advisory_xact_lock(_key(digest)))).scalar_one())

    def named(self, digest: str) -> bool:
        """Say whether anything that is kept names these bytes.

        Sealed copies do not appear here: each is sealed with a key of its own, so that its bytes are nobody else's.
        """
        result = exists().where(
            retrieval.c.evidence.contains(literal([{"digest": digest}], JSONB)), retrieval.c.purged_at.is_(None)
        )
        package = exists().where(
            evidence_package.c.contents["digest"].astext == digest, evidence_package.c.purged_at.is_(None)
        )
        paper = exists().where(attachment.c.digest == digest, attachment.c.purged_at.is_(None))
        picture = exists().where(camera.c.picture == digest)
        waiting = exists().where(
            catalog_import.c.digest == digest, catalog_import.c.state.in_([ImportState.PREVIEW, *WAITING])
        )
        clock = exists().where(source_clock.c.reference == digest)
        return self._connection.execute(select(or_(result, package, paper, picture, waiting, clock))).scalar_one()

    def drop(self, digest: str) -> None:
        """Take bytes off the list: they are gone, or something names them."""
        self._connection.execute(delete(blob_deletion).where(blob_deletion.c.digest == digest))

    def put_off(self, digest: str, error: str, until: datetime) -> None:
        """Note that bytes could not be deleted, and when it is tried again."""
        later = {"tries": blob_deletion.c.tries + 1, "error": error, "due": until}
        self._connection.execute(update(blob_deletion).where(blob_deletion.c.digest == digest).values(later))


def _key(digest: str) -> object:
    return func.hashtextextended(f"blob/{digest}", 0)


def _deletion(row: AnyRow) -> Deletion:
    return Deletion(row.digest, row.case_id, row.tries, row.error)
