"""Policies, and which one has been in force since when."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text, Uuid, text

from storage.db.tables.base import INSTANT, audited, metadata

policy_version = Table(
    "policy_version",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("content", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("proposed_by", ForeignKey("person.id"), nullable=False),
    Column("proposed_at", INSTANT, nullable=False),
    Column("activated_by", ForeignKey("person.id")),
    Column("activated_at", INSTANT),
    *audited(),
    CheckConstraint("state IN ('PROPOSED', 'ACTIVE', 'RETIRED', 'DISCARDED')", name="state"),
    CheckConstraint("digest = encode(sha256(convert_to(content, 'UTF8')), 'hex')", name="digest"),
    CheckConstraint("activated_by <> proposed_by", name="two_persons"),
    CheckConstraint(
        "(state IN ('ACTIVE', 'RETIRED')) = (activated_by IS NOT NULL)"
        " AND (activated_by IS NULL) = (activated_at IS NULL)",
        name="activated_whole",
    ),
    Index("ix_policy_version_active", "state", unique=True, postgresql_where=text("state = 'ACTIVE'")),
)

policy_change = Table(
    "policy_change",
    metadata,
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("version_id", ForeignKey("policy_version.id")),
    Column("policy", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    CheckConstraint("epoch > 0", name="epoch"),
)
