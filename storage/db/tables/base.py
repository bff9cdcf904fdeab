"""What every table shares: the metadata, the type of an instant, and the tie between a row and its event."""

from sqlalchemy import Column, DateTime, ForeignKeyConstraint, Integer, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)

INSTANT = DateTime(timezone=True)


def audited() -> tuple[Column[object] | ForeignKeyConstraint, ...]:
    """Return the two columns that tie a row to the event of its latest change, and the deferred key itself."""
    return (
        Column("stream", Text, nullable=False),
        Column("version", Integer, nullable=False),
        ForeignKeyConstraint(
            ["stream", "version"],
            ["audit_event.stream", "audit_event.seq"],
            deferrable=True,
            initially="DEFERRED",
        ),
    )
