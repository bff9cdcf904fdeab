"""What is known about sources over time: their health, their clocks, and what they said is recorded."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    text,
)

from storage.db.tables.base import INSTANT, metadata

source_health = Table(
    "source_health",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("source_id", ForeignKey("source.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("since", INSTANT, nullable=False),
    Column("seen_at", INSTANT, nullable=False),
    Column("until", INSTANT),
    Column("detail", Text, nullable=False, server_default=""),
    CheckConstraint("state IN ('online', 'faulty', 'offline')", name="state"),
    CheckConstraint("since <= seen_at AND (until IS NULL OR seen_at <= until)", name="in_order"),
    Index("ix_source_health_source_id", "source_id", unique=True, postgresql_where=text("until IS NULL")),
    Index("ix_source_health_source_id_since", "source_id", "since"),
    Index("ix_source_health_until", "until"),
)

source_watch = Table(
    "source_watch",
    metadata,
    Column("source_id", ForeignKey("source.id"), primary_key=True),
    Column("next_at", INSTANT, nullable=False, index=True),
    Column("failures", SmallInteger, nullable=False),
)

source_clock = Table(
    "source_clock",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("source_id", ForeignKey("source.id"), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("by", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reference", Text, nullable=False, server_default=""),
    Column("shown", INSTANT),
    CheckConstraint("(by = 'hand') = (reference ~ '^[0-9a-f]{64}$' AND shown IS NOT NULL)", name="seen_by_hand"),
    Index("ix_source_clock_source_id_at", "source_id", "at"),
)

recording_answer = Table(
    "recording_answer",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("camera_id", ForeignKey("camera.id"), nullable=False),
    Column("source_id", ForeignKey("source.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("span_begin", INSTANT, nullable=False),
    Column("span_end", INSTANT, nullable=False),
    Column("begins", ARRAY(INSTANT), nullable=False),
    Column("ends", ARRAY(INSTANT), nullable=False),
    Column("asked_at", INSTANT, nullable=False),
    CheckConstraint("span_begin < span_end AND cardinality(begins) = cardinality(ends)", name="spans"),
    Index("ix_recording_answer_camera_id_span_end", "camera_id", "span_end"),
    Index("ix_recording_answer_asked_at", "asked_at"),
)
