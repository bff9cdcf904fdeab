"""What the clock of retention has come for: copies whose grants ended long enough ago, and that nobody holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from broker.domain.ids import AttachmentId, PackageId, RequestId, RetrievalId
from storage.db.requests.request_rows import AnyRow

# A grant ends by its validity or by a revocation, whichever comes first. Whatever ends a request, its closing too,
# revokes its grants in the same transaction. The last event of a revoked grant is its revocation.
_ENDED = """
    (g.valid_until <= :before OR (g.state = 'REVOKED' AND EXISTS (
        SELECT FROM audit_event e WHERE e.stream = g.stream AND e.seq = g.version AND e.at <= :before)))
"""
_HOLDS = "(h.ended_at IS NULL OR (h.ended_by IS NULL AND h.ended_at > :run_out_before))"
_RETRIEVALS = f"""
    SELECT g.request_id AS request, 'retrieval' AS kind, r.id FROM retrieval r JOIN access_grant g ON g.id = r.grant_id
    WHERE r.purged_at IS NULL AND jsonb_array_length(r.evidence) > 0 AND r.held = '' AND {_ENDED} AND NOT EXISTS (
        SELECT FROM copy_hold h WHERE h.request_id = g.request_id AND {_HOLDS}
        AND (h.retrieval_id IS NULL OR h.retrieval_id = r.id))
"""  # noqa: S608  # texts of this file
_PACKAGES = f"""
    SELECT g.request_id AS request, 'package' AS kind, p.id
    FROM evidence_package p JOIN access_grant g ON g.id = p.grant_id
    WHERE p.purged_at IS NULL AND p.contents IS NOT NULL AND p.held = '' AND {_ENDED} AND NOT EXISTS (
        SELECT FROM package_retrieval i JOIN retrieval r ON r.id = i.retrieval_id
        WHERE i.package_id = p.id AND r.held <> '')
    AND NOT EXISTS (
        SELECT FROM copy_hold h WHERE h.request_id = g.request_id AND {_HOLDS}
        AND (h.retrieval_id IS NULL OR EXISTS (
            SELECT FROM package_retrieval i WHERE i.package_id = p.id AND i.retrieval_id = h.retrieval_id)))
"""  # noqa: S608  # texts of this file
_PAPERS = f"""
    SELECT a.request_id AS request, 'attachment' AS kind, a.id FROM attachment a
    WHERE a.removed_at <= :before AND a.purged_at IS NULL AND NOT EXISTS (
        SELECT FROM copy_hold h WHERE h.request_id = a.request_id AND {_HOLDS} AND h.retrieval_id IS NULL)
"""  # noqa: S608  # texts of this file
_ALL = f"({_RETRIEVALS} UNION ALL {_PACKAGES} UNION ALL {_PAPERS}) AS due"
_CASES = text(f"SELECT DISTINCT request FROM {_ALL} WHERE request > :after ORDER BY request LIMIT :most")  # noqa: S608  # texts of this file
_OF_CASE = text(f"SELECT kind, id FROM {_ALL} WHERE request = :request ORDER BY kind, id LIMIT :most")  # noqa: S608  # texts of this file
_HOLD = text("SELECT id FROM access_request WHERE id = :request FOR UPDATE SKIP LOCKED")

NOTHING = RequestId(UUID(int=0))


@dataclass(frozen=True)
class Clock:
    """Copies go whose grant ended, and papers that were taken back, before `before`.

    A hold that ended by its date keeps them a while longer: until it ended before `run_out_before`.
    """

    before: datetime
    run_out_before: datetime


@dataclass(frozen=True)
class Due:
    """What is to go of one case."""

    retrievals: tuple[RetrievalId, ...]
    packages: tuple[PackageId, ...]
    attachments: tuple[AttachmentId, ...]

    def __bool__(self) -> bool:
        return bool(self.retrievals or self.packages or self.attachments)


class RetentionRepository:
    """Finds what is due; deciding on a hold and marking copies exclude each other by the row of the request."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def cases(self, clock: Clock, after: RequestId, most: int) -> list[RequestId]:
        """Return requests of which something is due, in the order of their ids."""
        rows = self._connection.execute(_CASES, {**vars(clock), "after": after, "most": most})
        return list(rows.scalars())

    def due(self, request: RequestId, clock: Clock, most: int) -> Due:
        """Hold a request and return what of it is due now; nothing where somebody else is about it."""
        if self._connection.execute(_HOLD, {"request": request}).one_or_none() is None:
            return Due((), (), ())
        told = {**vars(clock), "request": request, "most": most}
        rows = self._connection.execute(_OF_CASE, told).all()
        return Due(
            tuple(map(RetrievalId, _of("retrieval", rows))),
            tuple(map(PackageId, _of("package", rows))),
            tuple(map(AttachmentId, _of("attachment", rows))),
        )


def _of(kind: str, rows: Sequence[AnyRow]) -> list[UUID]:
    return [row.id for row in rows if row.kind == kind]
