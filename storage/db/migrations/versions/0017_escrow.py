"""Sealed copies of footage that would be overwritten before somebody decided, and originals that are kept for a while."""

from storage.db.beside import run_beside

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(__file__)


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
