"""Identities of other houses, answers of theirs that were used, invites, and where a login is known from."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text, Uuid, text

from storage.db.tables.base import INSTANT, audited, metadata

external_identity = Table(
    "external_identity",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("linked_at", INSTANT, nullable=False),
    Column("unlinked_at", INSTANT),
    *audited(),
    Index("ix_external_identity_one", "issuer", "subject", unique=True, postgresql_where=text("unlinked_at IS NULL")),
)

spent_state = Table(
    "spent_state",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("at", INSTANT, nullable=False, index=True),
)

invite = Table(
    "invite",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("issued_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    *audited(),
    CheckConstraint("expires_at > issued_at", name="lasts"),
    Index("ix_invite_person_id", "person_id", unique=True, postgresql_where=text("ended_at IS NULL")),
)

known_address = Table(
    "known_address",
    metadata,
    Column("login", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("seen_at", INSTANT, nullable=False),
)
