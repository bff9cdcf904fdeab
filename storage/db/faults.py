"""What an error of the database means for a person."""

import psycopg
from sqlalchemy.exc import DBAPIError

from broker.domain.errors import BrokerError, Conflict, Invalid, Unavailable

_DISK_FULL = "53100"
_LOST_THE_RACE = frozenset({"40001", "40P01", "55P03"})  # serialization, deadlock, lock not available


def translate(error: DBAPIError | psycopg.Error) -> BrokerError:
    """Return what an error of the database means for a person, whether or not SQLAlchemy stood between."""
    cause = error if isinstance(error, psycopg.Error) else error.orig
    state = getattr(cause, "sqlstate", None) or ""
    lost = isinstance(cause, psycopg.OperationalError) or getattr(error, "connection_invalidated", False)
    if state == _DISK_FULL:
        return Unavailable("no-space-left", path="database")
    if state in _LOST_THE_RACE or isinstance(cause, psycopg.IntegrityError):
        constraint = getattr(getattr(cause, "diag", None), "constraint_name", None)
        return Conflict("changed-meanwhile", subject=constraint or state)
    if isinstance(cause, psycopg.DataError):
        return Invalid("value-unstorable", detail=first_line(cause))
    if lost or state.startswith("57P"):
        return Unavailable("database-unreachable", detail=first_line(cause))
    return Unavailable("database-fault", code=state)


def first_line(cause: BaseException | None) -> str:
    """Return the first line of what the driver said; it names hosts and never a password."""
    return (str(cause).strip().splitlines() or [""])[0]
