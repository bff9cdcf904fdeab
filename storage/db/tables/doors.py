"""What the doors remember of a call."""

from sqlalchemy import BigInteger, Column, LargeBinary, SmallInteger, Table, Text

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

job_fault = Table(
    "job_fault",
    metadata,
    Column("job", BigInteger, primary_key=True, autoincrement=False),
    Column("at", INSTANT, nullable=False),
    Column("slug", Text, nullable=False),
)
"""Why the latest try of a job failed; the engine itself keeps only that it did."""
