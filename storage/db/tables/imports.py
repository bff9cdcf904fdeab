"""Imports of lists, what they kept outside, and the mappings that are used again."""

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Boolean

from storage.db.tables.base import INSTANT, audited, metadata

import_profile = Table(
    "import_profile",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("mapping", JSONB, nullable=False),
    Column("headings", ARRAY(Text), nullable=False),
    Column("coordinates", Text, nullable=False),
    Column("retired", Boolean, nullable=False, server_default=text("false")),
    *audited(),
    CheckConstraint("coordinates IN ('wgs84', 'gcj02', 'bd09')", name="coordinates"),
    CheckConstraint("jsonb_typeof(mapping) = 'object'", name="mapping"),
)

catalog_import = Table(
    "catalog_import",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner_id", ForeignKey("department.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("digest", Text),
    Column("reading", JSONB, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("total", BigInteger),
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("read", Integer, nullable=False, server_default="0"),
    Column("inserted", Integer, nullable=False, server_default="0"),
    Column("updated", Integer, nullable=False, server_default="0"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("quarantined", Integer, nullable=False, server_default="0"),
    Column("rejected", Integer, nullable=False, server_default="0"),
    Column("warnings", Integer, nullable=False, server_default="0"),
    Column("reasons", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("error", JSONB(none_as_null=True)),
    Column("written", JSONB(none_as_null=True)),
    *audited(),
    CheckConstraint("state IN ('PREVIEW', 'QUEUED', 'RUNNING', 'DONE', 'FAILED', 'UNDONE', 'DISCARDED')", name="state"),
    CheckConstraint("(state IN ('PREVIEW', 'QUEUED', 'RUNNING')) = (ended_at IS NULL)", name="ended"),
    CheckConstraint("(state = 'FAILED') = (error IS NOT NULL)", name="error"),
    CheckConstraint("read = inserted + updated + unchanged + quarantined + rejected", name="balance"),
    CheckConstraint("state NOT IN ('PREVIEW', 'QUEUED', 'RUNNING') OR digest IS NOT NULL", name="kept"),
    CheckConstraint("state <> 'UNDONE' OR NOT dry_run", name="undone"),
    Index("ix_catalog_import_owner_id_id", "owner_id", "id"),
    Index("ix_catalog_import_open", "id", postgresql_where=text("state IN ('PREVIEW', 'QUEUED', 'RUNNING')")),
    Index("ix_catalog_import_digest", "digest", postgresql_where=text("digest IS NOT NULL")),
)

import_row = Table(
    "import_row",
    metadata,
    Column("import_id", ForeignKey("catalog_import.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("place", Text, nullable=False),
    Column("fate", Text, nullable=False),
    Column("cells", JSONB(none_as_null=True)),
    Column("problems", JSONB, nullable=False),
    CheckConstraint("fate IN ('quarantined', 'rejected', 'warned')", name="fate"),
    CheckConstraint("fate = 'quarantined' OR cells IS NULL", name="only_quarantined"),
    Index("ix_import_row_fate", "import_id", "fate", "position"),
)
