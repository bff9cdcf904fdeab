"""The whole application behind a real server, over a real database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from broker.bootstrap import Broker, build
from broker.domain.time import SystemClock
from broker.web.app import create_app
from storage.db.embedded.embedded import EmbeddedServer
from storage.db.engine import open_engine
from tests.city import City
from tests.conftest import TEMPLATE, fast_settings
from tests.web.door import Door, serving

SHARED, BUSY = "test_web_shared", "test_web_busy"


@pytest.fixture
def door(broker: Broker, city: City) -> Iterator[Door]:
    """The door of the application; `city` founds what is behind it."""
    assert city.persons
    with serving(create_app(broker)) as url, Door(url) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_broker(
    server: EmbeddedServer, city_template: City, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Broker]:
    """The services over one database for all tests that change nothing and come in through the lobby."""
    assert city_template.persons
    with over_a_copy(server, SHARED, tmp_path_factory.mktemp("web")) as broker:
        yield broker


@pytest.fixture(scope="session")
def busy_broker(
    server: EmbeddedServer, city_template: City, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Broker]:
    """The same for tests that open doors of their own: the sessions of a person are few, and the lobby's would end."""
    assert city_template.persons
    with over_a_copy(server, BUSY, tmp_path_factory.mktemp("busy")) as broker:
        yield broker


@contextmanager
def over_a_copy(server: EmbeddedServer, name: str, data: Path) -> Iterator[Broker]:
    """Give the services over a copy of the city of this name."""
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(copy.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
    engine = open_engine(server.dsn(name))
    yield build(fast_settings(data), server.dsn(name), engine, SystemClock())
    engine.dispose()


@pytest.fixture(scope="session")
def lobby(shared_broker: Broker) -> Iterator[Door]:
    """A door shared by all tests that change nothing and sign nobody out."""
    with serving(create_app(shared_broker)) as url, Door(url) as opened:
        yield opened
