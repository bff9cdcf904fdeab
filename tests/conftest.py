"""A real PostgreSQL for the session, a fresh database from a migrated template for each test that wants one."""

import gc
import os
import shutil
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from sqlalchemy import Connection, Engine, event, make_url

from broker.bootstrap import Broker, build
from broker.domain.time import SystemClock
from broker.services.deciding import rules
from broker.settings import Settings
from storage.db import schema
from storage.db.embedded.embedded import EmbeddedServer
from storage.db.engine import open_engine
from tests.city import City, found_city
from tests.clock import Turned
from tests.proofs import FULL

TEMPLATE = "template_xueliang"
gc.set_threshold(20_000, 20, 50)  # the collector went over a large heap again and again

# No example is failed by a clock that a busy machine bends; each run tries the same ones, `make proofs` new ones.
settings.register_profile("suite", deadline=None, derandomize=not FULL)
settings.load_profile("suite")

ROOM = 2 * 1024**3
"""Bytes that the databases of the tests of all processes together never come near."""

COVERING = {
    "catalog", "domain", "escrow", "evidence", "finding", "notices", "policies", "rules", "services", "sign_in",
    "sources", "worker",
}  # fmt: skip
"""The folders whose tests have to cover what the gate is for: the tracer makes a test take up to four times as long."""

THROUGH_HTTP = {
    "test_attachments.py", "test_desk.py", "test_evidence.py", "test_jobs.py", "test_keeping.py", "test_ledger.py",
    "test_measures.py", "test_ordering.py", "test_people_acts.py", "test_point_health.py", "test_stream.py",
    "test_uploads.py", "test_wizard.py",
}  # fmt: skip
"""Files of `web` that alone come to some of it."""

REPEATING = {
    "test_access_register.py", "test_all_or_nothing.py", "test_authorizer.py", "test_camera_merge.py",
    "test_composed_machine.py", "test_crashes.py", "test_delivery.py", "test_grant_life.py", "test_import_crash.py",
    "test_lint.py", "test_list_xlsx.py", "test_locks.py", "test_matrix.py", "test_no_leaks.py", "test_races.py",
    "test_random_worlds.py", "test_stateful.py",
}  # fmt: skip
"""Files in them that go over many times what others cover."""


HEAVIEST_FIRST = (
    "cli", "worker", "demo", "web", "escrow", "services", "sources", "finding", "sign_in", "contracts", "notices",
    "policies", "storage", "adapters",
)  # fmt: skip
"""Folders whose files take longest: begun first, so that no process is left with one when the others are done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(HEAVIEST_FIRST)}
    items.sort(key=lambda item: order.get(item.path.relative_to(Path(__file__).parent).parts[0], len(order)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Trace only the tests that are there to cover the rules; the mark `no_cover` is not heeded by parallel runs."""
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    if (folder in COVERING and item.path.name not in REPEATING) or item.path.name in THROUGH_HTTP:
        return (yield)
    tracers = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracers[0])
        threading.settrace(tracers[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with _quick_directory(tmp_path_factory) as place, EmbeddedServer(place) as running:
        with psycopg.connect(running.dsn("postgres"), autocommit=True) as connection:
            # These databases are thrown away; tests of crashes bring a server of their own.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        schema.upgrade(running.dsn(TEMPLATE))
        yield running


@contextmanager
def _quick_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a directory in memory where there is room: each test copies a database, which is hundreds of files."""
    memory = Path("/dev/shm")  # noqa: S108  # nobody else's: a directory of a random name is made in it
    if not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < ROOM:
        yield tmp_path_factory.mktemp("pg")
        return
    with TemporaryDirectory(dir=memory, prefix="xueliang-tests-", ignore_cleanup_errors=True) as place:
        yield Path(place)


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


@pytest.fixture(scope="session")
def compiled(server: EmbeddedServer) -> Iterator[Engine]:
    """Give the engine that all tests connect through: it remembers how each statement is written in SQL."""
    shared = open_engine(server.dsn(TEMPLATE))
    yield shared
    shared.dispose()


@pytest.fixture
def engine(compiled: Engine, database_url: str) -> Iterator[Engine]:
    """Give an engine for the test's own database."""
    name = make_url(database_url).database

    def elsewhere(_dialect: object, _record: object, _arguments: object, named: dict[str, object]) -> None:
        named["dbname"] = name

    event.listen(compiled, "do_connect", elsewhere)
    yield compiled
    compiled.dispose()
    event.remove(compiled, "do_connect", elsewhere)
    rules._kept.clear()  # kept by engine, and this one goes on to another database


@pytest.fixture
def broker(database_url: str, engine: Engine, tmp_path: Path) -> Broker:
    return build(fast_settings(tmp_path / "data"), database_url, engine, SystemClock())


@pytest.fixture
def clock() -> Turned:
    """Give the clock of `turned`."""
    return Turned()


@pytest.fixture
def turned(database_url: str, engine: Engine, tmp_path: Path, clock: Turned) -> Broker:
    """Build the services on a clock that stands still until the test turns it."""
    return build(fast_settings(tmp_path / "turned"), database_url, engine, clock)


@pytest.fixture
def city(city_template: City) -> City:
    return city_template


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened:
        yield opened
