"""Sources and the cameras behind them."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from storage.db.tables.base import audited, metadata

source = Table(
    "source",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("adapter", Text, nullable=False),
    Column("options", JSONB, nullable=False),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("sessions", SmallInteger, nullable=False),
    Column("secrets", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("sealed", LargeBinary, nullable=False, server_default=text("''::bytea")),
    Column("stopped", Boolean, nullable=False, server_default=text("false")),
    Column("keeps_days", SmallInteger),
    *audited(),
    CheckConstraint("sessions BETWEEN 1 AND 64", name="sessions"),
    CheckConstraint("(cardinality(secrets) = 0) = (octet_length(sealed) = 0)", name="sealed_whole"),
    CheckConstraint("keeps_days BETWEEN 1 AND 3660", name="keeps_days"),
)

camera = Table(
    "camera",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner_id", ForeignKey("department.id"), nullable=False),
    Column("gb_code", Text, unique=True),
    Column("external_key", Text),
    Column("name", Text, nullable=False),
    Column("division", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False, server_default=""),
    Column("latitude", Double, nullable=False),
    Column("longitude", Double, nullable=False),
    Column("direction", SmallInteger),
    Column("point_class", SmallInteger),
    Column("sensitive", Boolean, nullable=False, server_default=text("false")),
    Column("synthetic", Boolean, nullable=False, server_default=text("false")),
    Column("source_id", ForeignKey("source.id")),
    Column("channel", Text),
    Column("extra", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("masks", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    *audited(),
    UniqueConstraint("owner_id", "external_key"),
    CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="place"),
    CheckConstraint("(source_id IS NULL) = (channel IS NULL)", name="bound_whole"),
    Index("ix_camera_owner_id_id", "owner_id", "id"),
    Index("ix_camera_place", "latitude", "longitude"),
)
