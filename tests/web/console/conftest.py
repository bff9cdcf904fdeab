"""People with browsers, at the console of a real server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from broker.bootstrap import Broker
from broker.web.app import create_app
from storage.db.embedded.embedded import EmbeddedServer
from tests.city import City
from tests.web.conftest import over_a_copy
from tests.web.console.browsing import CHROMIUM, FLAGS
from tests.web.console.page import Person
from tests.web.door import Door, serving

Enter = Callable[..., Person]
"""Somebody signs in at the console; without a login: somebody who has not."""


def without_tls(broker: Broker) -> Broker:
    """Return the services of a program that does without TLS, so that its cookies travel in these tests."""
    return replace(broker, settings=broker.settings.model_copy(update={"secure_cookies": False}))


@pytest.fixture
def plain_door(broker: Broker, city: City) -> Iterator[Door]:
    assert city.persons
    with serving(create_app(without_tls(broker))) as url, Door(url) as opened:
        yield opened


@pytest.fixture
def enter(plain_door: Door) -> Iterator[Enter]:
    with entrance(plain_door.url) as come:
        yield come


@pytest.fixture(scope="session")
def hall(server: EmbeddedServer, city_template: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enter]:
    """The console for all tests that change nothing and sign nobody out.

    Over a copy of its own: each person comes in anew, and of anybody's sessions only the newest stay open.
    """
    assert city_template.persons
    with (
        over_a_copy(server, "test_console_shared", tmp_path_factory.mktemp("console")) as broker,
        serving(create_app(without_tls(broker))) as url,
        entrance(url) as come,
    ):
        yield come


@contextmanager
def entrance(url: str) -> Iterator[Enter]:
    with ExitStack() as stack:

        def come(login: str = "", language: str = "en") -> Person:
            person = stack.enter_context(Person(url, language))
            if login:
                person.come_in(login)
            return person

        yield come


@pytest.fixture(scope="module")  # one that runs holds the event loop of its thread
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield opened
    opened.close()
