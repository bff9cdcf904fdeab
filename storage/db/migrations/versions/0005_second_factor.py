"""Second factors, recovery codes, when a session or token was stepped up, and passwords that are good once."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("person", sa.Column("one_time_until", INSTANT))
    op.add_column("session", sa.Column("stepped_up_at", INSTANT))
    op.add_column("api_token", sa.Column("stepped_up_at", INSTANT))
    op.create_table(
        "second_factor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT),
        sa.Column("removed_at", INSTANT),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(removed_at IS NULL) = (octet_length(sealed) > 0)", name=op.f("ck_second_factor_erased_when_removed")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_second_factor_person_id")),
        sa.ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            name=op.f("fk_second_factor_stream_version"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
    )
    op.create_index(
        "ix_second_factor_person_id",
        "second_factor",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("factor_id", sa.Uuid(), nullable=False),
        sa.Column("used_at", INSTANT),
        sa.ForeignKeyConstraint(["factor_id"], ["second_factor.id"], name=op.f("fk_recovery_code_factor_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_factor_id"), "recovery_code", ["factor_id"], unique=False)
    _guard()


def _guard() -> None:
    # What only notes that a code was shown has its event in the stream of sign-ins, not in that of the row.
    op.execute(
        "CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON second_factor"
        " FOR EACH ROW EXECUTE FUNCTION refuse_silent_change('last_step')"
    )
    op.execute("DROP TRIGGER audited ON api_token")
    op.execute(
        "CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON api_token"
        " FOR EACH ROW EXECUTE FUNCTION refuse_silent_change('stepped_up_at')"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON second_factor TO xueliang_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_code TO xueliang_app")


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
