"""The desks: one case walked by four people at their pages, and what those who may not do not see."""

from typing import Any
from uuid import UUID

from tests.city import City
from tests.web.console.conftest import Enter
from tests.web.console.page import Page
from tests.web.door import Door
from tests.web.steps import BEGIN, END, approved, granted, item_of, submitted

HALF = BEGIN + (END - BEGIN) / 2


def row(page: Page, path: str) -> str:
    """Return the one link of a list that leads there."""
    (found,) = [link for link in page.links if path in link]
    return found


def test_one_case_by_four_people(enter: Enter, plain_door: Door, city: City) -> None:
    request = submitted(plain_door, city)
    place = f"/requests/{request['id']}"
    asker, center = enter("asker"), enter("center.dh", "zh")
    listed = asker.get("/requests")
    assert row(listed, "/requests/") == place
    assert "东河区综治中心" in asker.get(place).text  # who has it now
    inbox = center.get("/inbox")
    decision = center.get(row(inbox, "/decision"))
    assert "夜间倾倒渣土" in decision.text
    assert "行政执法" in decision.text
    assert "已审批通过" in center.press(decision, f"{place}/approve", comment="同意").text
    assert center.get(f"{place}/decision").answer.url.path == place

    owner = enter("owner.cg")
    item = row(owner.get("/inbox"), "/items/")
    page = owner.get(item)
    assert "dh-jt" not in page.text  # another owner's points are nothing to this one
    assert "Authorized." in owner.press(page, f"{item}/authorize").text
    other = enter("owner.jt")
    theirs = row(other.get("/inbox"), "/items/")
    assert "Refused." in other.press(other.get(theirs), f"{theirs}/refuse", template="secret", reason="road works").text

    looker = enter("looker")
    grant = looker.get(row(looker.get("/grants"), "/grants/"))
    assert "you are named" in grant.text
    assert "active" in grant.text
    seen = asker.get(place)
    assert "partially granted" in seen.text
    assert "cannot be opened at present. road works" in seen.text
    assert "同意" in seen.text
    done = asker.press(seen, f"{place}/close", report="the lorry was found")
    assert "closed" in done.text
    assert "revoked" in looker.get(str(grant.answer.url)).text


def test_the_center_narrows(enter: Enter, plain_door: Door, city: City) -> None:
    request = submitted(plain_door, city, "dh-cg")
    place = f"/requests/{request['id']}"
    center = enter("center.dh")
    page = center.get(f"{place}/decision")
    first, second, third = (line["id"] for line in request["items"][0]["lines"])
    later = page_field(page, f"{place}/approve", f"begin.{first}").replace(":00", ":30", 1)
    typed: dict[str, Any] = {"line": [first, second], f"begin.{first}": later, "condition": ["no_sound"]}
    typed["valid_days"] = "3"
    assert "Approved." in center.press(page, f"{place}/approve", **typed).text
    after = plain_door["asker"].get(f"/access-requests/{request['id']}")
    lines = {line["id"]: line for line in after["items"][0]["lines"]}
    assert lines[third]["approved"] is None
    assert lines[second]["approved"] == lines[second]["asked"]
    assert lines[first]["approved"]["begin"] > lines[first]["asked"]["begin"]
    assert lines[first]["approved"]["end"] == lines[first]["asked"]["end"]
    assert after["approved_terms"]["valid_days"] == 3
    assert after["approved_terms"]["conditions"] == ["no_sound"]


def page_field(page: Page, action: str, name: str) -> str:
    return dict(page.form(action).fields)[name]


def test_nobody_widens(enter: Enter, plain_door: Door, city: City) -> None:
    request = submitted(plain_door, city, "dh-cg")
    place = f"/requests/{request['id']}"
    center = enter("center.dh")
    page = center.get(f"{place}/decision")
    line = request["items"][0]["lines"][0]["id"]
    for typed in ("2020-01-01T00:00:00", "yesterday", ""):
        refused = center.press(page, f"{place}/approve", **{f"begin.{line}": typed})
        assert refused.status == 422, typed
        assert ("line", line) in refused.form(f"{place}/approve").fields
    assert plain_door["asker"].get(f"/access-requests/{request['id']}")["state"] == "CENTER_REVIEW"


def test_an_owner_returns_the_whole(enter: Enter, plain_door: Door, city: City) -> None:
    request = approved(plain_door, city, "dh-cg")
    owner, asker = enter("owner.cg"), enter("asker")
    place = f"/requests/{request['id']}/items/{item_of(request, 'dh-cg')['id']}"
    assert owner.press(owner.get(place), f"{place}/return", reason="").status == 422
    assert "Returned" in owner.press(owner.get(place), f"{place}/return", reason="which lorry?").text
    inbox = asker.get("/inbox")
    page = asker.get(row(inbox, request["id"]))
    assert "which lorry?" in page.text
    assert page.has_form(f"/requests/{request['id']}/submit")


