"""What stands beside the verdicts: what is recorded, what changed, other requests of the case; narrowing by line."""

from datetime import timedelta
from typing import Any

from broker.services.notices.couriers.wording import read_zone
from tests.city import City
from tests.web.console.conftest import Enter
from tests.web.door import Door
from tests.web.steps import BEGIN, approved, form, item_of, submitted

HALF = timedelta(minutes=30)
CHINA = read_zone("Asia/Shanghai")


def test_what_changed_since_the_last_revision(enter: Enter, plain_door: Door, city: City) -> None:
    """A table of edits: a reason, a term, a person, a camera that came, one that went, one at another time."""
    asker, center = plain_door["asker"], plain_door["center.dh"]
    request = submitted(plain_door, city, "dh-cg")
    key = request["id"]
    page = enter("center.dh").get(f"/requests/{key}/decision")
    assert "Changed since" not in page.text  # the first revision has none before it
    center.post(f"/access-requests/{key}/return", {"revision": 1, "comment": "补充"})
    new: dict[str, Any] = form(city, "dh-cg", "dh-jt")
    went, later = (camera.id for camera in city.cameras_of("dh-cg")[:2])
    new["lines"] = [line for line in new["lines"] if line["camera"] != str(went)]
    next(line for line in new["lines"] if line["camera"] == str(later))["begin"] = (BEGIN + HALF).isoformat()
    new["purpose"]["reason"] = "补充：涉事车辆车牌已查明"
    new["investigators"] = ["looker", "looker2"]
    new["terms"] = {"actions": ["snapshot"], "valid_days": 3}
    asker.send("PUT", f"/access-requests/{key}", new)
    asker.post(f"/access-requests/{key}/submit")
    shown = enter("center.dh").get(f"/requests/{key}/decision").text
    for told in (
        "补充：涉事车辆车牌已查明",
        "人员looker2 looker2 added",
        "dh-cg路口0",
        "dh-jt路口0",
        f"{(BEGIN + HALF).astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
    ):
        assert told in shown, told
    table = shown.partition("Changed since")[2].partition("Purpose")[0]
    assert table.count(" added") == 1 + len(city.cameras_of("dh-jt"))
    assert table.count(" removed") == 1
    assert "Days it holds changed 7 3" in table
    center.post(f"/access-requests/{key}/approve", {"revision": 2})
    after = asker.get(f"/access-requests/{key}")
    owner = enter("owner.cg").get(f"/requests/{key}/items/{item_of(after, 'dh-cg')['id']}").text
    assert "dh-cg路口0" in owner  # one of its own that went
    assert "dh-jt" not in owner  # what else is asked for is nothing to an owner


def test_other_requests_of_the_case_and_what_is_recorded(enter: Enter, plain_door: Door, city: City) -> None:
    first, second = submitted(plain_door, city, "dh-cg"), submitted(plain_door, city, "dh-cg")
    page = enter("center.dh").get(f"/requests/{second['id']}/decision")
    assert f"/requests/{first['id']}" in page.links
    assert page.text.count("is bound to no source yet") == 3  # one line a camera says why nothing is known
    assert ("cam-map", "evidence") in {(tag, given.get("id")) for tag, given in page.tags}
    approved(plain_door, city, "dh-jt")
    owner = enter("owner.jt")
    waiting = next(link for link in owner.get("/inbox").links if "/items/" in link)
    assert first["number"] not in owner.get(waiting).text


def test_narrowing_ends_in_exactly_the_lines_of_the_grant(enter: Enter, plain_door: Door, city: City) -> None:
    """Two spans of a camera: one is struck, the other shortened at both ends; the grant holds that and nothing else."""
    camera = str(city.cameras_of("dh-cg")[0].id)
    asked = form(city, "dh-cg")
    spans = [
        ("2026-11-20T08:00:00+08:00", "2026-11-20T09:00:00+08:00"),
        ("2026-11-20T10:00:00+08:00", "2026-11-20T11:00:00+08:00"),
    ]
    asked["lines"] = [{"camera": camera, "begin": begin, "end": end} for begin, end in spans]
    key = plain_door["asker"].post("/access-requests", asked)["id"]
    request = plain_door["asker"].post(f"/access-requests/{key}/submit")
    first, second = (line["id"] for line in item_of(request, "dh-cg")["lines"])
    center, owner = enter("center.dh"), enter("owner.cg")
    place = f"/requests/{key}"
    shorter = {f"begin.{second}": "2026-11-20T10:15:00"}
    center.press(center.get(f"{place}/decision"), f"{place}/approve", line=[second], **shorter)
    place = f"{place}/items/{item_of(request, 'dh-cg')['id']}"
    page = owner.get(place)
    assert first not in dict(page.form(f"{place}/authorize").fields).values()
    assert "Authorized." in owner.press(page, f"{place}/authorize", **{f"end.{second}": "2026-11-20T10:45:00"}).text
    (grant,) = plain_door["looker"].get("/grants")["items"]
    (line,) = grant["lines"]
    assert (line["line"], line["camera"]["id"]) == (second, camera)
    assert (line["window"]["begin"], line["window"]["end"]) == ("2026-11-20T02:15:00Z", "2026-11-20T02:45:00Z")
