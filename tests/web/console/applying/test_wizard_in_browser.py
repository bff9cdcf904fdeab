"""The wizard in a real browser: by keyboard alone, with the map and Shift, and over a server that goes away."""

import pytest
from playwright.sync_api import Browser, Page

from broker.bootstrap import Broker
from broker.web.app import create_app
from tests.city import City
from tests.web.console.applying.test_wizard import BEGIN, END, MATTER
from tests.web.console.browsing import IN_A_BROWSER, Visit, hold, visiting
from tests.web.console.conftest import without_tls
from tests.web.console.maps.earth import MapInWindow
from tests.web.door import Door, serving
from tests.web.steps import draft

pytestmark = IN_A_BROWSER

STEPS = ("matter", "cameras", "times", "terms", "check")
SHOWN = {f"/requests/{{key}}/apply/{step}" for step in STEPS}
"""The pages that these tests hold to what holds for all (test_frame.py sees that none is left out)."""


def test_every_step_is_accessible_narrow_and_quiet(browser: Browser, plain_door: Door, city: City) -> None:
    request = draft(plain_door, city, "dh-cg")
    base = f"/requests/{request['id']}/apply"
    own = f"{base}/times?camera={request['lines'][0]['camera']['id']}"
    hold(browser, plain_door.url, {"asker": [*(f"{base}/{step}" for step in STEPS), own]})


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(120):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no way by keyboard to {selector}")


def choose(page: Page, selector: str, value: str) -> None:
    """Walk down a list of choices by its arrow key."""
    tab_to(page, selector)
    for _ in range(20):
        if page.evaluate("document.activeElement.value") == value:
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"no {value} in {selector}")


def typed(page: Page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def dated(page: Page, selector: str, instant: str) -> None:
    """Type day and time part by part, as the field of an English browser takes them."""
    tab_to(page, selector)
    day, _, clock = instant.partition("T")
    year, month, date = day.split("-")
    hour, minute = clock.split(":")
    half = "AM" if int(hour) < 12 else "PM"
    page.keyboard.type(f"{month}{date}{year}")
    page.keyboard.press("Tab")
    page.keyboard.type(f"{(int(hour) - 1) % 12 + 1:02}{minute}00{half}")


def pressed(page: Page, selector: str, arrived: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Enter")
    page.wait_for_url(arrived)


def test_a_request_is_written_and_handed_in_by_keyboard(browser: Browser, plain_door: Door, city: City) -> None:
    camera = city.cameras_of("dh-cg")[0].id
    with visiting(browser, plain_door.url) as visit:
        page = visit.page
        visit.sign_in("asker")
        page.keyboard.press("q")
        page.wait_for_url("**/requests")
        page.keyboard.press("c")
        page.keyboard.press("Enter")
        page.wait_for_url("**/apply/matter")
        choose(page, "#field-basis", MATTER["basis"])
        choose(page, "#field-matter", MATTER["matter"])
        typed(page, "#field-case_number", MATTER["case_number"])
        typed(page, "#field-reason", MATTER["reason"])
        page.get_by_text("Kept at").wait_for()
        tab_to(page, "button[value=cameras]")
        page.keyboard.press("Enter")
        page.wait_for_url("**/apply/cameras")
        tab_to(page, f"#pick-{camera}")
        page.keyboard.press("Space")
        page.get_by_text("1 points picked").wait_for()
        pressed(page, "button[value=times]", "**/apply/times")
        dated(page, "#begin-0", BEGIN)
        dated(page, "#end-0", END)
        pressed(page, "button[value=terms]", "**/apply/terms")
        tab_to(page, "#person-looker")
        page.keyboard.press("Space")
        pressed(page, "button[value=check]", "**/apply/check")
        page.get_by_text("Nothing is missing").wait_for()
        assert visit.accessible() == []
        tab_to(page, "main form[action$=check] button")
        page.keyboard.press("Enter")
        page.get_by_text("Submitted").wait_for()
        key = page.url.rpartition("/")[2]
    request = plain_door["asker"].get(f"/access-requests/{key}")
    assert request["state"] == "CENTER_REVIEW"
    assert [line["camera"]["id"] for line in request["lines"]] == [str(camera)]


def test_points_are_picked_by_map_and_by_shift(browser: Browser, plain_door: Door, city: City) -> None:
    request = draft(plain_door, city, "dh-cg")
    base = f"/requests/{request['id']}/apply/cameras"
    alone = city.cameras_of("dh-cg")[2]  # no other stands in its place
    with visiting(browser, plain_door.url) as visit:
        page = visit.page
        visit.sign_in("asker")
        window = MapInWindow(page, alone.longitude, alone.latitude, 15)
        visit.go(f"{base}?at={window.address}")
        window.ready()
        page.get_by_text("3 points picked").wait_for()
        window.click(alone.longitude, alone.latitude)
        page.get_by_text("2 points picked").wait_for()
        assert not page.locator(f"#pick-{alone.id}").is_checked()
        boxes = page.locator("pick-list input[type=checkbox]")
        boxes.first.click()
        page.keyboard.down("Shift")
        boxes.last.click()
        page.keyboard.up("Shift")
        page.get_by_text(f"{boxes.count()} points picked").wait_for()
        page.reload()
        assert page.locator("pick-list input:checked").count() == boxes.count()


def test_nothing_typed_is_lost_when_the_server_goes_away(browser: Browser, broker: Broker, city: City) -> None:
    assert city.persons
    app = create_app(without_tls(broker))
    with serving(app) as url:
        port = int(url.rpartition(":")[2])
        context = visiting(browser, url)
        visit = context.__enter__()
        visit.sign_in("asker")
        visit.go("/requests")
        visit.page.get_by_role("button", name="New request").click()
        visit.page.wait_for_url("**/apply/matter")
        visit.page.fill("#field-reason", "before")
        visit.page.get_by_text("Kept at").wait_for()
    visit.page.fill("#field-reason", MATTER["reason"])
    visit.page.get_by_text("cannot be reached").wait_for()
    visit.page.get_by_role("button", name="Save", exact=True).click()  # nobody there: the page stays
    visit.page.get_by_text("cannot be reached").wait_for()
    assert visit.page.input_value("#field-reason") == MATTER["reason"]
    with serving(app, port=port):
        visit.page.get_by_text("Kept at").wait_for()
        visit.page.reload()
        assert visit.page.input_value("#field-reason") == MATTER["reason"]
        visit.page.get_by_role("button", name="Save", exact=True).click()
        visit.page.locator("#fault-basis").wait_for()
        assert visit.page.input_value("#field-reason") == MATTER["reason"]
        forget(visit)
        context.__exit__(None, None, None)


def forget(visit: Visit) -> None:
    """Leave out what a browser says of a server that is away, and of a form that is refused."""
    known = ("ERR_CONNECTION_REFUSED", "422")
    visit.faults[:] = [fault for fault in visit.faults if not any(it in fault for it in known)]
