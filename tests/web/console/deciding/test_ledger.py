"""The ledger of owners and centers: who is using their cameras now, and how it is stopped; and notices."""

from pathlib import Path

from broker.bootstrap import Broker
from tests.city import City
from tests.web.console.conftest import Enter
from tests.web.door import Door
from tests.web.steps import BEGIN, END, bind, granted, span


def test_who_uses_my_cameras_now(enter: Enter, plain_door: Door, city: City, broker: Broker, tmp_path: Path) -> None:
    bind(broker, city, str(tmp_path))
    grant, other = granted(plain_door, city), granted(plain_door, city)
    camera = grant["lines"][0]["camera"]["id"]
    plain_door["looker"].post(
        "/retrievals", {"camera": camera, "action": "clip", "grant": grant["id"], **span(BEGIN, END)}
    )
    owner = enter("owner.cg")
    page = owner.get("/ledger")
    assert page.text.count("1 running") == 1
    assert page.text.count("nothing runs") == 1
    for login, rows in (("owner.jt", 0), ("center.dh", 2), ("center.xs", 0), ("looker", 0), ("asker", 0)):
        person = enter(login)
        assert person.get("/ledger").answer.text.count("<a data-row ") == rows, login
        assert ("/ledger" in person.get("/account").links) is (login not in {"looker", "asker"}), login
    place = f"/ledger/{grant['id']}"
    refused = owner.press(page, f"{place}/suspend", reason="")
    assert refused.status == 422
    assert refused.text.count("Suspend") >= 2
    resting = owner.press(refused, f"{place}/suspend", reason="投诉核实")
    assert resting.answer.url.path == "/ledger"
    assert not resting.has_form(f"{place}/suspend")
    assert "1 running" not in resting.text
    ended = owner.press(resting, f"{place}/revoke", reason="不再需要")
    assert place not in ended.answer.text
    assert f"/grants/{other['id']}" in ended.links
    asked = dict(enter("looker").get("/account").form("/sign-out").fields)["csrf"]
    forced = enter("looker").send(f"/ledger/{other['id']}/revoke", {"csrf": [asked], "reason": ["mine"]})
    assert forced.status == 403


def test_notices_are_read_one_and_all(enter: Enter, plain_door: Door, city: City) -> None:
    granted(plain_door, city)
    asker = enter("asker")
    page = asker.get("/notices")
    counts = [given for tag, given in page.tags if given.get("data-count") == "notice"]
    assert len(counts) == 1
    unread = [form.action for form in page.forms if form.action.endswith("/read") and form.action != "/notices/read"]
    assert len(unread) == 4  # approved, authorized, decided, issued
    after = asker.press(page, unread[0])
    assert "Marked as read." in after.text
    assert not after.has_form(unread[0])
    asker.press(after, "/notices/read")
    assert asker.get("/notices?unread=true").text.count("Mark as read") == 0
    foreign = enter("stranger")
    asked = dict(foreign.get("/account").form("/sign-out").fields)["csrf"]
    assert foreign.send(unread[0], {"csrf": [asked]}).status == 404
