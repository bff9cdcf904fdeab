"""How long copies are kept, what holds them, and which bytes are to go."""

import sqlalchemy as sa
from alembic import op

from storage.db.beside import run_beside

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "copy_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("retrieval_id", sa.Uuid(), nullable=True),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "set_at < until AND (ended_at IS NOT NULL OR ended_by IS NULL)", name=op.f("ck_copy_hold_in_order")
        ),
        sa.ForeignKeyConstraint(["request_id"], ["access_request.id"], name=op.f("fk_copy_hold_request_id")),
        sa.ForeignKeyConstraint(["retrieval_id"], ["retrieval.id"], name=op.f("fk_copy_hold_retrieval_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_copy_hold_department_id")),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_copy_hold_set_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_copy_hold_ended_by")),
        sa.ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            name=op.f("fk_copy_hold_stream_version"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy_hold")),
    )
    op.create_index("ix_copy_hold_request_id", "copy_hold", ["request_id"], unique=False)
    op.create_index(
        "ix_copy_hold_until", "copy_hold", ["until"], unique=False, postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "blob_deletion",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_blob_deletion_digest")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob_deletion")),
    )
    op.create_index(op.f("ix_blob_deletion_due"), "blob_deletion", ["due"], unique=False)
    run_beside(__file__)


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
