"""A city whose people may also come in through another house."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import Engine, text

from broker.bootstrap import Broker, build, operator
from broker.settings import Settings
from broker.web.app import create_app
from tests.city import City
from tests.clock import Turned
from tests.conftest import fast_settings
from tests.sign_in.browser import Browser
from tests.sign_in.house import CLIENT, SECRET, House, housed
from tests.web.door import serving

HERE = "http://127.0.0.1:1024"
"""What the program is told of its public address; the browser of the tests goes to the real one."""


@dataclass(frozen=True)
class Place:
    """A running program beside a running house."""

    url: str
    broker: Broker
    city: City
    house: House
    clock: Turned
    front: "Front"

    def browser(self, **cookies: str) -> Browser:
        return Browser(self.url, cookies)

    def link(self, login: str, subject: str) -> None:
        self.broker.identities.link(operator("tests"), self.city.persons[login], subject)

    def rows(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        with self.broker.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def told(self, kind: str) -> list[dict[str, object]]:
        """Return what the trace keeps of each event of a kind."""
        rows = self.rows("SELECT body FROM audit_event WHERE kind = :kind ORDER BY id", kind=kind)
        return [json.loads(bytes(row[0]))["data"] for row in rows]  # type: ignore[call-overload]  # bytes

    def ask_anew(self) -> None:
        """Let the program forget what the house told it, and that it was away."""
        provider = self.broker.oidc._provider
        assert provider is not None
        provider._away_at = provider._description.at = provider._keys.at = float("-inf")

    def forgive(self) -> None:
        with self.broker.engine.begin() as connection:
            connection.execute(text("DELETE FROM sign_in_failure"))


def told_of(house: House, data: Path, **more: object) -> Settings:
    """Return settings that name the house."""
    given = {
        "oidc_issuer": house.url, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET),
        "oidc_plain_http": True, "public_url": HERE, "secure_cookies": False, **more,
    }  # fmt: skip
    return fast_settings(data).model_copy(update=given)


@pytest.fixture
def house(clock: Turned) -> Iterator[House]:
    with housed(House(clock=clock.now)) as running:
        yield running


class Front:
    """One server for all tests, over the services of whichever test runs: making an application takes long."""

    _app: FastAPI | None = None
    _url = ""

    def __init__(self, held: ExitStack) -> None:
        self._held = held

    @contextmanager
    def over(self, broker: Broker) -> Iterator[str]:
        """Put the server before these services, and give its address."""
        if self._app is None:
            self._app = create_app(broker)
            self._url = self._held.enter_context(serving(self._app))
        before, self._app.state.broker = self._app.state.broker, broker
        yield self._url
        self._app.state.broker = before


@pytest.fixture(scope="session")
def front() -> Iterator[Front]:
    with ExitStack() as held:
        yield Front(held)


@pytest.fixture
def place(
    house: House, database_url: str, engine: Engine, city: City, clock: Turned, tmp_path: Path, front: Front
) -> Iterator[Place]:
    broker = build(told_of(house, tmp_path / "data"), database_url, engine, clock)
    with front.over(broker) as url:
        yield Place(url, broker, city, house, clock, front)


@contextmanager
def under(place: Place, **more: object) -> Iterator[Place]:
    """Give the same place under other settings."""
    settings = place.broker.settings.model_copy(update=more)
    broker = build(settings, place.broker.database_url, place.broker.engine, place.clock)
    with place.front.over(broker):
        yield replace(place, broker=broker)
