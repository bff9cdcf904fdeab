"""Versions of the rulebook: each is written once and never changes."""

from collections.abc import Hashable, Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select

from broker.domain.deciding.rulebook import RulebookVersion
from broker.domain.errors import Unknown
from storage.db.tables import rulebook


class RulebookRepository:
    """The rulebook's versions over one open transaction; version 0, the shipped one, is no row."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def database(self) -> Hashable:
        """What the numbers of the versions belong to; it lives as long as the pool of connections."""
        return self._connection.engine

    def newest(self) -> int:
        """Return the number of the version in force, 0 where none was ever made."""
        newest = select(func.coalesce(func.max(rulebook.c.version), 0))
        return int(self._connection.execute(newest).scalar_one())

    def document(self, version: int) -> object:
        """Raises Unknown when there is no such version."""
        wanted = select(rulebook.c.document).where(rulebook.c.version == version)
        row = self._connection.execute(wanted).one_or_none()
        if row is None:
            raise Unknown("unknown-rulebook", version=version)
        return row.document

    def load(self, version: int) -> RulebookVersion:
        """Raises Unknown when there is no such version."""
        row = self._connection.execute(_ABOUT.where(rulebook.c.version == version)).one_or_none()
        if row is None:
            raise Unknown("unknown-rulebook", version=version)
        return _version(row)

    def page(self, *, before: int | None, limit: int) -> list[RulebookVersion]:
        """Return versions, newest first."""
        rows = _ABOUT if before is None else _ABOUT.where(rulebook.c.version < before)
        return [
            _version(row) for row in self._connection.execute(rows.order_by(rulebook.c.version.desc()).limit(limit))
        ]

    def add(self, new: RulebookVersion, document: Mapping[str, object]) -> None:
        self._connection.execute(
            insert(rulebook).values(
                version=new.version, document=dict(document), comment=new.comment, made_by=new.made_by, at=new.at
            ),
        )


_ABOUT = select(rulebook.c.version, rulebook.c.comment, rulebook.c.made_by, rulebook.c.at)


def _version(row: Any) -> RulebookVersion:
    return RulebookVersion(row.version, row.comment, row.made_by, row.at)
