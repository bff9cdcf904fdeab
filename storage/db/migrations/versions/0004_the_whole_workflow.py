"""Every way a request can go: routes, second decisions, emergencies, deadlines, suspension."""

from storage.db.beside import run_beside

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(__file__)


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
