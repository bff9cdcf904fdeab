"""Plan targets of the four measures, and the days of the catalogue."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

CODE = sa.Text(collation="C")


def upgrade() -> None:
    _targets()
    _days()
    op.create_index(
        "ix_audit_event_centers",
        "audit_event",
        ["at"],
        postgresql_where=sa.text(
            "kind IN ('access_request:submitted', 'access_request:resubmitted', 'access_request:approved',"
            " 'access_request:rejected', 'access_request:returned', 'access_request:lapsed')"
        ),
    )


def _targets() -> None:
    op.create_table(
        "plan_target",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("division", CODE, nullable=True),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("num_nonnulls(department_id, division) = 1", name=op.f("ck_plan_target_of_one")),
        sa.CheckConstraint("year BETWEEN 2000 AND 2199", name=op.f("ck_plan_target_year")),
        sa.CheckConstraint(
            "value >= 0 AND (indicator = 'coverage.plan' OR value <= 1000)", name=op.f("ck_plan_target_value")
        ),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_plan_target_department_id")),
        sa.ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            name=op.f("fk_plan_target_stream_version"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_target")),
    )
    op.create_index(
        "uq_plan_target_place",
        "plan_target",
        ["year", "indicator", "department_id", "division"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.execute(
        "CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON plan_target"
        " FOR EACH ROW EXECUTE FUNCTION refuse_silent_change()"
    )
    op.execute("GRANT SELECT, INSERT ON plan_target TO xueliang_app")
    op.execute("GRANT UPDATE (value, stream, version) ON plan_target TO xueliang_app")


def _days() -> None:
    op.create_table(
        "catalogue_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("county", CODE, nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.Column("connected", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "points > 0 AND complete BETWEEN 0 AND points AND shared BETWEEN 0 AND points"
            " AND connected BETWEEN 0 AND points",
            name=op.f("ck_catalogue_day_parts"),
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["department.id"], name=op.f("fk_catalogue_day_owner_id")),
        sa.PrimaryKeyConstraint("day", "owner_id", "county", name=op.f("pk_catalogue_day")),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON catalogue_day"
        " FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite()"
    )
    op.execute("GRANT SELECT, INSERT ON catalogue_day TO xueliang_app")


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
