"""Who stands in for whom, and who is away."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Table, Text, Uuid

from storage.db.tables.base import INSTANT, audited, metadata

delegation = Table(
    "delegation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("from_person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("to_person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("valid_from", INSTANT, nullable=False),
    Column("valid_until", INSTANT, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ended_at", INSTANT),
    Column("ended_by", Text, nullable=False, server_default=""),
    *audited(),
    CheckConstraint("role IN ('center_approver', 'department_authorizer')", name="role"),
    CheckConstraint("from_person_id <> to_person_id", name="two_persons"),
    CheckConstraint(
        "valid_until > valid_from AND valid_until <= valid_from + interval '720 hours'", name="at_most_30_days"
    ),
    CheckConstraint("(ended_at IS NULL) = (ended_by = '')", name="ended_by_somebody"),
)

absence = Table(
    "absence",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("away_from", INSTANT, nullable=False),
    Column("away_until", INSTANT, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("ended_at", INSTANT),
    *audited(),
    CheckConstraint("away_until > away_from", name="forward"),
)
