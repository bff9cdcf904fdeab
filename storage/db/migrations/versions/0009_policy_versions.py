"""Policies as proposed, checked and put in force by a second person."""

import sqlalchemy as sa
from alembic import op

from storage.db.beside import run_beside

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _versions()
    _changes()
    op.execute(
        "CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON policy_version"
        " FOR EACH ROW EXECUTE FUNCTION refuse_silent_change()",
    )
    run_beside(__file__)


def _versions() -> None:
    op.create_table(
        "policy_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_by", sa.Uuid(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'ACTIVE', 'RETIRED', 'DISCARDED')", name=op.f("ck_policy_version_state")
        ),
        sa.CheckConstraint(
            "digest = encode(sha256(convert_to(content, 'UTF8')), 'hex')", name=op.f("ck_policy_version_digest")
        ),
        sa.CheckConstraint("activated_by <> proposed_by", name=op.f("ck_policy_version_two_persons")),
        sa.CheckConstraint(
            "(state IN ('ACTIVE', 'RETIRED')) = (activated_by IS NOT NULL)"
            " AND (activated_by IS NULL) = (activated_at IS NULL)",
            name=op.f("ck_policy_version_activated_whole"),
        ),
        sa.ForeignKeyConstraint(["activated_by"], ["person.id"], name=op.f("fk_policy_version_activated_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_policy_version_proposed_by")),
        sa.ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            name=op.f("fk_policy_version_stream_version"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
    )
    op.create_index(
        "ix_policy_version_active",
        "policy_version",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'ACTIVE'"),
    )


def _changes() -> None:
    op.create_table(
        "policy_change",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("epoch > 0", name=op.f("ck_policy_change_epoch")),
        sa.ForeignKeyConstraint(["version_id"], ["policy_version.id"], name=op.f("fk_policy_change_version_id")),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_policy_change")),
    )


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
