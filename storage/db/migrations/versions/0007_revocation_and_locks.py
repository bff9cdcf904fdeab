"""What stops footage: the log that every process follows, the processes themselves, and locks."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _stops_of_every_kind()
    op.create_table(
        "replica",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("acked_seq", sa.BigInteger(), nullable=False),
        sa.Column("heartbeat", INSTANT, nullable=False),
        sa.Column("lease", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replica")),
        prefixes=["UNLOGGED"],
    )
    _locks()
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON replica TO xueliang_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON lock TO xueliang_app")


def _stops_of_every_kind() -> None:
    """Let the log name persons, cameras and departments beside grants."""
    op.add_column("revocation", sa.Column("kind", sa.Text(), nullable=True))
    op.add_column("revocation", sa.Column("key", sa.Text(), nullable=True))
    op.execute("UPDATE revocation SET kind = 'grant', key = grant_id::text")
    op.alter_column("revocation", "kind", nullable=False)
    op.alter_column("revocation", "key", nullable=False)
    op.drop_column("revocation", "grant_id")
    op.create_check_constraint(
        op.f("ck_revocation_kind"), "revocation", "kind IN ('grant', 'person', 'camera', 'department')"
    )


def _locks() -> None:
    op.create_table(
        "lock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('person', 'camera', 'department')", name=op.f("ck_lock_kind")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_lock_reason")),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_lock_set_by")),
        sa.ForeignKeyConstraint(["lifted_by"], ["person.id"], name=op.f("fk_lock_lifted_by")),
        sa.ForeignKeyConstraint(
            ["stream", "version"], ["audit_event.stream", "audit_event.seq"], name=op.f("fk_lock_stream_version"),
            initially="DEFERRED", deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lock")),
    )  # fmt: skip
    op.create_index(
        "ix_lock_standing", "lock", ["kind", "target_id"], unique=True, postgresql_where=sa.text("lifted_at IS NULL")
    )
    op.execute("CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON lock"
               " FOR EACH ROW EXECUTE FUNCTION refuse_silent_change()")  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
