"""Grants, what is retrieved under them, and how they end."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from storage.db.tables.base import INSTANT, audited, metadata

access_grant = Table(
    "access_grant",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("item_id", ForeignKey("request_item.id"), nullable=False, unique=True),
    Column("request_id", ForeignKey("access_request.id"), nullable=False, index=True),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("terms", JSONB, nullable=False),
    Column("valid_from", INSTANT, nullable=False),
    Column("valid_until", INSTANT, nullable=False),
    Column("state", Text, nullable=False),
    Column("quota_snapshots", Integer, nullable=False),
    Column("quota_seconds", Integer, nullable=False),
    Column("quota_bytes", BigInteger, nullable=False),
    Column("used_snapshots", Integer, nullable=False),
    Column("used_seconds", Integer, nullable=False),
    Column("used_bytes", BigInteger, nullable=False),
    Column("emergency", Boolean, nullable=False),
    Column("renews", ForeignKey("access_grant.id")),
    Column("suspended_by", SmallInteger),
    *audited(),
    CheckConstraint("(state = 'SUSPENDED') = (suspended_by IS NOT NULL)", name="suspended_by_somebody"),
    CheckConstraint("valid_from < valid_until", name="valid"),
    CheckConstraint(
        "used_snapshots BETWEEN 0 AND quota_snapshots AND used_seconds BETWEEN 0 AND quota_seconds"
        " AND used_bytes BETWEEN 0 AND quota_bytes",
        name="within_quota",
    ),
    Index("ix_access_grant_department_id_id", "department_id", "id"),
)

grant_person = Table(
    "grant_person",
    metadata,
    Column("grant_id", ForeignKey("access_grant.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Index("ix_grant_person_person_id_grant_id", "person_id", "grant_id"),
)

retrieval = Table(
    "retrieval",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("grant_id", ForeignKey("access_grant.id"), nullable=False, index=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("camera_id", ForeignKey("camera.id"), nullable=False),
    Column("action", Text, nullable=False),
    Column("format", Text, nullable=False, server_default="jpeg"),
    Column("original", Boolean, nullable=False, server_default=text("false")),
    Column("asked_begin", INSTANT, nullable=False),
    Column("asked_end", INSTANT),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("evidence", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("missing", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("ahead", Double),
    Column("progress", Double, nullable=False, server_default=text("0")),
    Column("error", Text, nullable=False, server_default=""),
    Column("held", Text, nullable=False, server_default=""),
    Column("purged_at", INSTANT),
    Column("error_facts", JSONB),
    Column("ordered_at", INSTANT, nullable=False),
    Column("ready_at", INSTANT),
    *audited(),
    CheckConstraint("(state = 'PURGED') = (purged_at IS NOT NULL)", name="purged_at_some_time"),
    CheckConstraint("(action = 'clip') = (asked_end IS NOT NULL)", name="asked_whole"),
    CheckConstraint(
        "state NOT IN ('READY', 'DELIVERED') OR jsonb_array_length(evidence) > 0", name="ready_has_evidence"
    ),
    Index("ix_retrieval_kept", "grant_id", postgresql_where=text("purged_at IS NULL")),
    Index("ix_retrieval_evidence", "evidence", postgresql_using="gin", postgresql_ops={"evidence": "jsonb_path_ops"}),
    Index("ix_retrieval_person_id_id", "person_id", "id"),
    Index("ix_retrieval_tail", text('"right"(id::text, 12)')),  # by the code of a copy
)
