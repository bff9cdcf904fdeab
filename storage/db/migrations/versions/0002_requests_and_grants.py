"""Requests, grants and retrievals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("requester_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=True),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("asked", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("approved_terms", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state = 'DRAFT' OR state = 'WITHDRAWN' OR center_id IS NOT NULL",
            name=op.f("ck_access_request_center_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('DEPARTMENT_REVIEW', 'DECIDED') OR (approver_id IS NOT NULL AND approved_terms IS NOT NULL)",
            name=op.f("ck_access_request_approved_by_somebody"),
        ),
        sa.CheckConstraint(
            "approver_id IS DISTINCT FROM requester_id", name=op.f("ck_access_request_approver_not_requester")
        ),
        sa.ForeignKeyConstraint(["approver_id"], ["person.id"], name=op.f("fk_access_request_approver_id")),
        sa.ForeignKeyConstraint(["center_id"], ["department.id"], name=op.f("fk_access_request_center_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_access_request_department_id")),
        sa.ForeignKeyConstraint(["requester_id"], ["person.id"], name=op.f("fk_access_request_requester_id")),
        sa.ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            name=op.f("fk_access_request_stream_version"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_request")),
        sa.UniqueConstraint("number", name=op.f("uq_access_request_number")),
    )
    op.create_index("ix_access_request_center_id_id", "access_request", ["center_id", "id"], unique=False)
    op.create_index("ix_access_request_department_id_id", "access_request", ["department_id", "id"], unique=False)
    op.create_index("ix_access_request_requester_id_id", "access_request", ["requester_id", "id"], unique=False)
    op.create_table(
        "request_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("authorizer_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'AUTHORIZED' OR authorizer_id IS NOT NULL", name=op.f("ck_request_item_authorized_by_somebody")
        ),
        sa.ForeignKeyConstraint(["authorizer_id"], ["person.id"], name=op.f("fk_request_item_authorizer_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_request_item_department_id")),
        sa.ForeignKeyConstraint(["request_id"], ["access_request.id"], name=op.f("fk_request_item_request_id")),
        sa.ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            name=op.f("fk_request_item_stream_version"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_item")),
        sa.UniqueConstraint(
            "request_id", "revision", "department_id", name=op.f("uq_request_item_request_id_revision_department_id")
        ),
    )
    op.create_index("ix_request_item_department_id_id", "request_item", ["department_id", "id"], unique=False)
    op.create_table(
        "request_person",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_request_person_person_id")),
        sa.ForeignKeyConstraint(["request_id"], ["access_request.id"], name=op.f("fk_request_person_request_id")),
        sa.PrimaryKeyConstraint("request_id", "person_id", name=op.f("pk_request_person")),
    )
    op.create_index(op.f("ix_request_person_person_id"), "request_person", ["person_id"], unique=False)
    op.create_table(
        "access_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("quota_snapshots", sa.Integer(), nullable=False),
        sa.Column("quota_seconds", sa.Integer(), nullable=False),
        sa.Column("quota_bytes", sa.BigInteger(), nullable=False),
        sa.Column("used_snapshots", sa.Integer(), nullable=False),
        sa.Column("used_seconds", sa.Integer(), nullable=False),
        sa.Column("used_bytes", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "used_snapshots BETWEEN 0 AND quota_snapshots AND used_seconds BETWEEN 0 AND quota_seconds AND used_bytes BETWEEN 0 AND quota_bytes",
            name=op.f("ck_access_grant_within_quota"),
        ),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_access_grant_valid")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_access_grant_department_id")),
        sa.ForeignKeyConstraint(["item_id"], ["request_item.id"], name=op.f("fk_access_grant_item_id")),
        sa.ForeignKeyConstraint(["request_id"], ["access_request.id"], name=op.f("fk_access_grant_request_id")),
        sa.ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            name=op.f("fk_access_grant_stream_version"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_grant")),
        sa.UniqueConstraint("item_id", name=op.f("uq_access_grant_item_id")),
    )
    op.create_index("ix_access_grant_department_id_id", "access_grant", ["department_id", "id"], unique=False)
    op.create_index(op.f("ix_access_grant_request_id"), "access_grant", ["request_id"], unique=False)
    op.create_table(
        "request_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("asked_begin", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_begin", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authorized_begin", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authorized_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(approved_begin IS NULL) = (approved_end IS NULL)", name=op.f("ck_request_line_approved_whole")
        ),
        sa.CheckConstraint(
            "(authorized_begin IS NULL) = (authorized_end IS NULL)", name=op.f("ck_request_line_authorized_whole")
        ),
        sa.CheckConstraint(
            "approved_begin IS NULL OR (asked_begin <= approved_begin AND approved_begin < approved_end AND approved_end <= asked_end)",
            name=op.f("ck_request_line_approved_narrows"),
        ),
        sa.CheckConstraint("asked_begin < asked_end", name=op.f("ck_request_line_asked")),
        sa.CheckConstraint(
            "authorized_begin IS NULL OR (approved_begin IS NOT NULL AND approved_begin <= authorized_begin AND authorized_begin < authorized_end AND authorized_end <= approved_end)",
            name=op.f("ck_request_line_authorized_narrows"),
        ),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], name=op.f("fk_request_line_camera_id")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["request_item.id"], name=op.f("fk_request_line_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_line")),
    )
    op.create_index(op.f("ix_request_line_item_id"), "request_line", ["item_id"], unique=False)
    op.create_table(
        "grant_person",
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["access_grant.id"], name=op.f("fk_grant_person_grant_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_grant_person_person_id")),
        sa.PrimaryKeyConstraint("grant_id", "person_id", name=op.f("pk_grant_person")),
    )
    op.create_index("ix_grant_person_person_id_grant_id", "grant_person", ["person_id", "grant_id"], unique=False)
    op.create_table(
        "retrieval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("asked_begin", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("capture", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("size", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("progress", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("error_facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(action = 'clip') = (asked_end IS NOT NULL)", name=op.f("ck_retrieval_asked_whole")),
        sa.CheckConstraint(
            "state NOT IN ('READY', 'DELIVERED') OR digest <> ''", name=op.f("ck_retrieval_ready_has_digest")
        ),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], name=op.f("fk_retrieval_camera_id")),
        sa.ForeignKeyConstraint(["grant_id"], ["access_grant.id"], name=op.f("fk_retrieval_grant_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_retrieval_person_id")),
        sa.ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            name=op.f("fk_retrieval_stream_version"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retrieval")),
    )
    op.create_index(op.f("ix_retrieval_grant_id"), "retrieval", ["grant_id"], unique=False)
    op.create_index("ix_retrieval_person_id_id", "retrieval", ["person_id", "id"], unique=False)
    op.create_table(
        "revocation",
        sa.Column("seq", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["access_grant.id"], name=op.f("fk_revocation_grant_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_revocation")),
    )


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
