"""Departments, persons, what they may be, and how they sign in."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    true,
)

from storage.db.tables.base import INSTANT, audited, metadata

department = Table(
    "department",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False),
    Column("division", Text, nullable=False),
    Column("parent_id", ForeignKey("department.id")),
    Column("path", Text, nullable=False, unique=True),
    Column("closed_at", INSTANT),
    *audited(),
    CheckConstraint("kind IN ('government', 'center', 'department')", name="kind"),
    Index("ix_department_path", "path", postgresql_ops={"path": "text_pattern_ops"}),
)

person = Table(
    "person",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("one_time_until", INSTANT),
    Column("email", Text),
    Column("language", Text),
    Column("password_chosen", Boolean, nullable=False, server_default=true()),
    *audited(),
)

role_assignment = Table(
    "role_assignment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("valid_from", INSTANT),
    Column("valid_until", INSTANT),
    Column("withdrawn_at", INSTANT),
    *audited(),
)

session = Table(
    "session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("opened_at", INSTANT, nullable=False),
    Column("seen_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("stepped_up_at", INSTANT),
    Column("opened_by", Text, nullable=False, server_default="password"),
    Column("address", Text, nullable=False, server_default=""),
    Column("browser", Text, nullable=False, server_default=""),
)

sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("login", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("place", Text, nullable=False, server_default=""),
    Index("ix_sign_in_failure_login_at", "login", "at"),
    Index("ix_sign_in_failure_address_at", "address", "at"),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("revoked_at", INSTANT),
    Column("stepped_up_at", INSTANT),
    *audited(),
)
