"""Departments that were closed, and locks that stand where their department stands now."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("department", sa.Column("closed_at", sa.DateTime(timezone=True)))
    # Where a lock stands follows from its target's place in the tree: the event of the department that moved tells it.
    op.execute("DROP TRIGGER audited ON lock")
    op.execute("CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON lock"
               " FOR EACH ROW EXECUTE FUNCTION refuse_silent_change('path', 'level')")  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
