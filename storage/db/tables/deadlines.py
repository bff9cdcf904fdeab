"""What the clock watches: one row a deadline, so that reminders, escalations and lapses each happen once."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, SmallInteger, Table, Uuid

from storage.db.tables.base import INSTANT, metadata

deadline = Table(
    "deadline",
    metadata,
    Column("subject_id", Uuid, primary_key=True),
    Column("due", INSTANT, primary_key=True),
    Column("request_id", ForeignKey("access_request.id"), nullable=False),
    Column("item_id", ForeignKey("request_item.id")),
    Column("nudge", SmallInteger, nullable=False),
    Column("alarm", INSTANT, nullable=False),
    CheckConstraint("nudge BETWEEN 0 AND 2", name="nudge"),
    Index("ix_deadline_alarm", "alarm"),
)
