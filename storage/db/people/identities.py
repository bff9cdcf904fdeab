"""Identities of other houses: whose they are here, and which of their answers were used."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_leave

from broker.domain.ids import PersonId
from broker.domain.people.oidc import Linked
from storage.db.tables import external_identity, spent_state

AnyRow = Row[tuple[object, ...]]

_LINKED = external_identity.c.unlinked_at.is_(None)


class IdentityRepository:
    """Who may come in with an identity of another house."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def whose(self, issuer: str, subject: str) -> PersonId | None:
        """Return the person an identity is linked to."""
        found = select(external_identity.c.person_id).where(
            external_identity.c.issuer == issuer, external_identity.c.subject == subject, _LINKED
        )
        return self._connection.execute(found).scalar_one_or_none()

    def of(self, who: PersonId) -> list[Linked]:
        """Return what is linked to a person, the oldest first; `MOST` bounds how many there are."""
        rows = select(external_identity).where(external_identity.c.person_id == who, _LINKED)
        return [_linked(row) for row in self._connection.execute(rows.order_by(external_identity.c.id))]

    def link(self, new: Linked, who: PersonId, stream: str, version: int) -> None:
        self._connection.execute(
            insert(external_identity).values(
                id=new.id, person_id=who, issuer=new.issuer, subject=new.subject, linked_at=new.linked_at,
                stream=stream, version=version,
            ),
        )  # fmt: skip

    def unlink(self, key: UUID, who: PersonId, at: datetime, version: int) -> bool:
        """End a link of a person; say whether there was one."""
        live = (external_identity.c.id == key) & (external_identity.c.person_id == who) & _LINKED
        done = self._connection.execute(update(external_identity).where(live).values(unlinked_at=at, version=version))
        return bool(done.rowcount)

    def spend(self, digest: bytes, at: datetime, forget: datetime) -> bool:
        """Use a state up; say whether it was unused. What is older than `forget` is refused by its age."""
        self._connection.execute(delete(spent_state).where(spent_state.c.at <= forget))
        new = insert_or_leave(spent_state).values(digest=digest, at=at).on_conflict_do_nothing()
        # What came back, not how many rows: the driver does not count these.
        return self._connection.execute(new.returning(spent_state.c.digest)).one_or_none() is not None


def _linked(row: AnyRow) -> Linked:
    return Linked(id=row.id, issuer=row.issuer, subject=row.subject, linked_at=row.linked_at)
