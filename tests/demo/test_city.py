"""The made-up city: complete in its roles, its passwords good, its cameras where the story needs them."""

import pytest

from broker.bootstrap import Broker, operator
from broker.demo import city
from broker.demo.footage import Channel, Footage
from broker.demo.people import (
    CONSENTING_DEPARTMENT,
    PEOPLE,
    REFUSING_DEPARTMENT,
    departments,
    made_up_password,
)
from broker.demo.points import OWNERS, demo_points
from broker.domain.catalog.finding import Question
from broker.domain.people.accounts import ASSIGNABLE, DepartmentKind
from broker.services.catalog.finding import Wanted
from broker.services.people.accounts import check_password


def test_there_is_somebody_in_every_role_and_every_department_decides() -> None:
    assert {role for person in PEOPLE for role in person.roles} == ASSIGNABLE
    deciding = {person.department for person in PEOPLE if person.role == "department_authorizer"}
    assert deciding >= {owner.code for owner in OWNERS}
    assert len({person.login for person in PEOPLE}) == len(PEOPLE)


def test_one_city_two_districts_a_center_each_and_six_departments() -> None:
    kinds = [new.kind for new in departments()]
    assert kinds.count(DepartmentKind.GOVERNMENT) == 3
    assert kinds.count(DepartmentKind.CENTER) == 3
    assert kinds.count(DepartmentKind.DEPARTMENT) >= 6


def test_passwords_are_accepted_and_differ() -> None:
    made = {made_up_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_password(password, "hb.qin")


@pytest.mark.parametrize("count", [2000, 2400])
def test_the_cameras_of_the_story(count: int) -> None:
    stock = city.choose(demo_points(count))
    owners = [point.owner for point in stock.points]
    assert owners == [CONSENTING_DEPARTMENT] * 3 + [REFUSING_DEPARTMENT]
    assert list(stock.names) == ["cam-01", "cam-02", "cam-03", "cam-04"]


def test_the_city_is_founded(broker: Broker) -> None:
    me = operator("tests")
    assert city.found_departments(broker, me) == len(departments())
    passwords = city.settle_people(broker, me)
    assert broker.sign_in.open("hb.qin", passwords["hb.qin"], "127.0.0.1").person.name == "秦岚"
    points = demo_points(300)
    reports = city.import_points(broker, me, points)
    assert sum(report.inserted for report in reports.values()) == 300
    assert [report.problems for report in reports.values() if report.problems] == []
    stock = city.choose(points)
    channels = tuple(Channel(name, ()) for name in stock.names)
    city.attach(broker, me, stock, Footage({"folder": "/nowhere"}, channels, coded=False))
    bound = broker.finding.page(me, Wanted(Question(bound=True)), after=None, limit=10)
    assert {camera.gb_code for camera in bound} == {point.gb_code for point in stock.points}
    assert all(camera.synthetic for camera in bound)
    assert {camera.channel for camera in bound} == set(stock.names)
