"""The second factor of persons, and the recovery codes for when it is lost."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Uuid, text

from storage.db.tables.base import INSTANT, audited, metadata

second_factor = Table(
    "second_factor",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("begun_at", INSTANT, nullable=False),
    Column("confirmed_at", INSTANT),
    Column("removed_at", INSTANT),
    Column("last_step", BigInteger, nullable=False),
    *audited(),
    CheckConstraint("(removed_at IS NULL) = (octet_length(sealed) > 0)", name="erased_when_removed"),
    Index("ix_second_factor_person_id", "person_id", unique=True, postgresql_where=text("removed_at IS NULL")),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("factor_id", ForeignKey("second_factor.id"), nullable=False, index=True),
    Column("used_at", INSTANT),
)
