"""A department moves, is closed and is opened again at the desk; what still hangs on it is told."""

from broker.bootstrap import Broker, operator
from tests.city import City
from tests.web.console.conftest import Enter
from tests.web.door import Door

PAPER = "锦编办〔2026〕12号"


def test_a_department_stands_below_another_one(enter: Enter) -> None:
    person = enter("sysadmin")
    place = "/departments/dh-hb"
    page, at_first = person.get(place), person.get(place)
    circle = person.press(person.get("/departments/dh"), "/departments/dh/move", parent="dh-hb", reason=PAPER)
    assert circle.status == 409
    assert ("parent", "dh-hb") in circle.form("/departments/dh/move").fields
    nowhere = person.press(page, f"{place}/move", parent="no-such", reason=PAPER)
    assert nowhere.status == 422
    assert ("reason", PAPER) in nowhere.form(f"{place}/move").fields
    moved = person.press(page, f"{place}/move", parent="xs", reason=PAPER)
    assert "stands at its new place" in moved.text
    assert "/departments/xs" in moved.links
    assert place in person.get("/departments/xs").links
    stale = person.press(at_first, f"{place}/move", parent="dh", reason=PAPER)
    assert stale.status == 409
    told = enter("auditor", "zh").get("/trace?kind=department:moved")
    assert "调整部门隶属" in told.text
    assert PAPER in told.text


def test_a_department_is_closed_once_nothing_hangs_on_it(enter: Enter, broker: Broker, city: City) -> None:
    person, place = enter("sysadmin"), "/departments/dh-jt"
    page = person.get(place)
    assert "Cameras, removed ones too 2" in page.text
    refused = person.press(page, f"{place}/close", reason=PAPER)
    assert refused.status == 409
    assert "cameras 2" in refused.text
    me = operator("tests")
    for camera in city.cameras_of("dh-jt"):
        broker.transfers.transfer(me, camera.gb_code or "", "dh-cg")
    broker.accounts.disable(me, city.persons["owner.jt"])
    closed = person.press(person.get(place), f"{place}/close", reason=PAPER)
    assert "The department is closed." in closed.text
    assert "(closed)" in closed.text
    for act in ("add", "move", "close"):
        assert not closed.has_form(f"{place}/{act}")
    assert "东河区交通运输局（已停用）" in enter("asker", "zh").get("/departments/dh").text
    keeper = enter("secadmin")
    new = {"login": "jt.luo", "name": "罗敏", "department": "dh-jt"}
    late = keeper.press(keeper.get("/people/new"), "/people/new", **new)
    assert late.status == 409
    assert ("department", "dh-jt") in late.form("/people/new").fields
    assert '<option value="dh-jt"' not in late.answer.text
    again = person.press(closed, f"{place}/reopen", reason=PAPER)
    assert "open again" in again.text
    assert again.has_form(f"{place}/close")


def test_programs_move_close_and_open_departments(plain_door: Door, city: City) -> None:
    system, place = plain_door["sysadmin"], "/departments/dh-hb"
    moved = system.post(f"{place}/move", {"parent": "jc", "reason": PAPER, "revision": 1})
    assert (moved["path"], moved["revision"], moved["closed_at"]) == ("/jc/dh-hb/", 2, None)
    assert system.send("GET", f"{place}/ties").json()["persons"] == 3
    assert plain_door["asker"].send("GET", f"{place}/ties").status_code == 403
    answer = system.send("POST", f"{place}/close", {"reason": PAPER, "revision": 2})
    assert answer.status_code == 409
    assert "open accounts 3" in answer.json()["detail"] or "在用账号 3 个" in answer.json()["detail"]
    for login in ("asker", "looker", "looker2"):
        plain_door["secadmin"].post(f"/persons/{city.persons[login]}/disable", None)
    closed = system.post(f"{place}/close", {"reason": PAPER, "revision": 2})
    assert closed["closed_at"]
    people = plain_door["secadmin"].send("GET", "/persons").json()["items"]
    assert {it["department"]["closed"] for it in people if it["login"] == "asker"} == {True}
    assert system.post(f"{place}/reopen", {"reason": PAPER, "revision": 3})["closed_at"] is None
