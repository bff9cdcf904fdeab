"""Imports of lists, what they kept outside, mappings that are used again, and the one way a camera may go."""

from storage.db.beside import run_beside

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(__file__)


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
