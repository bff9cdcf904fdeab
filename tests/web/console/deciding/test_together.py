"""Several decisions at once: each by itself, told row by row; one second factor for all."""

from tests.city import City
from tests.web.console.conftest import Enter
from tests.web.console.page import Page, Person
from tests.web.door import Door
from tests.web.steps import approved, submitted

PICK, TOGETHER = "/inbox/together/pick", "/inbox/together"


def ticked(person: Person) -> Page:
    """Tick all rows of the inbox and go on."""
    inbox = person.get("/inbox")
    picks = [given["value"] for tag, given in inbox.tags if tag == "input" and given.get("name") == "pick"]
    return person.press(inbox, PICK, pick=picks)


def states(door: Door) -> list[str]:
    return sorted(it["state"] for it in door["asker"].get("/access-requests")["items"])


def test_five_at_once_of_which_one_is_refused(enter: Enter, plain_door: Door, city: City) -> None:
    """One was returned after it was ticked; the reason it is refused for stands in its row."""
    requests = [submitted(plain_door, city, "dh-cg") for _ in range(5)]
    center = enter("center.dh")
    page = ticked(center)
    assert "5 chosen" in page.text
    gone = requests[2]
    plain_door["center.dh2"].post(f"/access-requests/{gone['id']}/return", {"revision": 1, "comment": "补充"})
    empty = center.send(TOGETHER, page.form(TOGETHER).filled({"verdict": "return"}))
    assert empty.status == 422  # no reason
    assert empty.text.count("field is required") or "reason" in empty.text
    told = center.send(TOGETHER, page.form(TOGETHER).filled({"verdict": "yes"}))
    assert "4 carried out, 1 refused" in told.text
    assert gone["number"] in told.text
    assert states(plain_door) == ["DEPARTMENT_REVIEW"] * 4 + ["RETURNED"]
    again = center.send(TOGETHER, page.form(TOGETHER).filled({"verdict": "yes"}))
    assert "0 carried out, 5 refused" in again.text
    assert center.get(TOGETHER).answer.url.path == "/inbox"


def test_an_owner_refuses_several_and_nobody_elses(enter: Enter, plain_door: Door, city: City) -> None:
    for _ in range(2):
        approved(plain_door, city)
    owner, other = enter("owner.cg"), enter("owner.jt")
    page = ticked(owner)
    theirs = ticked(other).form(TOGETHER).filled({})["pick"]
    told = owner.send(TOGETHER, page.form(TOGETHER).filled({"verdict": "reject", "template": "wide", "pick": theirs}))
    assert "0 carried out, 2 refused" in told.text
    told = owner.send(TOGETHER, page.form(TOGETHER).filled({"verdict": "reject", "template": "wide"}))
    assert "2 carried out, 0 refused" in told.text
    items = [item for it in plain_door["asker"].get("/access-requests")["items"] for item in
             plain_door["asker"].get(f"/access-requests/{it['id']}")["items"]]  # fmt: skip
    assert sorted(item["state"] for item in items) == ["PENDING", "PENDING", "REFUSED", "REFUSED"]
    assert enter("asker").send(TOGETHER, {"csrf": [""], "pick": theirs, "verdict": ["yes"]}).status == 403
