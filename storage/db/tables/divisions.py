"""Administrative divisions, and what their lists called them before."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from storage.db.tables.base import INSTANT, metadata

CODE = Text(collation="C")
"""Compared byte by byte, so that what lies in a division is one interval."""

division = Table(
    "division",
    metadata,
    Column("code", CODE, primary_key=True),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("parent", CODE, ForeignKey("division.code")),
    Column("low", CODE, nullable=False),
    Column("high", CODE, nullable=False),
    Column("successor", CODE),
    Column("source", Text, nullable=False),
    CheckConstraint("level IN ('province', 'city', 'county', 'town', 'village')", name="level"),
    CheckConstraint("code ~ '^[1-9][0-9]{5}([0-9]{3}([0-9]{3})?)?$'", name="code"),
    CheckConstraint("low < high AND low <= code AND code < high", name="interval"),
    CheckConstraint("(parent IS NULL) = (level = 'province') AND successor IS DISTINCT FROM code", name="in_the_tree"),
    Index("ix_division_parent_code", "parent", "code"),
)

division_change = Table(
    "division_change",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("code", CODE, ForeignKey("division.code"), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("actor", Text, nullable=False),
    Column("before", JSONB, nullable=False),
    Column("after", JSONB, nullable=False),
    Index("ix_division_change_code_id", "code", "id"),
)
