"""The health of points: what was wrong with them and when, who looks when again, and the days it comes to."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from storage.db.tables.base import INSTANT, audited, metadata

CODE = Text(collation="C")
"""Compared byte by byte, so that what lies in a division is one interval."""


def _camera(**also: bool) -> Column[object]:
    """Return the column of a camera; what was seen of one goes with it."""
    return Column("camera_id", ForeignKey("camera.id", ondelete="CASCADE"), nullable=False, **also)  # type: ignore[arg-type]


point_watch = Table(
    "point_watch",
    metadata,
    _camera(primary_key=True),
    Column("source_id", ForeignKey("source.id"), nullable=False),
    Column("owner_id", ForeignKey("department.id"), nullable=False),
    Column("division", CODE, nullable=False),
    Column("since", Date, nullable=False),
    Column("next_at", INSTANT, nullable=False),
    Column("failures", SmallInteger, nullable=False, server_default=text("0")),
    Column("suspected", Text),
    Column("looked_at", INSTANT),
    Column("picture_at", INSTANT),
    Column("recorded_to", Date),
    Index("ix_point_watch_source_id_next_at", "source_id", "next_at"),
    Index("ix_point_watch_troubled", "source_id", "next_at", postgresql_where=text("failures > 0")),
)

point_stint = Table(
    "point_stint",
    metadata,
    _camera(primary_key=True),
    Column("source_id", ForeignKey("source.id"), nullable=False),
    Column("since", Date, primary_key=True),
    Column("until", Date, nullable=False),
    CheckConstraint("since < until", name="in_order"),
)

point_health = Table(
    "point_health",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    _camera(),
    Column("state", Text, nullable=False),
    Column("since", INSTANT, nullable=False),
    Column("seen_at", INSTANT, nullable=False),
    Column("until", INSTANT),
    Column("detail", Text, nullable=False, server_default=""),
    CheckConstraint("state IN ('offline', 'silent', 'black', 'frozen')", name="state"),
    CheckConstraint("since <= seen_at AND (until IS NULL OR seen_at <= until)", name="in_order"),
    Index("ix_point_health_camera_id", "camera_id", unique=True, postgresql_where=text("until IS NULL")),
    Index("ix_point_health_camera_id_since", "camera_id", "since"),
    Index("ix_point_health_until", "until"),
)

point_day = Table(
    "point_day",
    metadata,
    _camera(primary_key=True),
    Column("day", Date, primary_key=True),
    Column("watched", Integer, nullable=False),
    Column("online", Integer, nullable=False),
    Column("intact", Integer, nullable=False),
    CheckConstraint("0 <= intact AND intact <= online AND online <= watched", name="parts"),
    Index("ix_point_day_day", "day"),
)

point_recorded = Table(
    "point_recorded",
    metadata,
    _camera(primary_key=True),
    Column("month", Date, primary_key=True),
    Column("seconds", ARRAY(Integer), nullable=False),
    CheckConstraint("cardinality(seconds) = 31 AND extract(day FROM month) = 1", name="month"),
    Index("ix_point_recorded_month", "month"),
)

source_day = Table(
    "source_day",
    metadata,
    Column("source_id", ForeignKey("source.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("watched", Integer, nullable=False),
    Column("online", Integer, nullable=False),
    CheckConstraint("0 <= online AND online <= watched", name="parts"),
    Index("ix_source_day_day", "day"),
)

health_day = Table(
    "health_day",
    metadata,
    Column("day", Date, primary_key=True),
    Column("owner_id", ForeignKey("department.id"), primary_key=True),
    Column("division", CODE, primary_key=True),
    Column("points", Integer, nullable=False, server_default=text("0")),
    Column("watched", BigInteger, nullable=False, server_default=text("0")),
    Column("online", BigInteger, nullable=False, server_default=text("0")),
    Column("intact", BigInteger, nullable=False, server_default=text("0")),
    Column("asked", BigInteger, nullable=False, server_default=text("0")),
    Column("recorded", BigInteger, nullable=False, server_default=text("0")),
    CheckConstraint("0 <= intact AND intact <= online AND online <= watched", name="parts"),
    CheckConstraint("0 <= recorded AND recorded <= asked", name="recorded"),
    Index("ix_health_day_owner_id_day", "owner_id", "day"),
)

source_round = Table(
    "source_round",
    metadata,
    Column("source_id", ForeignKey("source.id"), primary_key=True),
    Column("next_list_at", INSTANT, nullable=False, index=True),
    Column("followed", BigInteger),
)

health_round = Table(
    "health_round",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", INSTANT, nullable=False),
    Column("day", Date),
    Column("camera_id", Uuid),
)

health_target = Table(
    "health_target",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("department_id", ForeignKey("department.id"), unique=True),
    Column("source_id", ForeignKey("source.id"), unique=True),
    Column("per_mille", SmallInteger, nullable=False),
    *audited(),
    CheckConstraint("num_nonnulls(department_id, source_id) = 1", name="of_one"),
    CheckConstraint("per_mille BETWEEN 0 AND 1000", name="per_mille"),
)

health_alert = Table(
    "health_alert",
    metadata,
    Column("subject", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("at", INSTANT, nullable=False),
    Column("watched", BigInteger, nullable=False),
    Column("online", BigInteger, nullable=False),
    Column("per_mille", SmallInteger, nullable=False),
    Index("ix_health_alert_day", "day"),
)

maintenance = Table(
    "maintenance",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("source_id", ForeignKey("source.id"), index=True),
    Column("department_id", ForeignKey("department.id")),
    Column("camera_id", ForeignKey("camera.id", ondelete="CASCADE"), index=True),
    Column("begins", INSTANT, nullable=False),
    Column("ends", INSTANT, nullable=False),
    Column("reason", Text, nullable=False),
    Column("declared_by", Text, nullable=False),
    Column("declared_at", INSTANT, nullable=False),
    *audited(),
    CheckConstraint("num_nonnulls(source_id, department_id, camera_id) = 1", name="of_one"),
    # One that was called off before it began ends where it begins.
    CheckConstraint("begins <= ends", name="in_order"),
    CheckConstraint("declared_at <= begins", name="planned"),
    Index("ix_maintenance_ends", "ends"),
)
