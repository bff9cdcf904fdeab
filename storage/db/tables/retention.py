"""What holds copies beyond their time, and which bytes are to go."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, SmallInteger, Table, Text, Uuid, text

from storage.db.tables.base import INSTANT, audited, metadata

copy_hold = Table(
    "copy_hold",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("request_id", ForeignKey("access_request.id"), nullable=False),
    Column("retrieval_id", ForeignKey("retrieval.id")),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_by", ForeignKey("person.id")),
    Column("set_at", INSTANT, nullable=False),
    Column("until", INSTANT, nullable=False),
    Column("ended_by", ForeignKey("person.id")),
    Column("ended_at", INSTANT),
    *audited(),
    CheckConstraint("set_at < until AND (ended_at IS NOT NULL OR ended_by IS NULL)", name="in_order"),
    Index("ix_copy_hold_request_id", "request_id"),
    Index("ix_copy_hold_until", "until", postgresql_where=text("ended_at IS NULL")),
)

blob_deletion = Table(
    "blob_deletion",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("case_id", Uuid),
    Column("due", INSTANT, nullable=False, index=True),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("error", Text, nullable=False, server_default=""),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
)
