"""Invites: links good once, of whose tokens only digests are stored."""

from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from broker.domain.ids import PersonId
from broker.domain.invites import Invite
from storage.db.tables import invite

AnyRow = Row[tuple[object, ...]]


class InviteRepository:
    """Who is invited to choose a first password."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_token(self, digest: bytes, at: datetime, *, lock: bool = False) -> Invite | None:
        """Return the invite whose token this is the digest of, while it is good."""
        good = select(invite).where(invite.c.digest == digest, invite.c.ended_at.is_(None), invite.c.expires_at > at)
        row = self._connection.execute(good.with_for_update() if lock else good).one_or_none()
        return None if row is None else _invite(row)

    def of(self, who: PersonId, *, lock: bool = False) -> Invite | None:
        """Return the invite of a person that was neither used nor revoked; it may have run out."""
        found = select(invite).where(invite.c.person_id == who, invite.c.ended_at.is_(None))
        row = self._connection.execute(found.with_for_update() if lock else found).one_or_none()
        return None if row is None else _invite(row)

    def add(self, new: Invite, digest: bytes, stream: str, version: int) -> None:
        self._connection.execute(
            insert(invite).values(
                id=new.id, person_id=new.person_id, digest=digest, issued_at=new.issued_at, expires_at=new.until,
                stream=stream, version=version,
            ),
        )  # fmt: skip

    def end(self, ended: Invite, at: datetime, version: int) -> None:
        """End an invite: it was used, or taken back."""
        this = update(invite).where(invite.c.id == ended.id)
        self._connection.execute(this.values(ended_at=at, version=version))


def _invite(row: AnyRow) -> Invite:
    return Invite(id=row.id, person_id=row.person_id, issued_at=row.issued_at, until=row.expires_at)
