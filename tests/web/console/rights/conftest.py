"""The filled city behind both doors, and its people before them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from adapters.media.testcard import Style, write_recording
from broker.bootstrap import operator
from broker.domain.time import TimeSpan
from broker.services.sources.sources import NewSource
from broker.web.app import create_app
from storage.db.embedded.embedded import EmbeddedServer
from tests.city import City
from tests.web.conftest import over_a_copy
from tests.web.console.conftest import entrance, without_tls
from tests.web.console.rights.doors import Caller, nothing_kept
from tests.web.console.rights.filled import CALLERS, Filled
from tests.web.console.rights.kept import keep_house, name_parts
from tests.web.door import serving


class House(NamedTuple):
    """Who stands before the doors, and what lies behind them."""

    callers: dict[str, Caller]
    filled: Filled


@pytest.fixture(scope="session")
def filled(server: EmbeddedServer, city_template: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The city with its people before both doors."""
    folder = tmp_path_factory.mktemp("recorder")
    begin = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=10)
    write_recording(folder, "01", begin, 1, style=Style(fps=2, size=(480, 270)))
    city = City(city_template.departments, dict(city_template.persons), city_template.cameras)
    recorder = NewSource("nvr", "录像机", "local_files", {"folder": str(folder)}, "dh-cg")
    with over_a_copy(server, "test_rights_of_things", tmp_path_factory.mktemp("rights")) as broker:
        broker.sources.add(operator("tests"), recorder)
        broker.catalog.bind(operator("tests"), city.cameras_of("dh-cg")[0].gb_code or "", "nvr", "01")
        things = Filled(broker, city, TimeSpan(begin, begin + timedelta(minutes=1)))
        for step in (things.people, things.requests, things.emergencies, things.results):
            step()
        keep_house(things)
        name_parts(things)
        with serving(create_app(without_tls(broker))) as url, entrance(url) as enter:
            callers = {login: Caller(login, enter(login)) for login in CALLERS}
            yield House(callers, things)


@pytest.fixture
def house(filled: House) -> Iterator[House]:
    """The same, and nothing changes in it whatever a test tries."""
    with nothing_kept():
        yield filled
