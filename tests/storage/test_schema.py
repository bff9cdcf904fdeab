"""The migrations make what the tables say."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from storage.db.tables import AUDITED, metadata

OF_THE_MIGRATIONS = {"database_identity", "alembic_version"}


def test_the_migrations_and_the_tables_say_the_same(connection: Connection) -> None:
    context = MigrationContext.configure(connection, opts={"include_object": _ours, "compare_type": True})
    assert compare_metadata(context, metadata) == []


def _ours(_object: object, name: str | None, kind: str, _reflected: object, _other: object) -> bool:
    return kind != "table" or not (str(name).startswith("procrastinate") or name in OF_THE_MIGRATIONS)


def test_every_audited_table_has_its_trigger(connection: Connection) -> None:
    rows = connection.exec_driver_sql("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audited'")
    assert {row[0] for row in rows} == set(AUDITED)
    versioned = {name for name, table in metadata.tables.items() if {"stream", "version"} <= set(table.c.keys())}
    assert versioned == set(AUDITED)
