"""The few requests that wait for a center are found without looking at all that are over."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_access_request_at_center",
        "access_request",
        ["state", "center_id"],
        postgresql_where=sa.text("state IN ('CENTER_REVIEW', 'EMERGENCY')"),
    )


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
