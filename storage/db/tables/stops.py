"""What stops footage: the log that every process follows, the processes that follow it, and locks."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, ForeignKey, Index, Table, Text, Uuid, text

from storage.db.tables.base import INSTANT, audited, metadata

revocation = Table(
    "revocation",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    CheckConstraint("kind IN ('grant', 'person', 'camera', 'department')", name="kind"),
)

replica = Table(  # unlogged: after a crash of the database every process registers anew
    "replica",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("acked_seq", BigInteger, nullable=False),
    Column("heartbeat", INSTANT, nullable=False),
    Column("lease", Double, nullable=False),
    prefixes=["UNLOGGED"],
)

lock = Table(
    "lock",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("target_id", Uuid, nullable=False),
    Column("path", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_by", ForeignKey("person.id")),
    Column("set_at", INSTANT, nullable=False),
    Column("lifted_by", ForeignKey("person.id")),
    Column("lifted_at", INSTANT),
    *audited(),
    CheckConstraint("kind IN ('person', 'camera', 'department')", name="kind"),
    CheckConstraint("reason <> ''", name="reason"),
    Index("ix_lock_standing", "kind", "target_id", unique=True, postgresql_where=text("lifted_at IS NULL")),
)
