"""The pages around the map, as a person without script sees them: who sees which points, and how they are found."""

import json
from uuid import UUID

from tests.city import City
from tests.web.console.conftest import Enter
from tests.web.console.page import Page
from tests.web.door import Door
from tests.web.steps import approved, item_of, submitted


def cameras(page: Page) -> list[str]:
    return [link for link in page.links if link.startswith("/cameras/")]


def test_points_are_found_and_paged(hall: Enter) -> None:
    person = hall("asker")
    page = person.get("/map")
    assert len(cameras(page)) == 7
    assert "7 points" in page.text
    first = person.get("/map?limit=5&status=unknown")
    (onwards,) = [link for link in first.links if "after=" in link]
    assert "status=unknown" in onwards
    second = person.get(onwards)
    assert not set(cameras(first)) & set(cameras(second))
    assert len(cameras(second)) == 2  # a page of the usual length takes the rest
    assert len(cameras(person.get("/map?department=dh-jt"))) == 2
    assert len(cameras(person.get("/map?circle=104,30.6,50"))) == 4
    assert len(cameras(person.get("/map?status=on"))) == 0
    pressed = person.get("/map?text=dh-cg&division=&class=&box=&at=")
    assert str(pressed.answer.url).endswith("/map?text=dh-cg")
    assert len(cameras(pressed)) == 3
    assert ("text", "dh-cg") in pressed.form("/map").fields


def test_hostile_addresses_are_refused(hall: Enter) -> None:
    person = hall("asker")
    for query in (
        "at=x", "at=1,2", "at=1,2,999", "at=nan,nan,1", "at=999999999,1,1", "box=1,2", "box=9,9,1,1", "circle=0,0,1e9",
        "polygon=1,1", "polygon=" + "1,1;" * 9000, "line=%3Cscript%3E", "width=-1", "status=odd", "class=77",
        "colour=red", "after=%00", "division=0", "shapes=%7B%7D",
    ):  # fmt: skip
        assert person.client.get(f"/map?{query}").status_code == 422, query
    assert person.client.get(f"/cameras/{UUID(int=9)}").status_code == 404
    assert person.client.get("/cameras/x").status_code == 422


def test_a_camera_has_a_page(hall: Enter) -> None:
    person = hall("asker")
    (place,) = cameras(person.get("/map?text=99010201081320000003"))
    page = person.get(place)
    assert "dh-cg路口2" in page.text
    assert "104.020000, 30.620000" in page.text
    assert "The record lacks" in page.text
    (shown,) = [given for tag, given in page.tags if tag == "cam-map"]
    assert shown["data-place"] == "104.02,30.62"
    assert json.loads(shown["data-setup"])["extent"] is not None


def test_points_of_a_request_are_for_who_may_read_it(enter: Enter, plain_door: Door, city: City) -> None:
    waiting = submitted(plain_door, city)
    place = f"/requests/{waiting['id']}/cameras.geojson"

    def told(login: str) -> list[str]:
        answer = enter(login).client.get(place)
        assert answer.headers["content-type"] == "application/geo+json"
        return sorted(it["properties"]["gb_code"] for it in answer.json()["features"])

    assert len(told("asker")) > 1
    assert told("center.dh") == told("asker")
    decided = approved(plain_door, city, "dh-cg")
    own = enter("owner.cg").client.get(f"/requests/{decided['id']}/cameras.geojson").json()["features"]
    assert len(own) == len(item_of(decided, "dh-cg")["lines"])
    assert enter("stranger").client.get(place).status_code == 404
    assert enter().client.get(place, headers={"Accept": "*/*"}).status_code == 401
    theirs = enter("owner.jt").client.get(place)
    assert theirs.status_code == 404 or all("0104" in it["properties"]["gb_code"] for it in theirs.json()["features"])

    key = city.cameras_of("dh-jt")[0].id
    plain_door["owner.jt"].send("PUT", f"/cameras/{key}/visibility", {"visibility": "internal"}).raise_for_status()
    asker = enter("asker")
    assert len(cameras(asker.get("/map"))) == 6
    assert asker.client.get(f"/cameras/{key}").status_code == 404
    assert enter("owner.jt").get(f"/cameras/{key}").status == 200
