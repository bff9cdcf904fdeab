"""Signing in with an identity of another house, invites, and guessing that locks nobody else out."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("person", sa.Column("password_chosen", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("session", sa.Column("opened_by", sa.Text(), nullable=False, server_default="password"))
    op.add_column("sign_in_failure", sa.Column("place", sa.Text(), nullable=False, server_default=""))
    _identities()
    _invites()
    op.create_table(
        "known_address",
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("login", "address", name=op.f("pk_known_address")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON known_address TO xueliang_app")


def _identities() -> None:
    op.create_table(
        "external_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("linked_at", INSTANT, nullable=False),
        sa.Column("unlinked_at", INSTANT),
        *_audited(),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_external_identity_person_id")),
        _event("external_identity"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identity")),
    )
    op.create_index(op.f("ix_external_identity_person_id"), "external_identity", ["person_id"])
    op.create_index(
        "ix_external_identity_one",
        "external_identity",
        ["issuer", "subject"],
        unique=True,
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )
    _guard("external_identity")
    op.execute("GRANT UPDATE (unlinked_at, stream, version) ON external_identity TO xueliang_app")
    op.create_table(
        "spent_state",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_state")),
    )
    op.create_index(op.f("ix_spent_state_at"), "spent_state", ["at"])
    op.execute("GRANT SELECT, INSERT, DELETE ON spent_state TO xueliang_app")


def _invites() -> None:
    op.create_table(
        "invite",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        *_audited(),
        sa.CheckConstraint("expires_at > issued_at", name=op.f("ck_invite_lasts")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_invite_person_id")),
        _event("invite"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite")),
        sa.UniqueConstraint("digest", name=op.f("uq_invite_digest")),
    )
    op.create_index(
        "ix_invite_person_id", "invite", ["person_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )
    _guard("invite")
    op.execute("GRANT UPDATE (ended_at, stream, version) ON invite TO xueliang_app")


def _audited() -> tuple[sa.Column[object], ...]:
    return sa.Column("stream", sa.Text(), nullable=False), sa.Column("version", sa.Integer(), nullable=False)


def _event(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["stream", "version"],
        ["audit_event.stream", "audit_event.seq"],
        name=op.f(f"fk_{table}_stream_version"),
        initially="DEFERRED",
        deferrable=True,
    )


def _guard(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER audited BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_silent_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON {table} TO xueliang_app")


def downgrade() -> None:
    raise NotImplementedError("the trace only grows; restore a back-up instead")
