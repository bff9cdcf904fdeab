"""A city with points of every visibility, many owners and tags, and people all over its tree."""

from collections.abc import Sequence
from random import Random

import pytest
from sqlalchemy import insert

from broker.bootstrap import Broker, operator
from broker.domain.ids import new_id
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller
from broker.services.people.accounts import NewPerson
from broker.services.people.sign_in import caller_of
from storage.db.catalog.sought import sought
from storage.db.tables import camera
from tests.city import PASSWORD, City

POINTS, VIEWERS = 400, 40
WEST, SOUTH = 104.0, 30.6
ROADS = ("人民路", "重庆路", "解放街", "滨江大道", "中山巷")
WHAT = ("路口", "小学", "公园", "地铁站")
ROLES = ("requester", "investigator", "center_approver", "department_authorizer", "auditor", "system_administrator")


@pytest.fixture
def points(broker: Broker, city: City) -> list[dict[str, object]]:
    """Add points of which some are internal and some shown to one or two departments; return their rows."""
    dice = Random(1)  # noqa: S311  # the same points each time
    owners = [it for it in city.departments.values() if it.kind == "department"]
    everybody = list(city.departments.values())
    me = operator("tests")
    with broker.work() as work:
        permit = broker.policy.require(me, "camera:import", me.roles(work.now))
        work.audit.append(permit, (Entry("catalogue/tests", "catalogue:imported", {}),))
        rows = []
        for number in range(POINTS):
            visibility = dice.choice(("shared", "internal", "listed"))
            name = f"{dice.choice(ROADS)}{dice.choice(WHAT)}{number}号"
            address = dice.choice(ROADS)
            code = f"9901{number % 9:02d}0000132{number:07d}" if number % 3 else None
            rows.append(
                {
                    "id": new_id(), "owner_id": dice.choice(owners).id, "name": name, "gb_code": code,
                    "external_key": f"find-{number}", "division": f"9901{dice.randrange(1, 4):02d}",
                    "address": address, "longitude": WEST + dice.random(), "latitude": SOUTH + dice.random(),
                    "point_class": dice.choice((None, 1, 2, 3, 9)), "status": dice.choice(("on", "off", "unknown")),
                    "lifecycle": dice.choice(("in_use", "repair", "removed")), "visibility": visibility,
                    "shown_to": [it.id for it in dice.sample(everybody, 2)] if visibility == "listed" else [],
                    "tags": dice.sample(("学校", "景区", "重点"), dice.randrange(3)), "sensitive": dice.random() < 0.2,
                    "sought": sought(name, address, code), "stream": "catalogue/tests", "version": 1,
                }
            )  # fmt: skip
        work._open.execute(insert(camera), rows)
        work.commit(permit)
    return rows


@pytest.fixture
def viewers(broker: Broker, city: City) -> Sequence[Caller]:
    """Forty people, each with a role or two somewhere, and some who were in the city before."""
    dice = Random(2)  # noqa: S311  # the same people each time
    homes = [it.code for it in city.departments.values()]
    me = operator("tests")
    logins = []
    for number in range(VIEWERS):
        home = dice.choice(homes)
        roles = [(dice.choice(ROLES[:4]), home)] if number % 5 else [(ROLES[4 + number % 2], home)]
        new = NewPerson(f"viewer{number}", f"人员{number}", home, PASSWORD, tuple(roles))
        logins.append(broker.accounts.add_person(me, new).person.id)
    with broker.work() as work:
        return [caller_of(work, key) for key in logins]
