"""The ways of reading lists that are used again."""

from sqlalchemy import Connection, insert, select, update

from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import ImportProfile
from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import ProfileId
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import import_profile


class ImportProfileRepository:
    """Loads and stores profiles; a change is stored only over the version it was made from."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: ProfileId, *, lock: bool = False) -> ImportProfile:
        """Raises Unknown (`unknown-import-profile`) when there is none."""
        wanted = select(import_profile).where(import_profile.c.id == key)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-import-profile", profile=key)
        return _profile(row)

    def named(self, name: str) -> ImportProfile:
        """Raises Unknown (`unknown-import-profile`) when none has this name."""
        wanted = select(import_profile).where(import_profile.c.name == name, import_profile.c.retired.is_(False))
        row = self._connection.execute(wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-import-profile", profile=name[:80])
        return _profile(row)

    def page(self, *, after: str = "", limit: int = 200) -> list[ImportProfile]:
        """Return the ways of reading that are in use, by name."""
        rows = select(import_profile).where(import_profile.c.retired.is_(False), import_profile.c.name > after)
        return [_profile(row) for row in self._connection.execute(rows.order_by(import_profile.c.name).limit(limit))]

    def save(self, before: ImportProfile | None, after: ImportProfile) -> None:
        """Store a way of reading; raises Conflict when somebody else changed it, or has the name."""
        values = {
            "name": after.name, "mapping": dict(after.mapping), "headings": list(after.headings),
            "coordinates": after.coordinates.value, "retired": after.retired, "version": after.version,
        }  # fmt: skip
        if before is None:
            self._connection.execute(insert(import_profile).values(id=after.id, stream=after.stream, **values))
            return
        mine = (import_profile.c.id == after.id, import_profile.c.version == before.version)
        if self._connection.execute(update(import_profile).where(*mine).values(values)).rowcount != 1:
            raise Conflict("changed-meanwhile", subject="import-profile")

    def taken(self, name: str) -> bool:
        """Say whether a name is taken, by a way of reading that was put away too."""
        named = select(import_profile.c.id).where(import_profile.c.name == name)
        return self._connection.execute(named).first() is not None


def _profile(row: AnyRow) -> ImportProfile:
    return ImportProfile(
        id=row.id, name=row.name, mapping=row.mapping, headings=tuple(row.headings),
        coordinates=System(row.coordinates), retired=row.retired, version=row.version,
    )  # fmt: skip
