"""Sources of footage."""

from collections.abc import Collection

from sqlalchemy import Connection, insert, select

from broker.domain.catalog import Source
from broker.domain.errors import Conflict, Unknown
from broker.domain.ids import SourceId
from storage.db.request_rows import AnyRow
from storage.db.tables import source


class SourceRepository:
    """Where footage lies and how to reach it; the options may hold secrets and never leave the broker."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: SourceId) -> Source:
        """Raises Unknown when there is no such source."""
        row = self._connection.execute(select(source).where(source.c.id == key)).one_or_none()
        if row is None:
            raise Unknown("unknown-source", source=key)
        return _source(row)

    def load_many(self, keys: Collection[SourceId]) -> dict[SourceId, Source]:
        rows = self._connection.execute(select(source).where(source.c.id.in_(set(keys))))
        return {found.id: found for found in map(_source, rows)}

    def by_code(self, code: str) -> Source:
        """Raises Unknown when no source has this code."""
        row = self._connection.execute(select(source).where(source.c.code == code)).one_or_none()
        if row is None:
            raise Unknown("unknown-source", source=code)
        return _source(row)

    def page(self, *, after: str = "", limit: int = 100) -> list[Source]:
        """Return sources by code."""
        rows = select(source).where(source.c.code > after).order_by(source.c.code).limit(limit)
        return [_source(row) for row in self._connection.execute(rows)]

    def add(self, new: Source) -> None:
        """Raises Conflict when the code is taken."""
        if self._connection.execute(select(source.c.id).where(source.c.code == new.code)).first():
            raise Conflict("code-taken", code=new.code)
        self._connection.execute(
            insert(source).values(
                id=new.id, code=new.code, name=new.name, adapter=new.adapter, options=dict(new.options),
                department_id=new.department_id, sessions=new.sessions, stream=f"source/{new.id}", version=new.version,
            ),
        )  # fmt: skip


def _source(row: AnyRow) -> Source:
    return Source(
        id=row.id, code=row.code, name=row.name, adapter=row.adapter, options=row.options,
        department_id=row.department_id, sessions=row.sessions, version=row.version,
    )  # fmt: skip
