"""Who stands in for whom, and who is away."""

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
