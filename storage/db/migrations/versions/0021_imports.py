"""Imports of lists, what they kept outside, mappings that are used again, and the one way a camera may go."""

from pathlib import Path

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The driver itself, because SQLAlchemy would read every % in these texts as a placeholder.
    driver = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("migrations run over an open connection")
    driver.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
