"""The whole application behind a real server, over a real database."""

from collections.abc import Iterator

import pytest

from broker.bootstrap import Broker
from broker.web.app import create_app
from tests.city import City
from tests.web.door import Door, serving


@pytest.fixture
def door(broker: Broker, city: City) -> Iterator[Door]:
    """The door of the application; `city` founds what is behind it."""
    assert city.persons
    with serving(create_app(broker)) as url, Door(url) as opened:
        yield opened