PEOPLE = {
    "asker": (200, False), "looker": (200, False), "center.dh": (200, True), "center.xs": (404, False),
    "owner.xs": (404, False), "stranger": (404, False), "auditor": (200, False), "secadmin": (404, False),
}  # fmt: skip
"""Who sees the request of a stranger's department at all, and who is offered to decide on it."""


def test_who_may_not_is_shown_nothing_and_refused(enter: Enter, plain_door: Door, city: City) -> None:
    request = submitted(plain_door, city, "dh-cg")
    place = f"/requests/{request['id']}"
    for login, (status, decides) in PEOPLE.items():
        person = enter(login)
        page = person.get(place)
        api = person.client.get(f"/api/v1/access-requests/{request['id']}", headers={"Accept": "*/*"})
        assert page.status == api.status_code, login
        assert (page.status == 200) is (status == 200), (login, page.status)
        assert (f"{place}/decision" in page.links) is decides, login
        assert page.has_form(f"{place}/withdraw") is (login == "asker"), login
        if decides:
            continue
        csrf = dict(person.get("/account").form("/sign-out").fields)["csrf"]
        for verdict in ("approve", "return", "reject", "close"):
            fields = {"csrf": [csrf], "revision": ["1"], "reason": ["because"], "report": ["because"]}
            sent = person.send(f"{place}/{verdict}", fields)
            assert sent.status in {403, 404, 409}, (login, verdict)
    assert plain_door["asker"].get(f"/access-requests/{request['id']}")["state"] == "CENTER_REVIEW"


def test_another_owners_part_is_not_there(enter: Enter, plain_door: Door, city: City) -> None:
    request = approved(plain_door, city)
    mine, theirs = (item_of(request, code)["id"] for code in ("dh-cg", "dh-jt"))
    owner = enter("owner.cg")
    assert owner.get(f"/requests/{request['id']}/items/{mine}").status == 200
    for key in (theirs, UUID(int=1)):
        page = owner.get(f"/requests/{request['id']}/items/{key}")
        assert page.status == 404
        assert "dh-jt" not in page.text
    assert theirs not in owner.get(f"/requests/{request['id']}").answer.text


def test_a_grant_is_there_for_those_whom_it_concerns(enter: Enter, plain_door: Door, city: City) -> None:
    grant = granted(plain_door, city)
    for login, status in (("looker", 200), ("owner.cg", 200), ("looker2", 404), ("owner.jt", 404), ("stranger", 404)):
        person = enter(login)
        assert person.get(f"/grants/{grant['id']}").status == status, login
        assert (f"/grants/{grant['id']}" in person.get("/grants").links) is (status == 200), login


def test_lists_are_paged_by_key(enter: Enter, plain_door: Door, city: City) -> None:
    numbers = [submitted(plain_door, city, "dh-cg")["number"] for _ in range(3)]
    person = enter("asker")
    seen, place = [], "/requests?limit=2"
    while place:
        page = person.get(place)
        seen += [number for number in sorted(numbers, reverse=True) if number in page.text]
        place = next((f"{link}&limit=2" for link in page.links if "after=" in link), "")
    assert seen == sorted(numbers, reverse=True)
    assert person.get("/requests?state=DRAFT").text.count("XL20") == 0
    assert person.get("/requests?after=nonsense").status == 422
    center = enter("center.dh")
    first = center.get("/inbox?limit=2")
    following = next(link for link in first.links if "after=" in link)
    assert sum(link.endswith("/decision") for link in center.get(following).links) == 1


def test_a_grant_is_stopped_by_those_over_it(enter: Enter, plain_door: Door, city: City) -> None:
    grant = granted(plain_door, city)
    place = f"/grants/{grant['id']}"
    looker, owner, center = enter("looker"), enter("owner.cg"), enter("center.dh")
    assert [form.action for form in looker.get(place).forms if place in form.action] == []
    asked = dict(looker.get("/account").form("/sign-out").fields)
    forced = looker.send(f"{place}/revoke", {"csrf": [asked["csrf"]], "reason": ["mine"]})
    assert forced.status == 403
    assert owner.press(owner.get(place), f"{place}/suspend", reason="").status == 422
    resting = owner.press(owner.get(place), f"{place}/suspend", reason="a complaint")
    assert "suspended" in resting.text
    assert resting.has_form(f"{place}/resume")
    going = owner.press(resting, f"{place}/resume", reason="settled")
    center.press(center.get(place), f"{place}/suspend", reason="asked from above")
    assert not owner.get(place).has_form(f"{place}/resume")  # the center's word stands above the owner's
    assert "revoked" in owner.press(owner.get(place), f"{place}/revoke", reason="enough").text
    assert going.status == 200
    assert [form.action for form in center.get(place).forms if place in form.action] == []
    assert owner.send(f"{place}/shred", {"csrf": [""]}).status in {403, 422}
