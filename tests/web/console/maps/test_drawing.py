"""The map in a browser without WebGL: points clicked, areas drawn, by mouse and by keyboard; the list says the same."""

from collections.abc import Iterator
from urllib.parse import unquote

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.web.console.browsing import IN_A_BROWSER, Visit, hold, visiting
from tests.web.console.conftest import Enter
from tests.web.console.maps.earth import MapInWindow, listen, metres, sent

pytestmark = IN_A_BROWSER

SHOWN = {"/map", "/cameras/{key}"}
CROSSING = (104.0, 30.6)  # four points stand there
MIDDLE = (104.01, 30.61)  # two
ALONE = (104.02, 30.62)  # one
EXACT = 0.0002  # degrees: less than two pixels of the view


@pytest.fixture(scope="module")
def place(hall: Enter) -> str:
    person = hall("asker")
    (found,) = {link for link in person.get("/map?text=99010201081320000003").links if link.startswith("/cameras/")}
    return found


@pytest.fixture
def visit(flat_browser: Browser, hall: Enter) -> Iterator[Visit]:
    with visiting(flat_browser, hall().url) as come:
        come.sign_in("asker")
        yield come


def opened(visit: Visit, query: str = "") -> MapInWindow:
    shown = MapInWindow(visit.page, *MIDDLE, zoom=14.0)
    visit.go(f"/map?at={shown.address}{query}")
    shown.ready()
    return shown


def test_pages_with_a_map_hold(flat_browser: Browser, hall: Enter, place: str) -> None:
    hold(flat_browser, hall().url, {"asker": ["/map", place]})


def test_points_are_drawn_listed_and_clicked(visit: Visit, place: str) -> None:
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url.removeprefix(visit.url)))
    shown = opened(visit)
    assert any(url.startswith("/api/v1/map/tiles/13/") for url in asked)
    assert visit.page.evaluate("document.createElement('canvas').getContext('webgl')") is None
    shown.said("About 7 points in view")
    assert visit.page.locator("#found-title").inner_text() == "7 points"
    picture = shown.picture()
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 10

    shown.click(*CROSSING)
    panel = visit.page.get_by_role("dialog", name="4 points here")
    panel.wait_for()
    assert panel.get_by_role("link").count() == 4
    assert visit.accessible() == []
    visit.page.keyboard.press("Escape")
    panel.wait_for(state="detached")
    shown.click(*ALONE)
    link = visit.page.get_by_role("dialog", name="1 points here").get_by_role("link")
    assert link.get_attribute("href") == place

    listen(visit.page)
    shown.click(*ALONE)
    assert sent(visit.page)[-1]["camera"] == place.rpartition("/")[2]
    shown.click(*CROSSING)
    visit.page.get_by_role("dialog", name="4 points here").get_by_role("button", name="xs-ga路口0").click()
    assert len({each["camera"] for each in sent(visit.page)}) == 2


def test_areas_are_drawn_by_mouse(visit: Visit) -> None:
    shown = opened(visit)
    listen(visit.page)
    shown.tool("Box")
    shown.drag((103.99, 30.605), (104.005, 30.595))
    (box,) = sent(visit.page)
    assert box["area"]["type"] == "box"
    assert box["area"]["bounds"] == pytest.approx([103.99, 30.595, 104.005, 30.605], abs=EXACT)
    assert box["box"] == ",".join(str(number) for number in box["area"]["bounds"])

    shown.tool("Circle")
    shown.click(*MIDDLE)  # two clicks do as well
    shown.click(104.015, 30.61)
    circle = sent(visit.page)[-1]
    assert circle["area"]["centre"] == pytest.approx(MIDDLE, abs=EXACT)
    assert circle["area"]["metres"] == pytest.approx(metres(MIDDLE, (104.015, 30.61)), abs=30)
    assert "box" not in circle

    shown.tool("Polygon")
    corners = [(104.0, 30.605), (104.02, 30.605), (104.01, 30.615)]
    for corner in corners[:2]:
        shown.click(*corner)
    visit.page.mouse.dblclick(*shown.pixel(*corners[2]))
    polygon = sent(visit.page)[-1]["area"]
    assert polygon["type"] == "polygon"
    assert [spot for corner in polygon["corners"] for spot in corner] == pytest.approx(
        [spot for corner in corners for spot in corner], abs=EXACT
    )

    shown.tool("Along a road")
    visit.page.get_by_label("Metres to each side").fill("120")
    shown.click(*CROSSING)
    shown.click(*MIDDLE)
    visit.page.get_by_role("button", name="Finish").click()
    road = sent(visit.page)[-1]
    assert (road["area"]["type"], road["area"]["metres"], road["width"]) == ("line", 120, "120")
    assert len(road["area"]["line"]) == 2
    assert len(sent(visit.page)) == 4


def test_what_is_no_area_is_refused_politely(visit: Visit) -> None:
    shown = opened(visit)
    listen(visit.page)
    shown.tool("Polygon")
    for step in range(3):
        shown.click(104.0 + step / 200, 30.605)
    visit.page.get_by_role("button", name="Finish").click()
    shown.said("too small")
    shown.click(*MIDDLE)
    visit.page.keyboard.press("Escape")
    shown.said("Cancelled")
    pan = visit.page.get_by_role("button", name="Move the map")
    assert pan.get_attribute("aria-pressed") == "true"
    shown.tool("Along a road")
    visit.page.mouse.dblclick(*shown.pixel(*MIDDLE))
    shown.said("Too few corners")
    visit.page.get_by_label("Metres to each side").fill("900000")
    shown.click(*MIDDLE)
    visit.page.mouse.dblclick(*shown.pixel(*ALONE))
    shown.said("too large")
    assert sent(visit.page) == []


def test_an_area_is_drawn_by_keyboard(visit: Visit) -> None:
    opened(visit)
    listen(visit.page)
    keys = visit.page.keyboard
    visit.page.get_by_role("button", name="Box").focus()
    keys.press("Enter")
    assert visit.page.evaluate("document.activeElement.className").startswith("map-view")
    keys.press("Enter")
    before = visit.page.locator("#find [name=at]").input_value()
    for key in ("ArrowRight", "ArrowDown"):
        keys.press(key)
        visit.page.wait_for_function("before => document.querySelector('#find [name=at]').value != before", arg=before)
        before = visit.page.locator("#find [name=at]").input_value()
    keys.press("Enter")
    west, south, east, north = sent(visit.page)[-1]["area"]["bounds"]
    assert (west, north) == pytest.approx(MIDDLE, abs=EXACT)
    assert east > west
    assert south < north
    keys.press("+")
    visit.page.wait_for_function("() => location.search.endsWith(',15.00')")


def test_an_area_narrows_map_and_list_alike(visit: Visit) -> None:
    shown = opened(visit, "&class=&division=")
    shown.tool("Box")
    shown.drag((103.995, 30.605), (104.005, 30.595))
    visit.page.wait_for_url("**box=*")
    assert "class=" not in visit.page.url
    shown.ready()
    assert visit.page.locator("#found-title").inner_text() == "4 points"
    shown.said("About 4 points in view")
    assert "at=104.01000,30.61000,14.00" in unquote(visit.page.url)
    visit.page.get_by_role("link", name="Without the area").click()
    visit.page.wait_for_function("() => document.querySelector('#found-title').textContent == '7 points'")
