"""The stated place on the pages of who decides: a mark of its own, distances, a drawing that needs no script."""

import re

from tests.city import City
from tests.web.console.conftest import Enter
from tests.web.console.page import Page
from tests.web.door import Door
from tests.web.steps import form, item_of, submitted

BESIDE = {"HX-Request": "true"}
PLACE = {"latitude": 30.62, "longitude": 104.02, "name": "桥头"}


def dots(page: Page) -> int:
    return sum(given.get("class") == "ground-dot" for _, given in page.tags)


def test_who_decides_sees_the_place_and_how_far_each_point_is(enter: Enter, plain_door: Door, city: City) -> None:
    asker = plain_door["asker"]
    key = asker.post("/access-requests", {**form(city, "dh-cg", "dh-jt"), "place": PLACE})["id"]
    asker.post(f"/access-requests/{key}/submit")
    center = enter("center.dh")
    page = center.get(f"/requests/{key}/decision")
    (shown,) = [given for tag, given in page.tags if tag == "cam-map"]
    assert (shown["data-place"], shown["data-place-name"]) == ("104.02,30.62", "桥头")
    told = re.findall(r"([\d.]+ k?m) from the place", page.text)
    assert len(told) == 5
    assert min(told) == "0 m"  # one of them stands there
    beside = Page(center.client.get(f"/requests/{key}/decision", headers=BESIDE))
    assert not [tag for tag, _ in beside.tags if tag == "cam-map"]
    assert (dots(beside), [tag for tag, _ in beside.tags].count("polygon")) == (5, 1)
    assert "桥头" in beside.text
    plain_door["center.dh"].post(f"/access-requests/{key}/approve", {"revision": 1})
    part = item_of(asker.get(f"/access-requests/{key}"), "dh-jt")
    owner = enter("owner.jt")
    own = Page(owner.client.get(f"/requests/{key}/items/{part['id']}", headers=BESIDE))
    assert dots(own) == len(city.cameras_of("dh-jt"))  # of the others an owner hears nothing
    assert "dh-cg" not in own.text


def test_without_a_place_it_is_said_so(enter: Enter, plain_door: Door, city: City) -> None:
    key = submitted(plain_door, city, "dh-cg")["id"]
    beside = Page(enter("center.dh").client.get(f"/requests/{key}/decision", headers=BESIDE))
    assert "states no place" in beside.text
    assert dots(beside) == 3
    assert "from the place" not in beside.text
