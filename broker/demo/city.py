"""Found the made-up city through the services, as the operator of a machine would."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from broker.bootstrap import Broker
from broker.demo.footage import Footage
from broker.demo.people import CONSENTING_DEPARTMENT, PEOPLE, REFUSING_DEPARTMENT, departments, made_up_password
from broker.demo.points import CENTRES, DemoPoint, write_lists
from broker.domain.people.accounts import Caller
from broker.services.catalog.catalog_files.report import ImportReport
from broker.services.people.accounts import NewPerson
from broker.services.sources.sources import NewSource

SOURCE = "demo-recorder"
SESSIONS = 2
_DISTRICT = "990102"
_CONSENTING_CAMERAS = 3
CAMERAS = _CONSENTING_CAMERAS + 1
"""How many cameras the story has."""


@dataclass(frozen=True)
class Stock:
    """The cameras of the story: three of one department, one of another, in the order of their channels."""

    points: tuple[DemoPoint, ...]

    @property
    def names(self) -> dict[str, str]:
        """Channel -> name of the point that is recorded there."""
        return {channel_name(place): point.name for place, point in enumerate(self.points, start=1)}


def channel_name(place: int) -> str:
    """Return the name of a channel by its place."""
    return f"cam-{place:02}"


def choose(points: list[DemoPoint]) -> Stock:
    """Return the cameras of the story: those nearest to the centre of the district."""
    middle = CENTRES[_DISTRICT]

    def near(owner: str, count: int) -> list[DemoPoint]:
        owned = [point for point in points if point.owner == owner]
        return sorted(owned, key=lambda point: math.dist(middle, (point.latitude, point.longitude)))[:count]

    return Stock((*near(CONSENTING_DEPARTMENT, _CONSENTING_CAMERAS), *near(REFUSING_DEPARTMENT, 1)))


def found_departments(broker: Broker, me: Caller) -> int:
    """Add the tree and return how many nodes it has."""
    tree = departments()
    for department in tree:
        broker.accounts.add_department(me, department)
    return len(tree)


def settle_people(broker: Broker, me: Caller) -> dict[str, str]:
    """Open an account for everybody and return their passwords by login."""
    passwords = {person.login: made_up_password() for person in PEOPLE}
    for person in PEOPLE:
        roles = tuple((role.value, person.department) for role in person.roles)
        new = NewPerson(person.login, person.name, person.department, passwords[person.login], roles)
        broker.accounts.add_person(me, new)
    return passwords


def import_points(broker: Broker, me: Caller, points: list[DemoPoint]) -> Mapping[str, ImportReport]:
    """Import the list of each department the way it would hand it in, and return the reports by department."""
    with TemporaryDirectory(prefix="xueliang-demo-") as folder:
        lists = write_lists(points, Path(folder))
        return {owner: broker.imports.import_file(me, path, owner=owner) for owner, path in lists.items()}


def attach(broker: Broker, me: Caller, stock: Stock, footage: Footage) -> None:
    """Add the folder of recordings as a source and bind the cameras of the story to its channels."""
    new = NewSource(SOURCE, "演示录像机", "local_files", footage.options, CONSENTING_DEPARTMENT, SESSIONS)
    broker.sources.add(me, new)
    for point, channel in zip(stock.points, footage.channels, strict=True):
        broker.catalog.bind(me, point.gb_code, SOURCE, channel.name)
