"""The outbox, what people want to hear of, and webhooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("person", sa.Column("email", sa.Text(), nullable=True))
    op.add_column("person", sa.Column("language", sa.Text(), nullable=True))
    _notices()
    _webhooks()
    op.execute("CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON webhook"
               " FOR EACH ROW EXECUTE FUNCTION refuse_silent_change()")  # fmt: skip
    op.execute("GRANT SELECT, INSERT ON notice TO xueliang_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON notice_recipient, webhook, webhook_delivery TO xueliang_app")


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("departments", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_table(
        "notice_recipient",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.Column("mail", sa.Text(), server_default="none", nullable=False),
        sa.Column("mail_attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("mail_at", INSTANT, nullable=True),
        sa.Column("mail_error", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "mail IN ('none', 'waiting', 'sent', 'refused', 'dead')", name=op.f("ck_notice_recipient_mail")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_recipient_person_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_recipient_notice_id")),
        sa.PrimaryKeyConstraint("person_id", "notice_id", name=op.f("pk_notice_recipient")),
    )
    op.create_index(op.f("ix_notice_recipient_notice_id"), "notice_recipient", ["notice_id"])
    op.create_index(
        "ix_notice_recipient_unread",
        "notice_recipient",
        ["person_id", "notice_id"],
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index(
        "ix_notice_recipient_mail",
        "notice_recipient",
        ["mail"],
        postgresql_where=sa.text("mail NOT IN ('none', 'sent')"),
    )


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'disabled', 'removed')", name=op.f("ck_webhook_state")),
        sa.CheckConstraint(
            "(state = 'removed') = (octet_length(sealed) = 0)", name=op.f("ck_webhook_erased_when_removed")
        ),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_webhook_department_id")),
        sa.ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            name=op.f("fk_webhook_stream_version"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_department_id"), "webhook", ["department_id"])
    op.create_index(
        "ix_webhook_department_id_url",
        "webhook",
        ["department_id", "url"],
        unique=True,
        postgresql_where=sa.text("state <> 'removed'"),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("last_at", INSTANT, nullable=True),
        sa.Column("last_status", sa.SmallInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'dead', 'dropped')", name=op.f("ck_webhook_delivery_state")
        ),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_webhook_delivery_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("webhook_id", "notice_id", name=op.f("uq_webhook_delivery_webhook_id_notice_id")),
    )
    op.create_index("ix_webhook_delivery_webhook_id_id", "webhook_delivery", ["webhook_id", "id"])


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
