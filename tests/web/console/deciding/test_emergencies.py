"""Emergencies at the console: limits first, the second factor on the way, ratified or vetoed afterwards."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from broker.bootstrap import Broker, operator
from broker.services.people.accounts import NewPerson
from broker.services.people.sign_in import caller_of
from broker.web.app import create_app
from tests.city import PASSWORD, City
from tests.clock import Turned
from tests.services.test_policies import BASELINE, fresh
from tests.web.console.applying.test_places import at_most
from tests.web.console.applying.test_wizard import picked
from tests.web.console.conftest import Enter, without_tls
from tests.web.console.deciding.test_together import TOGETHER, ticked
from tests.web.console.page import Page
from tests.web.door import Door, serving
from tests.web.steps import submitted
from tests.web.test_emergencies import authenticator


@pytest.fixture
def plain_door(turned: Broker, city: City) -> Iterator[Door]:
    """The door of an application whose clock the test turns, with somebody who may open emergencies."""
    turned.accounts.assign(operator("tests"), city.persons["looker"], "emergency_investigator", "dh-hb")
    with serving(create_app(without_tls(turned))) as url, Door(url) as opened:
        yield opened


APPROVE = "center_approver, access_request, approve, not_party"
PURPOSE = {
    "basis": "public-safety", "matter": "missing", "case_number": "110202611210001",
    "reason": "老人走失，需立即确认去向和乘车情况",
}  # fmt: skip


def test_from_the_limits_to_the_veto_and_the_ratification(
    enter: Enter, plain_door: Door, city: City, clock: Turned
) -> None:
    app = authenticator(plain_door["looker"], clock)
    looker = enter("looker2")
    assert looker.get("/emergencies").status == 200
    assert looker.get("/emergencies/new").status == 403
    assert "/emergencies/new" not in looker.get("/emergencies").links
    clock.at += timedelta(minutes=1)
    looker = enter()
    looker.press(looker.sign_in("looker"), "/sign-in", code=app.at(clock.at))
    clock.at += timedelta(minutes=10)
    page = looker.get("/emergencies/new?text=dh-cg")
    assert "At most 50 points" in page.text
    cameras = [str(camera.id) for owner in ("dh-cg", "dh-jt") for camera in city.cameras_of(owner)]
    found = looker.send(
        "/emergencies/new", page.form("/emergencies").filled({"text": "dh-jt", "camera": cameras[:1], **PURPOSE})
    )
    offered = [given["value"] for tag, given in found.tags if given.get("name") == "camera"]
    assert sorted(offered) == sorted([cameras[0], *cameras[3:]])  # the ticked one, and what was looked for
    assert found.form("/emergencies").filled({})["case_number"] == [PURPOSE["case_number"]]
    asked = looker.press(found, "/emergencies", camera=[cameras[0], cameras[3]], minutes="30")
    assert asked.status == 403
    assert looker.press(asked, "/emergencies", minutes="900", code=app.at(clock.at)).status == 422
    clock.at += timedelta(minutes=1)
    opened = looker.press(asked, "/emergencies", code=app.at(clock.at))
    assert "The emergency is open." in opened.text
    place = opened.answer.url.path
    center, owner = enter("center.dh"), enter("owner.cg")
    assert place in center.get("/emergencies").links
    waiting = next(link for link in center.get("/inbox").links if place in link)
    page = center.get(waiting)
    assert [form.action for form in page.forms if place in form.action] == [f"{place}/ratify", f"{place}/disavow"]
    (part,) = plain_door["owner.cg"].get(f"/access-requests/{place.rpartition('/')[2]}")["items"]
    mine = f"{place}/items/{part['id']}"
    page = owner.get(mine)
    assert [form.action for form in page.forms if mine in form.action] == [f"{mine}/veto"]
    assert owner.press(page, f"{mine}/veto").status == 422
    assert "Your part has ended." in owner.press(page, f"{mine}/veto", template="secret").text
    forced = dict(owner.get("/account").form("/sign-out").fields)["csrf"]
    assert owner.send(f"{place}/ratify", {"csrf": [forced], "comment": [""]}).status == 403
    assert "Ratified." in center.press(center.get(waiting), f"{place}/ratify", comment="情况属实").text
    after = plain_door["looker"].get(f"/access-requests/{place.rpartition('/')[2]}")
    assert (after["state"], sorted(it["state"] for it in after["items"])) == ("DECIDED", ["RATIFIED", "REFUSED"])


def test_points_are_clicked_drawn_around_and_picked_near_the_place(
    enter: Enter, plain_door: Door, city: City, clock: Turned
) -> None:
    """As the map sends it, and without it; what was typed and ticked stays, and nothing beyond the limit comes in."""
    app = authenticator(plain_door["looker"], clock)
    clock.at += timedelta(minutes=1)
    looker = enter()
    looker.press(looker.sign_in("looker"), "/sign-in", code=app.at(clock.at))
    clock.at += timedelta(minutes=10)
    one, two, three = (str(camera.id) for camera in city.cameras_of("dh-cg"))
    page = looker.get("/emergencies/new")
    typed = {**PURPOSE, "longitude": "104.02", "latitude": "30.62", "place": "桥头"}

    def told(page: Page, **done: str | list[str]) -> Page:
        fields = page.form("/emergencies").filled({**typed, **done})
        return looker.send("/emergencies/new", fields)

    page = told(page, do="map", clicked=one)
    assert picked(page) == {one}
    page = told(page, do="map", clicked=two, camera=[one])
    assert picked(page) == {one, two}
    assert picked(told(page, do="map", clicked=one, camera=[one, two])) == {two}
    page = told(page, do="map", area='{"type": "box", "bounds": [104.0, 30.6, 104.1, 30.7]}', camera=[one])
    assert picked(page) == {str(it.id) for it in city.cameras.values()}
    assert page.form("/emergencies").filled({})["case_number"] == [PURPOSE["case_number"]]
    page = told(page, do="near", radius="50", camera=[])
    near = picked(page)
    assert near == {str(it.id) for it in city.cameras.values() if (it.longitude, it.latitude) == (104.02, 30.62)}
    assert "0 m" in page.text  # from the place, in the list
    at_most(plain_door, 2, 2)
    refused = told(page, do="near", radius="90000", camera=[one])
    assert refused.status == 422
    assert "what is picked stays" in refused.text
    assert picked(refused) == {one}
    assert told(page, do="map", clicked="x", camera=[one]).status == 422
    assert told(page, do="near", radius="50", longitude="east").status == 422
    asked = looker.press(told(page, camera=[one, three]), "/emergencies")
    opened = looker.press(asked, "/emergencies", code=app.at(clock.at))
    key = opened.answer.url.path.rpartition("/")[2]
    request = plain_door["looker"].get(f"/access-requests/{key}")
    assert {line["camera"]["id"] for line in request["lines"]} == {one, three}
    assert request["place"] == {"longitude": 104.02, "latitude": 30.62, "name": "桥头"}


def stricter(broker: Broker, city: City) -> None:
    """Have the policy ask for the second factor before an approval."""
    text = BASELINE.replace(f"{APPROVE}, allow", f"{APPROVE}+mfa_fresh, allow")
    proposed = broker.policies.propose(city.caller(broker, "secadmin"), text, "审批前须验证")
    new = NewPerson("secadmin2", "安全员二", "jc", PASSWORD, (("security_administrator", "jc"),))
    with broker.work() as work:
        second = caller_of(work, broker.accounts.add_person(operator("tests"), new).person.id)
    broker.policies.activate(fresh(second, broker), proposed.id)


def test_one_code_for_all_that_was_ticked(
    enter: Enter, plain_door: Door, city: City, clock: Turned, turned: Broker
) -> None:
    stricter(turned, city)
    app = authenticator(plain_door["center.dh"], clock)
    for _ in range(2):
        submitted(plain_door, city, "dh-cg")
    clock.at += timedelta(minutes=1)
    center = enter()
    center.press(center.sign_in("center.dh"), "/sign-in", code=app.at(clock.at))
    clock.at += timedelta(minutes=10)
    page = ticked(center)
    yes = page.form(TOGETHER).filled({"verdict": "yes"})
    asked = center.send(TOGETHER, yes)
    assert asked.status == 403
    assert "code" in {given.get("name") for _, given in asked.tags}
    assert center.send(TOGETHER, {**yes, "code": ["000000"]}).status == 403
    told = center.send(TOGETHER, {**yes, "code": [app.at(clock.at)]})
    assert "2 carried out, 0 refused" in told.text
