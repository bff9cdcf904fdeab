"""Access requests, their items and lines."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from storage.db.tables.base import INSTANT, audited, metadata

access_request = Table(
    "access_request",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("requester_id", ForeignKey("person.id"), nullable=False),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("basis", Text, nullable=False),
    Column("case_number", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("center_id", ForeignKey("department.id")),
    Column("approver_id", ForeignKey("person.id")),
    Column("asked", JSONB, nullable=False),
    Column("terms", JSONB, nullable=False),
    Column("approved_terms", JSONB),
    Column("comment", Text, nullable=False, server_default=""),
    Column("created_at", INSTANT, nullable=False),
    *audited(),
    CheckConstraint("approver_id IS DISTINCT FROM requester_id", name="approver_not_requester"),
    CheckConstraint("state = 'DRAFT' OR state = 'WITHDRAWN' OR center_id IS NOT NULL", name="center_known"),
    CheckConstraint(
        "state NOT IN ('DEPARTMENT_REVIEW', 'DECIDED') OR (approver_id IS NOT NULL AND approved_terms IS NOT NULL)",
        name="approved_by_somebody",
    ),
    Index("ix_access_request_requester_id_id", "requester_id", "id"),
    Index("ix_access_request_department_id_id", "department_id", "id"),
    Index("ix_access_request_center_id_id", "center_id", "id"),
)

request_person = Table(
    "request_person",
    metadata,
    Column("request_id", ForeignKey("access_request.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True),
)

request_item = Table(
    "request_item",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("request_id", ForeignKey("access_request.id"), nullable=False),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("authorizer_id", ForeignKey("person.id")),
    Column("decided_at", INSTANT),
    Column("reason", Text, nullable=False, server_default=""),
    *audited(),
    UniqueConstraint("request_id", "revision", "department_id"),
    CheckConstraint("state <> 'AUTHORIZED' OR authorizer_id IS NOT NULL", name="authorized_by_somebody"),
    Index("ix_request_item_department_id_id", "department_id", "id"),
)

request_line = Table(
    "request_line",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("item_id", ForeignKey("request_item.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("camera_id", ForeignKey("camera.id"), nullable=False),
    Column("asked_begin", INSTANT, nullable=False),
    Column("asked_end", INSTANT, nullable=False),
    Column("approved_begin", INSTANT),
    Column("approved_end", INSTANT),
    Column("authorized_begin", INSTANT),
    Column("authorized_end", INSTANT),
    Column("remark", Text, nullable=False, server_default=""),
    CheckConstraint("asked_begin < asked_end", name="asked"),
    CheckConstraint("(approved_begin IS NULL) = (approved_end IS NULL)", name="approved_whole"),
    CheckConstraint("(authorized_begin IS NULL) = (authorized_end IS NULL)", name="authorized_whole"),
    CheckConstraint(
        "approved_begin IS NULL OR (asked_begin <= approved_begin AND approved_begin < approved_end"
        " AND approved_end <= asked_end)",
        name="approved_narrows",
    ),
    CheckConstraint(
        "authorized_begin IS NULL OR (approved_begin IS NOT NULL AND approved_begin <= authorized_begin"
        " AND authorized_begin < authorized_end AND authorized_end <= approved_end)",
        name="authorized_narrows",
    ),
)
