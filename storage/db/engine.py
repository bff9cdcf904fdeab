"""The connection pool: psycopg 3, UTC, and at run time the role that may not rewrite the trace."""

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from broker.domain.errors import Invalid

RUNTIME_ROLE = "xueliang_app"
"""The role every program works under: it owns no table, so it can neither drop a trigger nor rewrite an event."""


def libpq_url(url: str) -> str:
    """Return the URL in the form libpq takes: without SQLAlchemy's driver name.

    Raises:
        Invalid: the text is no PostgreSQL URL; the password never stands in the error.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise Invalid("database-url", pointer="/database_url", reason="syntax") from None
    if parsed.drivername not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise Invalid("database-url", pointer="/database_url", reason=parsed.drivername)
    return parsed.set(drivername="postgresql").render_as_string(hide_password=False)


def open_engine(url: str, *, pool: int = 10, owner: bool = False) -> Engine:
    """Return an engine; `owner` keeps the rights of the URL's user (only migrations need them)."""
    role = "" if owner else f" -c role={RUNTIME_ROLE}"
    return create_engine(
        make_url(libpq_url(url)).set(drivername="postgresql+psycopg"),
        pool_size=pool,
        max_overflow=pool,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 5,
            "options": f"-c timezone=UTC -c statement_timeout=30000 -c lock_timeout=10000{role}",
            "application_name": "xueliang",
        },
    )
