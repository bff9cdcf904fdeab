"""Access requests, their items and lines."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
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

access_request = Table(
    "access_request",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("requester_id", ForeignKey("person.id"), nullable=False),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("basis", Text, nullable=False),
    Column("matter", Text, nullable=False),
    Column("case_number", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("place", JSONB),
    Column("emergency", Boolean, nullable=False),
    Column("renews", ForeignKey("access_grant.id", use_alter=True)),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("rulebook", Integer, nullable=False),
    Column("center_id", ForeignKey("department.id")),
    Column("escalated_to", ForeignKey("department.id")),
    Column("center_approvals", SmallInteger, nullable=False),
    Column("endorser_id", ForeignKey("person.id")),
    Column("approver_id", ForeignKey("person.id")),
    Column("deciders", ARRAY(Uuid), nullable=False),
    Column("asked", JSONB, nullable=False),
    Column("terms", JSONB, nullable=False),
    Column("approved_terms", JSONB),
    Column("comment", Text, nullable=False, server_default=""),
    Column("remarks", JSONB, nullable=False),
    Column("report", Text, nullable=False, server_default=""),
    Column("submitted_at", INSTANT),
    Column("since", INSTANT),
    Column("due", INSTANT),
    Column("created_at", INSTANT, nullable=False),
    *audited(),
    CheckConstraint("approver_id IS DISTINCT FROM requester_id", name="approver_not_requester"),
    CheckConstraint("approver_id IS NULL OR approver_id = ANY(deciders)", name="approver_decides"),
    CheckConstraint("center_approvals BETWEEN 0 AND 2", name="center_approvals"),
    CheckConstraint(
        "state IN ('DRAFT', 'WITHDRAWN', 'LAPSED') OR center_approvals = 0 OR center_id IS NOT NULL",
        name="center_known",
    ),
    CheckConstraint(
        "state NOT IN ('DEPARTMENT_REVIEW', 'DECIDED', 'CLOSED') OR (approved_terms IS NOT NULL AND"
        " (center_approvals = 0 OR approver_id IS NOT NULL) AND (center_approvals < 2 OR endorser_id IS NOT NULL))",
        name="approved_by_somebody",
    ),
    CheckConstraint("state <> 'EMERGENCY' OR (emergency AND due IS NOT NULL)", name="emergency_ends"),
    Index("ix_access_request_requester_id_id", "requester_id", "id"),
    Index("ix_access_request_department_id_id", "department_id", "id"),
    Index("ix_access_request_center_id_id", "center_id", "id"),
    Index("ix_access_request_due", "due", postgresql_where=text("due IS NOT NULL")),
    Index("ix_access_request_case_number", "case_number"),
    Index(
        "ix_access_request_at_center",
        "state",
        "center_id",
        postgresql_where=text("state IN ('CENTER_REVIEW', 'EMERGENCY')"),
    ),
    Index(
        "uq_access_request_open_renewal",
        "renews",
        unique=True,
        postgresql_where=text("state IN ('DRAFT', 'CENTER_REVIEW', 'DEPARTMENT_REVIEW', 'RETURNED')"),
    ),
    Index(
        "ix_access_request_department_id_submitted_at",
        "department_id",
        "submitted_at",
        postgresql_where=text("submitted_at IS NOT NULL"),
    ),
)

request_person = Table(
    "request_person",
    metadata,
    Column("request_id", ForeignKey("access_request.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True, index=True),
)

request_sketch = Table(
    "request_sketch",
    metadata,
    Column("request_id", ForeignKey("access_request.id"), primary_key=True),
    Column("base", Integer, nullable=False),
    Column("fields", JSONB, nullable=False),
    Column("picks", JSONB, nullable=False),
    Column("at", INSTANT, nullable=False),
)
"""What a requester has typed and not handed over yet: no part of the request, so its trace does not tell of it."""

request_item = Table(
    "request_item",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("request_id", ForeignKey("access_request.id"), nullable=False),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("authorizations", SmallInteger, nullable=False),
    Column("due", INSTANT),
    Column("endorser_id", ForeignKey("person.id")),
    Column("authorizer_id", ForeignKey("person.id")),
    Column("deciders", ARRAY(Uuid), nullable=False),
    Column("decided_at", INSTANT),
    Column("reason", Text, nullable=False, server_default=""),
    *audited(),
    CheckConstraint(
        "state <> 'AUTHORIZED' OR (authorizer_id IS NOT NULL AND (authorizations < 2 OR endorser_id IS NOT NULL))",
        name="authorized_by_somebody",
    ),
    CheckConstraint("authorizations BETWEEN 1 AND 2", name="authorizations"),
    CheckConstraint("authorizer_id IS NULL OR authorizer_id = ANY(deciders)", name="authorizer_decides"),
    Index("ix_request_item_due", "due", postgresql_where=text("due IS NOT NULL AND state = 'PENDING'")),
    Index("ix_request_item_department_id_id", "department_id", "id"),
    Index("ix_request_item_request_id_revision", "request_id", "revision"),
    Index(
        "uq_request_item_open_part",
        "request_id",
        "revision",
        "department_id",
        unique=True,
        postgresql_where=text("state IN ('PENDING', 'PROVISIONAL')"),
    ),
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
    Column("endorsed_begin", INSTANT),
    Column("endorsed_end", INSTANT),
    Column("authorized_begin", INSTANT),
    Column("authorized_end", INSTANT),
    Column("remark", Text, nullable=False, server_default=""),
    CheckConstraint("asked_begin < asked_end", name="asked"),
    CheckConstraint("(approved_begin IS NULL) = (approved_end IS NULL)", name="approved_whole"),
    CheckConstraint("(endorsed_begin IS NULL) = (endorsed_end IS NULL)", name="endorsed_whole"),
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

rulebook = Table(
    "rulebook",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", JSONB, nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
    Column("made_by", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    CheckConstraint("version > 0", name="version"),
)
