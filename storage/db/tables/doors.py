"""What the doors remember of a call."""

from sqlalchemy import Column, LargeBinary, SmallInteger, Table, Text

from storage.db.tables.base import INSTANT, metadata

idempotency = Table(
    "idempotency",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("status", SmallInteger),
    Column("body", LargeBinary),
    Column("at", INSTANT, nullable=False),
)
