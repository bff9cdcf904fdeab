"""Evidence packages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence_package",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("contents", postgresql.JSONB(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("error_facts", postgresql.JSONB(), nullable=True),
        sa.Column("held", sa.Text(), server_default="", nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('READY', 'DELIVERED') OR contents IS NOT NULL",
            name=op.f("ck_evidence_package_ready_has_contents"),
        ),
        sa.ForeignKeyConstraint(["grant_id"], ["access_grant.id"], name=op.f("fk_evidence_package_grant_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_evidence_package_person_id")),
        sa.ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            name=op.f("fk_evidence_package_stream_version"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_package")),
        sa.UniqueConstraint("name", name=op.f("uq_evidence_package_name")),
    )
    op.create_index(op.f("ix_evidence_package_grant_id"), "evidence_package", ["grant_id"], unique=False)
    op.create_index("ix_evidence_package_person_id_id", "evidence_package", ["person_id", "id"], unique=False)
    op.create_table(
        "package_retrieval",
        sa.Column("package_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("retrieval_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 50", name=op.f("ck_package_retrieval_number")),
        sa.ForeignKeyConstraint(["package_id"], ["evidence_package.id"], name=op.f("fk_package_retrieval_package_id")),
        sa.ForeignKeyConstraint(["retrieval_id"], ["retrieval.id"], name=op.f("fk_package_retrieval_retrieval_id")),
        sa.PrimaryKeyConstraint("package_id", "number", name=op.f("pk_package_retrieval")),
    )
    op.create_index(op.f("ix_package_retrieval_retrieval_id"), "package_retrieval", ["retrieval_id"], unique=False)
    op.execute(
        "CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON evidence_package"
        " FOR EACH ROW EXECUTE FUNCTION refuse_silent_change()"
    )
    # What was ordered, by whom and under which grant, stays as it was.
    op.execute("GRANT SELECT, INSERT ON evidence_package, package_retrieval TO xueliang_app")
    op.execute(
        "GRANT UPDATE (state, attempt, contents, error, error_facts, held, ready_at, stream, version)"
        " ON evidence_package TO xueliang_app"
    )


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
