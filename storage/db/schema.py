"""The schema: bring a database up to this program's version, or say how they differ."""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from broker.domain.errors import Unavailable
from storage.db.engine import open_engine
from storage.db.faults import first_line, translate

_UPGRADE_LOCK = 0x78_75_65_6C  # "xuel": one upgrade at a time, whoever starts it


@dataclass(frozen=True)
class Status:
    """The revision a database is at ("" when empty) and the one this program needs."""

    current: str
    needed: str

    @property
    def ready(self) -> bool:
        return self.current == self.needed


def status(url: str) -> Status:
    """Say where the database stands.

    Raises:
        Unavailable: it does not answer, or a newer program made it.
    """
    engine = open_engine(url, pool=1, owner=True)
    try:
        with engine.connect() as connection:
            return _status(connection)
    except DBAPIError as error:
        raise _unreachable(error) from error
    finally:
        engine.dispose()


def upgrade(url: str) -> Status:
    """Bring the database to this program's revision, in one transaction.

    Raises:
        Unavailable: it does not answer, a newer program made it, or its user may not create the run-time role.
    """
    engine = open_engine(url, pool=1, owner=True)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            if not _status(connection).ready:
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            return _status(connection)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") == "42501":
            raise Unavailable("database-rights", detail=first_line(error.orig)) from error
        raise _unreachable(error) from error
    finally:
        engine.dispose()


def _status(connection: Connection) -> Status:
    scripts = ScriptDirectory.from_config(_config())
    current = MigrationContext.configure(connection).get_current_revision() or ""
    if current and current not in {script.revision for script in scripts.walk_revisions()}:
        raise Unavailable("database-newer", current=current, needed=scripts.get_current_head())
    return Status(current, scripts.get_current_head() or "")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _unreachable(error: DBAPIError) -> Unavailable:
    known, told = translate(error), first_line(error.orig)
    return known if isinstance(known, Unavailable) else Unavailable("database-unreachable", detail=told)
