"""Second factors, recovery codes, and when a session or token was stepped up."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
