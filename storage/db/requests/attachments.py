"""The papers of requests; who may see a request may see its papers, and nobody sees one that was taken back."""

from sqlalchemy import Connection, func, insert, select, update

from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import AttachmentId, RequestId
from broker.domain.requests.attachments import Attachment
from storage.db.requests.access_requests import Visibility
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import access_request, attachment


class AttachmentRepository:
    """Loads and stores papers; a change is stored only over the version it was made from."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: AttachmentId, visible: Visibility) -> Attachment:
        """Return one paper of a request that the caller may know of.

        Raises:
            Unknown: there is none, it was taken back, or the caller may not know of the request.
        """
        found = (
            select(attachment)
            .join(access_request, access_request.c.id == attachment.c.request_id)
            .where(attachment.c.id == key, attachment.c.removed_at.is_(None), visible.clause())
        )
        row = self._connection.execute(found).one_or_none()
        if row is None:
            raise Unknown("unknown-attachment", attachment=key)
        return _attachment(row)

    def removed(self, key: AttachmentId) -> Attachment:
        """Return a paper that was taken back.

        Raises:
            Unknown: there is none, or it was not.
        """
        found = select(attachment).where(attachment.c.id == key, attachment.c.removed_at.is_not(None))
        row = self._connection.execute(found).one_or_none()
        if row is None:
            raise Unknown("unknown-attachment", attachment=key)
        return _attachment(row)

    def of_request(self, key: RequestId) -> list[Attachment]:
        """Return the papers of a request, oldest first; `check_room` bounds how many there can be."""
        rows = select(attachment).where(attachment.c.request_id == key, attachment.c.removed_at.is_(None))
        return [_attachment(row) for row in self._connection.execute(rows.order_by(attachment.c.id))]

    def count(self, key: RequestId) -> int:
        """Return how many papers a request has; the caller holds the request."""
        rows = select(func.count()).where(attachment.c.request_id == key, attachment.c.removed_at.is_(None))
        return int(self._connection.execute(rows).scalar_one())

    def save(self, before: Attachment | None, after: Attachment) -> None:
        """Store a change.

        Raises:
            Conflict: somebody else changed it since `before` was read.
        """
        if before is None:
            self._connection.execute(insert(attachment).values(vars(after) | {"stream": after.stream}))
            return
        done = self._connection.execute(
            update(attachment)
            .where(attachment.c.id == after.id, attachment.c.version == before.version)
            .values(removed_at=after.removed_at, purged_at=after.purged_at, version=after.version),
        )
        if done.rowcount != 1:
            raise Conflict("changed-meanwhile", subject="attachment")


def _attachment(row: AnyRow) -> Attachment:
    return Attachment(
        id=row.id,
        request_id=row.request_id,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        digest=row.digest,
        uploaded_by=row.uploaded_by,
        at=row.at,
        removed_at=row.removed_at,
        purged_at=row.purged_at,
        version=row.version,
    )
