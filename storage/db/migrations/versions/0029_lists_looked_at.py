"""Lists that lie there to be looked at before they are brought in, and why jobs have failed."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    waiting = "'PREVIEW', 'QUEUED', 'RUNNING'"
    rules = {
        "state": f"state IN ({waiting}, 'DONE', 'FAILED', 'UNDONE', 'DISCARDED')",
        "ended": f"(state IN ({waiting})) = (ended_at IS NULL)",
        "kept": f"state NOT IN ({waiting}) OR digest IS NOT NULL",
    }
    for name, rule in rules.items():
        op.drop_constraint(op.f(f"ck_catalog_import_{name}"), "catalog_import")
        op.create_check_constraint(op.f(f"ck_catalog_import_{name}"), "catalog_import", rule)
    op.drop_index("ix_catalog_import_open", "catalog_import")
    op.create_index(
        "ix_catalog_import_open", "catalog_import", ["id"], postgresql_where=sa.text(f"state IN ({waiting})")
    )
    op.create_index(
        op.f("ix_catalog_import_digest"), "catalog_import", ["digest"], postgresql_where=sa.text("digest IS NOT NULL")
    )
    op.create_table(
        "job_fault",
        sa.Column("job", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_job_fault")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON job_fault TO xueliang_app")


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
