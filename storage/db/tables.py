"""The tables, private to this package: nothing outside `storage.db` sees a row.

Every table of things with a state carries (stream, version); a deferred foreign key demands that the event of that
number exists when the transaction commits. The migration adds what SQLAlchemy cannot say: triggers, roles, checks
that look at several rows.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)

INSTANT = DateTime(timezone=True)


def _audited() -> tuple[Column[object] | ForeignKeyConstraint, ...]:
    """Return the two columns that tie a row to the event of its latest change, and the deferred key itself."""
    return (
        Column("stream", Text, nullable=False),
        Column("version", Integer, nullable=False),
        ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            deferrable=True,
            initially="DEFERRED",
        ),
    )


AUDITED = (
    "department",
    "person",
    "role_assignment",
    "api_token",
    "source",
    "camera",
    "access_request",
    "request_item",
    "access_grant",
    "retrieval",
)

audit_event = Table(
    "audit_event",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("stream", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("actor", Text, nullable=False),
    Column("case_id", Uuid),
    Column("body", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    UniqueConstraint("stream", "seq"),
    Index("ix_audit_event_case_id", "case_id", "id", postgresql_where=text("case_id IS NOT NULL")),
)

department = Table(
    "department",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False),
    Column("division", Text, nullable=False),
    Column("parent_id", ForeignKey("department.id")),
    Column("path", Text, nullable=False, unique=True),
    *_audited(),
    CheckConstraint("kind IN ('government', 'center', 'department')", name="kind"),
    Index("ix_department_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
)

person = Table(
    "person",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("password_hash", Text, nullable=False),
    *_audited(),
)

role_assignment = Table(
    "role_assignment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("valid_from", INSTANT),
    Column("valid_until", INSTANT),
    Column("withdrawn_at", INSTANT),
    *_audited(),
)

session = Table(
    "session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("opened_at", INSTANT, nullable=False),
    Column("seen_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
)

sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("login", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Index("ix_sign_in_failure_login_at", "login", "at"),
    Index("ix_sign_in_failure_address_at", "address", "at"),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("revoked_at", INSTANT),
    *_audited(),
)

source = Table(
    "source",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("adapter", Text, nullable=False),
    Column("options", JSONB, nullable=False),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("sessions", SmallInteger, nullable=False),
    *_audited(),
    CheckConstraint("sessions BETWEEN 1 AND 64", name="sessions"),
)

camera = Table(
    "camera",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner_id", ForeignKey("department.id"), nullable=False),
    Column("gb_code", Text, unique=True),
    Column("external_key", Text),
    Column("name", Text, nullable=False),
    Column("division", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False, server_default=""),
    Column("latitude", Double, nullable=False),
    Column("longitude", Double, nullable=False),
    Column("direction", SmallInteger),
    Column("point_class", SmallInteger),
    Column("synthetic", Boolean, nullable=False, server_default=text("false")),
    Column("source_id", ForeignKey("source.id")),
    Column("channel", Text),
    Column("extra", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    *_audited(),
    UniqueConstraint("owner_id", "external_key"),
    CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="place"),
    CheckConstraint("(source_id IS NULL) = (channel IS NULL)", name="bound_whole"),
    Index("ix_camera_owner_id_id", "owner_id", "id"),
    Index("ix_camera_place", "latitude", "longitude"),
)

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
    *_audited(),
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
    *_audited(),
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
    *_audited(),
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
    Column("asked_begin", INSTANT, nullable=False),
    Column("asked_end", INSTANT),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("capture", JSONB),
    Column("digest", Text, nullable=False, server_default=""),
    Column("size", BigInteger, nullable=False, server_default=text("0")),
    Column("progress", Double, nullable=False, server_default=text("0")),
    Column("error", Text, nullable=False, server_default=""),
    Column("error_facts", JSONB),
    Column("ordered_at", INSTANT, nullable=False),
    Column("ready_at", INSTANT),
    *_audited(),
    CheckConstraint("(action = 'clip') = (asked_end IS NOT NULL)", name="asked_whole"),
    CheckConstraint("state NOT IN ('READY', 'DELIVERED') OR digest <> ''", name="ready_has_digest"),
    Index("ix_retrieval_person_id_id", "person_id", "id"),
)

revocation = Table(
    "revocation",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=True),
    Column("grant_id", ForeignKey("access_grant.id"), nullable=False),
    Column("at", INSTANT, nullable=False),
)

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
