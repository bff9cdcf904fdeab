"""What every table shares: the metadata, the type of an instant, and the tie between a row and its event."""

from collections.abc import Callable

from sqlalchemy import Column, DateTime, Dialect, ForeignKeyConstraint, Integer, MetaData, Text
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType

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


class Xid8(UserDefinedType[int]):
    """The number of a transaction, 64 bits: it never comes round again."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "XID8"

    def bind_processor(self, dialect: Dialect) -> Callable[[int | None], str | None]:  # noqa: ARG002 - its signature
        return lambda value: None if value is None else str(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[object], int | None]:  # noqa: ARG002
        return lambda value: None if value is None else int(str(value))


ischema_names["xid8"] = Xid8  # SQLAlchemy does not know the type when it reads a database


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
