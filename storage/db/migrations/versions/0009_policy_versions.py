"""Policies as proposed, checked and put in force by a second person."""

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
