"""What searching the trace looks up: who, what and when, the newest first, in a trace of years."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_event_actor_id", "audit_event", ["actor", "id"])
    op.create_index("ix_audit_event_kind_id", "audit_event", ["kind", "id"])
    # Events are written in the order of time, so that a summary of each hundred pages tells where a day lies.
    op.create_index("ix_audit_event_at", "audit_event", ["at"], postgresql_using="brin")


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
