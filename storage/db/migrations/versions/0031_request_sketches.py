"""What requesters have typed and not handed over yet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_sketch",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("fields", JSONB(), nullable=False),
        sa.Column("picks", JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["access_request.id"], name=op.f("fk_request_sketch_request_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_request_sketch")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON request_sketch TO xueliang_app")


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
