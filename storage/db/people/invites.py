"""Invites: links good once, of whose tokens only digests are stored."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, false, insert, or_, select, update

from broker.domain.ids import PersonId
from broker.domain.people.invites import Invite
from storage.db.tables import department, invite, person

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

    def page(self, *, scope: Sequence[str], after: UUID | None, limit: int) -> list[Invite]:
        """Return the invites that were neither used nor revoked, of persons in some subtrees, newest first."""
        rows = select(invite).join(person, person.c.id == invite.c.person_id)
        rows = rows.join(department, department.c.id == person.c.department_id).where(invite.c.ended_at.is_(None))
        rows = rows.where(or_(false(), *(department.c.path.startswith(path, autoescape=True) for path in scope)))
        if after is not None:
            rows = rows.where(invite.c.id < after)
        return [_invite(row) for row in self._connection.execute(rows.order_by(invite.c.id.desc()).limit(limit))]

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
