"""Run by alembic: over the connection that `storage.db.schema` hands in."""

from alembic import context

from storage.db.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transaction_per_migration=False,
    include_object=lambda _object, name, kind, _reflected, _other: (
        not (kind == "table" and str(name).startswith("procrastinate"))
    ),
)
with context.begin_transaction():
    context.run_migrations()
