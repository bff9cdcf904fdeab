"""The trace itself."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, Uuid, text

from storage.db.tables.base import INSTANT, metadata

audit_event = Table(
    "audit_event",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("stream", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("actor", Text, nullable=False),
    Column("case_id", Uuid),
    Column("body", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    UniqueConstraint("stream", "seq"),
    # What the measures read of a year: the steps of the centers, whatever else is in the trace.
    Index(
        "ix_audit_event_centers",
        "at",
        postgresql_where=text(
            "kind IN ('access_request:submitted', 'access_request:resubmitted', 'access_request:approved',"
            " 'access_request:rejected', 'access_request:returned', 'access_request:lapsed')"
        ),
    ),
    # What searching looks up, the newest first.
    Index("ix_audit_event_actor_id", "actor", "id"),
    Index("ix_audit_event_kind_id", "kind", "id"),
    Index("ix_audit_event_at", "at", postgresql_using="brin"),
    Index("ix_audit_event_case_id", "case_id", "id", postgresql_where=text("case_id IS NOT NULL")),
)
