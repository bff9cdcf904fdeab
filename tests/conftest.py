"""A real PostgreSQL for the session, a fresh database from a migrated template for each test that wants one."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection

from broker.bootstrap import Broker, build
from broker.domain.time import SystemClock
from broker.settings import Settings
from storage.db import schema
from storage.db.embedded import EmbeddedServer
from storage.db.engine import open_engine
from tests.city import City, found_city
from tests.clock import Turned

TEMPLATE = "template_xueliang"
COVERING = {"domain", "services", "policies", "rules", "catalog", "notices", "worker", "escrow", "sources", "evidence"}
"""The folders whose tests have to cover what the gate is for; the tracer doubles the time of a test."""

PROOFS = {"test_no_leaks.py", "test_stateful.py", "test_all_or_nothing.py", "test_random_worlds.py", "test_races.py"}
"""Files among them that repeat by the thousand what other tests cover."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Trace only the tests that are there to cover the rules."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] not in COVERING or item.path.name in PROOFS:
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path_factory.mktemp("pg")) as running:
        with psycopg.connect(running.dsn("postgres"), autocommit=True) as connection:
            # These databases are thrown away; tests of crashes bring a server of their own.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        schema.upgrade(running.dsn(TEMPLATE))
        yield running


@pytest.fixture(scope="session")
def city_template(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> City:
    """Found the small city once; every test's database is a copy of it."""
    settings = fast_settings(tmp_path_factory.mktemp("template"))
    url = server.dsn(TEMPLATE)
    engine = open_engine(url, pool=2)
    try:
        return found_city(build(settings, url, engine, SystemClock()))
    finally:
        engine.dispose()


def fast_settings(data: Path) -> Settings:
    """The shipped settings with cheap password hashing."""
    return Settings(data=data, password_memory_kib=64, password_passes=1, workers=0)


@pytest.fixture
def database_url(server: EmbeddedServer, city_template: City, request: pytest.FixtureRequest) -> Iterator[str]:
    assert city_template.persons, "the template is filled before it is copied"
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name),
                sql.Identifier(TEMPLATE),
            ),
        )
        yield server.dsn(name)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def broker(database_url: str, tmp_path: Path) -> Iterator[Broker]:
    engine = open_engine(database_url)
    yield build(fast_settings(tmp_path / "data"), database_url, engine, SystemClock())
    engine.dispose()


@pytest.fixture
def clock() -> Turned:
    """Give the clock of `turned`."""
    return Turned()


@pytest.fixture
def turned(database_url: str, tmp_path: Path, clock: Turned) -> Iterator[Broker]:
    """Build the services on a clock that stands still until the test turns it."""
    engine = open_engine(database_url)
    yield build(fast_settings(tmp_path / "turned"), database_url, engine, clock)
    engine.dispose()


@pytest.fixture
def city(city_template: City) -> City:
    return city_template


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = open_engine(database_url, pool=1)
    with engine.connect() as opened:
        yield opened
    engine.dispose()
