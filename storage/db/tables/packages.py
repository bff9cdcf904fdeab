"""Evidence packages and what is in them; the bytes lie in the blob store under the digest in `contents`."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, SmallInteger, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from storage.db.tables.base import INSTANT, audited, metadata

evidence_package = Table(
    "evidence_package",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("grant_id", ForeignKey("access_grant.id"), nullable=False, index=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("contents", JSONB(none_as_null=True)),
    Column("error", Text, nullable=False, server_default=""),
    Column("error_facts", JSONB(none_as_null=True)),
    Column("held", Text, nullable=False, server_default=""),
    Column("purged_at", INSTANT),
    Column("ordered_at", INSTANT, nullable=False),
    Column("ready_at", INSTANT),
    *audited(),
    CheckConstraint("state NOT IN ('READY', 'DELIVERED') OR contents IS NOT NULL", name="ready_has_contents"),
    CheckConstraint("(state = 'PURGED') = (purged_at IS NOT NULL)", name="purged_at_some_time"),
    Index("ix_evidence_package_digest", text("(contents ->> 'digest')")),
    Index("ix_evidence_package_person_id_id", "person_id", "id"),
)

package_retrieval = Table(
    "package_retrieval",
    metadata,
    Column("package_id", ForeignKey("evidence_package.id"), primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("retrieval_id", ForeignKey("retrieval.id"), nullable=False, index=True),
    CheckConstraint("number BETWEEN 1 AND 50", name="number"),
)
