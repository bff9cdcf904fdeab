"""Papers attached to a request."""

import sqlalchemy as sa
from alembic import op

from storage.db.beside import run_beside

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "media_type IN ('application/pdf', 'image/jpeg', 'image/png')", name=op.f("ck_attachment_media_type")
        ),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$' AND size > 0", name=op.f("ck_attachment_content")),
        sa.ForeignKeyConstraint(["request_id"], ["access_request.id"], name=op.f("fk_attachment_request_id")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["person.id"], name=op.f("fk_attachment_uploaded_by")),
        sa.ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            name=op.f("fk_attachment_stream_version"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_request_id_id", "attachment", ["request_id", "id"], unique=False)
    op.create_index("ix_attachment_digest", "attachment", ["digest"], unique=False)
    run_beside(__file__)


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
