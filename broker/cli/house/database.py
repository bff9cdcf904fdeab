"""`xueliang db`: bring the database up to date, say where it stands."""

from collections.abc import Iterator
from contextlib import contextmanager

from typer import Exit

from broker.bootstrap import open_database
from broker.cli import screen
from broker.cli.crash import quiet
from broker.cli.grammar import Json, Noun
from broker.cli.machine import Data, settings_for
from broker.domain.errors import Unavailable
from broker.settings import Settings
from storage.db import schema
from storage.db.embedded.embedded import EmbeddedServer, running_dsn
from storage.db.engine import libpq_url

OUTDATED = 8

app = Noun()


@app.verb("upgrade")
def upgrade(data: Data = None, *, as_json: Json = False) -> None:
    """Bring the schema to this program's version."""
    quiet()
    with open_database(settings_for(data)) as url:
        found = schema.upgrade(url)
    _tell(found, as_json=as_json)


@app.verb("status")
def status(data: Data = None, *, as_json: Json = False) -> None:
    """Say which version the schema has, changing nothing."""
    quiet()
    settings = settings_for(data)
    if settings.database_url is None and not (settings.data / "postgres" / "cluster").exists():
        raise Unavailable("database-absent", path=str(settings.data))
    with _as_it_is(settings) as url:
        found = schema.status(url)
    _tell(found, as_json=as_json)
    if not found.ready:
        raise Exit(OUTDATED)


def _tell(found: schema.Status, *, as_json: bool) -> None:
    screen.fields({"current": found.current, "needed": found.needed, "ready": found.ready}, as_json=as_json)


@contextmanager
def _as_it_is(settings: Settings) -> Iterator[str]:
    """Give the URL of the database without upgrading it."""
    if settings.database_url is not None:
        yield libpq_url(settings.database_url.get_secret_value())
    elif running := running_dsn(settings.data / "postgres"):
        yield running
    else:
        with EmbeddedServer(settings.data / "postgres", binaries=settings.postgres_binaries) as server:
            yield server.dsn()
