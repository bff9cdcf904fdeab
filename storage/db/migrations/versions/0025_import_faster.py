"""What importing a million points need not write: an index of the import of each point."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What an import wrote lies side by side, and is only looked for when it is taken back.
    op.execute("DROP INDEX IF EXISTS ix_camera_import_id")
    op.execute("CREATE INDEX ix_camera_import_id ON camera USING brin (import_id) WITH (autosummarize = on)")


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
