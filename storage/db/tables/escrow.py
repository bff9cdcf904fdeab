"""Sealed copies, and originals that are kept for a while; the bytes lie in the blob store, sealed."""

from sqlalchemy import CheckConstraint, Column, Double, ForeignKey, Index, Integer, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from storage.db.tables.base import INSTANT, audited, metadata

escrow = Table(
    "escrow",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("request_id", ForeignKey("access_request.id"), nullable=False, index=True),
    Column("camera_id", ForeignKey("camera.id"), nullable=False),
    Column("source_id", ForeignKey("source.id"), nullable=False),
    Column("span_begin", INSTANT, nullable=False),
    Column("span_end", INSTANT, nullable=False),
    Column("overwritten_at", INSTANT, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("copy", JSONB(none_as_null=True)),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("sealed_at", INSTANT),
    Column("ended_at", INSTANT),
    *audited(),
    CheckConstraint("span_begin < span_end", name="span"),
    CheckConstraint("state IN ('SEALING', 'SEALED', 'RELEASED', 'DESTROYED', 'FAILED')", name="state"),
    CheckConstraint("(state IN ('SEALED', 'RELEASED')) = (octet_length(sealed_key) > 0)", name="key_only_while_sealed"),
    CheckConstraint("(state IN ('DESTROYED', 'FAILED')) = (ended_at IS NOT NULL)", name="ended"),
    Index("ix_escrow_live", "request_id", postgresql_where=text("state IN ('SEALING', 'SEALED', 'RELEASED')")),
    Index("ix_escrow_unerased", "id", postgresql_where=text("state = 'DESTROYED' AND copy IS NOT NULL")),
)

kept_original = Table(
    "kept_original",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("source_id", ForeignKey("source.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("span_begin", INSTANT, nullable=False),
    Column("span_end", INSTANT, nullable=False),
    Column("ahead", Double, nullable=False),
    Column("copy", JSONB(none_as_null=True)),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("expires_at", INSTANT, nullable=False, index=True),
    CheckConstraint("span_begin < span_end", name="span"),
    CheckConstraint("(copy IS NULL) = (octet_length(sealed_key) = 0)", name="whole_or_not_at_all"),
    Index("ix_kept_original_source_id_channel", "source_id", "channel"),
)
