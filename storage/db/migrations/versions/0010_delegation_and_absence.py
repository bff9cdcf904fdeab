"""Who stands in for whom, and who is away."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _delegations()
    _absences()
    for table in ("delegation", "absence"):
        op.execute(
            f"CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_silent_change()"
        )
        op.execute(f"GRANT SELECT, INSERT ON {table} TO xueliang_app")
    # What was agreed stays as it was: the program can only end it.
    op.execute("GRANT UPDATE (ended_at, ended_by, stream, version) ON delegation TO xueliang_app")
    op.execute("GRANT UPDATE (ended_at, stream, version) ON absence TO xueliang_app")


def _delegations() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_person_id", sa.Uuid(), nullable=False),
        sa.Column("to_person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), server_default="", nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("role IN ('center_approver', 'department_authorizer')", name=op.f("ck_delegation_role")),
        sa.CheckConstraint("from_person_id <> to_person_id", name=op.f("ck_delegation_two_persons")),
        sa.CheckConstraint(
            "valid_until > valid_from AND valid_until <= valid_from + interval '720 hours'",
            name=op.f("ck_delegation_at_most_30_days"),
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by = '')", name=op.f("ck_delegation_ended_by_somebody")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_delegation_department_id")),
        sa.ForeignKeyConstraint(["from_person_id"], ["person.id"], name=op.f("fk_delegation_from_person_id")),
        sa.ForeignKeyConstraint(["to_person_id"], ["person.id"], name=op.f("fk_delegation_to_person_id")),
        sa.ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            name=op.f("fk_delegation_stream_version"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_from_person_id"), "delegation", ["from_person_id"], unique=False)
    op.create_index(op.f("ix_delegation_to_person_id"), "delegation", ["to_person_id"], unique=False)


def _absences() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("away_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("away_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("away_until > away_from", name=op.f("ck_absence_forward")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_absence_person_id")),
        sa.ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            name=op.f("fk_absence_stream_version"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_person_id"), "absence", ["person_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
