"""What an error of the database means for a person."""

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from broker.domain.errors import BrokerError, Conflict, Invalid, Unavailable

_DISK_FULL = "53100"
_LOST_THE_RACE = frozenset({"40001", "40P01", "55P03"})  # serialization, deadlock, lock not available


def translate(error: DBAPIError) -> BrokerError:
    """Return what an error of the database means for a person."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if state == _DISK_FULL:
        return Unavailable("no-space-left", path="database")
    if state in _LOST_THE_RACE or isinstance(error, IntegrityError):
        constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        return Conflict("changed-meanwhile", subject=constraint or state)
    if isinstance(error, DataError):
        return Invalid("value-unstorable", detail=first_line(error))
    if isinstance(error, OperationalError) or error.connection_invalidated or state.startswith("57P"):
        return Unavailable("database-unreachable", detail=first_line(error))
    return Unavailable("database-fault", code=state)


def first_line(error: DBAPIError) -> str:
    """Return the first line of what the driver said; it names hosts and never a password."""
    return (str(error.orig).strip().splitlines() or [""])[0]
