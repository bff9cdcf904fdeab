"""The place of the incident on the map of a browser: clicked, dragged, by keyboard, typed; and the points around it."""

import pytest
from playwright.sync_api import Browser, Page

from tests.city import City
from tests.web.console.applying.test_places import at_most
from tests.web.console.applying.test_wizard_in_browser import forget
from tests.web.console.browsing import IN_A_BROWSER, visiting
from tests.web.console.maps.earth import MapInWindow
from tests.web.door import Door
from tests.web.steps import form

pytestmark = IN_A_BROWSER

PLACE = {"longitude": 104.02, "latitude": 30.62, "name": "桥头"}
EXACT = 2e-5
"""Degrees: about two pixels of the map at scale 17."""


def stated(page: Page) -> list[float]:
    return [float(page.input_value(f"#field-{name}")) for name in ("longitude", "latitude")]


def bad(page: Page) -> list[int]:
    """Return the colour of the mark."""
    told = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--bad').trim()")
    return [int(told[at : at + 2], 16) for at in (1, 3, 5)]


def colour_at(window: MapInWindow, longitude: float, latitude: float) -> list[int]:
    """Return what is drawn at a place: red, green, blue."""
    box = window.view.bounding_box()
    assert box is not None
    across, down = window.pixel(longitude, latitude)
    picture = window.picture()
    return [int(part) for part in picture[round(down - box["y"]), round(across - box["x"])][::-1]]


def test_the_place_is_set_by_mouse_keyboard_and_typing(browser: Browser, plain_door: Door, city: City) -> None:
    key = plain_door["asker"].post("/access-requests", {**form(city, "dh-cg"), "place": PLACE})["id"]
    with visiting(browser, plain_door.url) as visit:
        page = visit.page
        visit.sign_in("asker")
        visit.go(f"/requests/{key}/apply/matter")
        window = MapInWindow(page, 104.02, 30.62, 17)  # it opens where the place is
        window.ready()
        window.view.scroll_into_view_if_needed()
        window.click(104.021, 30.621)
        assert stated(page) == pytest.approx([104.021, 30.621], abs=EXACT)
        window.drag((104.021, 30.621), (104.018, 30.619))
        assert stated(page) == pytest.approx([104.018, 30.619], abs=EXACT)
        window.drag((104.0215, 30.62), (104.0205, 30.62))  # beside the mark it is the map that moves
        assert stated(page) == pytest.approx([104.018, 30.619], abs=EXACT)
        page.focus(".map-view")
        page.keyboard.press("Enter")
        longitude, latitude = stated(page)  # a map that was dragged glides on
        assert 104.0201 < longitude < 104.03
        assert latitude == pytest.approx(30.62, abs=EXACT)
        page.get_by_role("button", name="Clear the place").click()
        window.said("No place of the incident is set")
        assert page.input_value("#field-longitude") == ""
        page.fill("#field-longitude", "104.02")
        page.fill("#field-latitude", "30.62")
        page.press("#field-latitude", "Tab")
        window.said("longitude 104.02, latitude 30.62")
        page.get_by_text("Kept at").wait_for()
        page.reload()
        window.ready()
        assert stated(page) == [104.02, 30.62]
        assert colour_at(window, 104.02, 30.62) == bad(page)


def test_points_around_the_place_are_picked_and_a_box_too_large_loses_nothing(
    browser: Browser, plain_door: Door, city: City
) -> None:
    lines = form(city, "dh-cg")["lines"][:1]
    asked = {**form(city, "dh-cg"), "lines": lines, "place": PLACE}
    key = plain_door["asker"].post("/access-requests", asked)["id"]
    at_most(plain_door, 3, 3)
    with visiting(browser, plain_door.url) as visit:
        page = visit.page
        visit.sign_in("asker")
        window = MapInWindow(page, 104.02, 30.62, 13)
        visit.go(f"/requests/{key}/apply/cameras?at={window.address}")
        window.ready()
        assert colour_at(window, 104.02, 30.62) == bad(page)
        page.fill("#field-radius", "50")
        page.get_by_role("button", name="Add the points around it").click()
        page.get_by_text("2 points picked of at most 3").wait_for()
        window.tool("Box")
        window.view.scroll_into_view_if_needed()
        window.drag((103.995, 30.595), (104.025, 30.625))
        page.get_by_role("alert").get_by_text("what is picked stays").first.wait_for()
        assert page.locator("#picked-bar strong").inner_text() == "2 points picked"
        assert visit.accessible() == []
        page.reload()
        page.get_by_text("2 points picked of at most 3").wait_for()
        forget(visit)
