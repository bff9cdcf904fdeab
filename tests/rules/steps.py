"""Steps that the tests of routes and rules share."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from broker.bootstrap import Broker, operator
from broker.domain.requests.access_requests import AccessRequest, AskedLine, RequestItem
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan
from broker.services.deciding.rulebook_document import dump
from broker.services.people.accounts import NewPerson
from broker.services.requests.access_requests import Form
from tests.city import PASSWORD, City
from tests.services.test_main_path import form

NUMBERS = {"publication": "东宣〔2026〕5号", "consultation": "东查〔2026〕3号"}


def for_cameras(broker: Broker, city: City, *owners: str, basis: str = "administrative", **changes: Any) -> Form:
    """Return a form for all cameras of some departments, an hour of each."""
    end = broker.clock.now().replace(microsecond=0)
    span = TimeSpan(end - timedelta(hours=1), end)
    purpose = Purpose(
        basis, "environment", NUMBERS.get(basis, "东环罚〔2026〕12号"), "夜间倾倒渣土，需核对车辆进出时间"
    )
    lines = tuple(AskedLine(camera.id, span) for owner in owners for camera in city.cameras_of(owner))
    return replace(form(broker, city), purpose=purpose, lines=lines, **changes)


def sent(broker: Broker, city: City, filled: Form, login: str = "asker") -> AccessRequest:
    asker = city.caller(broker, login)
    return broker.access_requests.submit(asker, broker.access_requests.draft(asker, filled).id)


def item_of(request: AccessRequest, city: City, department: str) -> RequestItem:
    return next(item for item in request.items if item.department_id == city.departments[department].id)


def at_home(broker: Broker, city: City) -> None:
    """Give the department that owns cameras a requester and an investigator of its own."""
    for login, role in (("asker.cg", "requester"), ("looker.cg", "investigator")):
        added = broker.accounts.add_person(
            operator("tests"), NewPerson(login, login, "dh-cg", PASSWORD, ((role, "dh-cg"),))
        )
        city.persons[login] = added.person.id


def ruled(broker: Broker, **changes: dict[str, object]) -> int:
    """Bring a rulebook in force that differs in some members; return its version."""
    me = operator("tests")
    held = broker.rulebooks.current(me)
    document: Any = dump(held.rules)
    for name, members in changes.items():
        document[name] = {**document[name], **members}
    version, _ = broker.rulebooks.change(me, document, "试行", held.rules.version)
    return version.rules.version
