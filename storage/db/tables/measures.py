"""What a city plans for, and what its catalogue held on each day."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, SmallInteger, Table, Text, Uuid

from storage.db.tables.base import audited, metadata

CODE = Text(collation="C")

plan_target = Table(
    "plan_target",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("year", SmallInteger, nullable=False),
    Column("department_id", ForeignKey("department.id")),
    Column("division", CODE),
    Column("indicator", Text, nullable=False),
    Column("value", Integer),
    *audited(),
    CheckConstraint("num_nonnulls(department_id, division) = 1", name="of_one"),
    CheckConstraint("year BETWEEN 2000 AND 2199", name="year"),
    CheckConstraint("value >= 0 AND (indicator = 'coverage.plan' OR value <= 1000)", name="value"),
    Index(
        "uq_plan_target_place",
        "year",
        "indicator",
        "department_id",
        "division",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
)

catalogue_day = Table(
    "catalogue_day",
    metadata,
    Column("day", Date, primary_key=True),
    Column("owner_id", ForeignKey("department.id"), primary_key=True),
    Column("county", CODE, primary_key=True),
    Column("points", Integer, nullable=False),
    Column("complete", Integer, nullable=False),
    Column("shared", Integer, nullable=False),
    Column("connected", Integer, nullable=False),
    CheckConstraint(
        "points > 0 AND complete BETWEEN 0 AND points AND shared BETWEEN 0 AND points"
        " AND connected BETWEEN 0 AND points",
        name="parts",
    ),
)
