"""The outbox, what people want to hear of, and webhooks."""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
