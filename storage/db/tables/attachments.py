"""Papers attached to requests; the bytes lie in the blob store under their digest."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text, Uuid

from storage.db.tables.base import INSTANT, audited, metadata

attachment = Table(
    "attachment",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("request_id", ForeignKey("access_request.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("uploaded_by", ForeignKey("person.id"), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("removed_at", INSTANT),
    Column("purged_at", INSTANT),
    *audited(),
    CheckConstraint("media_type IN ('application/pdf', 'image/jpeg', 'image/png')", name="media_type"),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$' AND size > 0", name="content"),
    Index("ix_attachment_request_id_id", "request_id", "id"),
    CheckConstraint("purged_at IS NULL OR removed_at IS NOT NULL", name="purged_once_removed"),
    Index("ix_attachment_digest", "digest"),
)
