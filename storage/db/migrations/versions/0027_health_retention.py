"""The program may delete what was seen of points once it is older than it is kept."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was seen of sources stays: it says why footage could not be had.
    op.execute(
        "GRANT DELETE ON point_health, point_day, point_recorded, source_day, health_day, health_alert TO xueliang_app"
    )
    op.execute("CREATE INDEX ix_point_recorded_month ON point_recorded (month)")
    op.execute("CREATE INDEX ix_health_alert_day ON health_alert (day)")


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
