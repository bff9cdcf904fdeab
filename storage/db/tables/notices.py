"""The outbox: what is to be told, to whom, and which webhooks it goes to."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from storage.db.tables.base import INSTANT, audited, metadata

notice = Table(
    "notice",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("case_id", Uuid),
    Column("facts", JSONB, nullable=False),
    Column("departments", ARRAY(Uuid), nullable=False),
    Column("at", INSTANT, nullable=False),
)

notice_recipient = Table(
    "notice_recipient",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("notice_id", ForeignKey("notice.id"), primary_key=True, index=True),
    Column("read_at", INSTANT),
    Column("mail", Text, nullable=False, server_default="none"),
    Column("mail_attempts", Integer, nullable=False, server_default=text("0")),
    Column("mail_at", INSTANT),
    Column("mail_error", Text, nullable=False, server_default=""),
    CheckConstraint("mail IN ('none', 'waiting', 'sent', 'refused', 'dead')", name="mail"),
    Index("ix_notice_recipient_unread", "person_id", "notice_id", postgresql_where=text("read_at IS NULL")),
    Index("ix_notice_recipient_mail", "mail", postgresql_where=text("mail NOT IN ('none', 'sent')")),
)

webhook = Table(
    "webhook",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("department_id", ForeignKey("department.id"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    *audited(),
    CheckConstraint("state IN ('active', 'disabled', 'removed')", name="state"),
    CheckConstraint("(state = 'removed') = (octet_length(sealed) = 0)", name="erased_when_removed"),
    Index(
        "ix_webhook_department_id_url", "department_id", "url", unique=True, postgresql_where=text("state <> 'removed'")
    ),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("webhook_id", ForeignKey("webhook.id"), nullable=False),
    Column("notice_id", ForeignKey("notice.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", INSTANT),
    Column("last_at", INSTANT),
    Column("last_status", SmallInteger),
    Column("last_error", Text, nullable=False, server_default=""),
    UniqueConstraint("webhook_id", "notice_id"),
    CheckConstraint("state IN ('waiting', 'delivered', 'dead', 'dropped')", name="state"),
    Index("ix_webhook_delivery_webhook_id_id", "webhook_id", "id"),
)
