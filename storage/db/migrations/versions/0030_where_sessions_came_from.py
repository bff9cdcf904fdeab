"""From where and with what a session was opened, so that its person can tell one from another."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("session", sa.Column("address", sa.Text(), nullable=False, server_default=""))
    op.add_column("session", sa.Column("browser", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
