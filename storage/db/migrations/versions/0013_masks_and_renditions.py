"""Privacy masks of cameras, orders of originals, and the way from the code of a copy to its retrieval."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

RENDITIONS = """
ALTER TABLE camera ADD COLUMN masks jsonb NOT NULL DEFAULT '[]'::jsonb;
ALTER TABLE retrieval ADD COLUMN original boolean NOT NULL DEFAULT false;
CREATE INDEX ix_retrieval_tail ON retrieval ("right"(id::text, 12));
"""


def upgrade() -> None:
    op.execute(RENDITIONS)


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
