"""The console in a real browser: with script and without, by mouse and by keyboard, dark and light, wide and narrow."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from broker.web.console import assets
from tests.city import PASSWORD, City
from tests.web.console.browsing import IN_A_BROWSER, hold, visiting
from tests.web.door import Door
from tests.web.steps import approved, granted, item_of, submitted

pytestmark = IN_A_BROWSER

SHOWN = {
    "/sign-in", "/inbox", "/requests", "/requests/{key}", "/requests/{key}/decision", "/requests/{key}/items/{item}",
    "/grants", "/grants/{key}", "/account", "/account/password", "/account/second-factor", "/step-up", "/keys",
    "/components",
}  # fmt: skip
"""The pages that these tests hold to what holds for all (test_frame.py sees that none is left out)."""


@pytest.fixture
def places(plain_door: Door, city: City) -> dict[str, list[str]]:
    """Every page of somebody, with something on it."""
    waiting = submitted(plain_door, city, "dh-cg")
    decided = approved(plain_door, city, "dh-cg")
    grant = granted(plain_door, city)
    item = item_of(decided, "dh-cg")["id"]
    return {
        "asker": ["/account", "/account/password", "/account/second-factor", "/step-up", "/keys", "/components",
                  "/requests", f"/requests/{grant['request']}"],
        "center.dh": ["/inbox", f"/requests/{waiting['id']}/decision"],
        "owner.cg": [f"/requests/{decided['id']}/items/{item}"],
        "looker": ["/grants", f"/grants/{grant['id']}"],
    }  # fmt: skip


def test_every_page_is_accessible_narrow_and_quiet(
    browser: Browser, plain_door: Door, places: dict[str, list[str]]
) -> None:
    with visiting(browser, plain_door.url) as visit:
        visit.go("/sign-in")
        assert visit.accessible() == []
    hold(browser, plain_door.url, places)


def test_the_center_decides_by_keyboard(browser: Browser, plain_door: Door, city: City) -> None:
    for _ in range(2):
        submitted(plain_door, city, "dh-cg")
    with visiting(browser, plain_door.url) as visit:
        visit.sign_in("center.dh")
        page = visit.page
        page.keyboard.press("?")
        assert page.locator("#key-help").is_visible()
        told = page.locator("#key-help [data-within]:visible kbd").all_inner_texts()
        assert told == ["j", "k", "Enter", "x"]  # what this page has: nothing is decided on yet
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("j")
        second = page.evaluate("document.activeElement.getAttribute('href')")
        assert second == page.locator("[data-row]").nth(1).get_attribute("href")
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        page.wait_for_url("**/decision")
        page.keyboard.press("r")
        assert page.locator("#reason-return").is_visible()
        page.keyboard.press("a")
        page.keyboard.press("Enter")
        page.wait_for_url("**/inbox")
        assert page.locator(".flash").inner_text() == "Approved."
        assert page.locator("[data-row]").count() == 1
        page.keyboard.press("q")
        page.wait_for_url("**/requests")


def test_lists_are_filtered_in_place_and_the_address_says_so(browser: Browser, plain_door: Door, city: City) -> None:
    number = submitted(plain_door, city, "dh-cg")["number"]
    with visiting(browser, plain_door.url) as visit:
        visit.sign_in("asker")
        visit.go("/requests")
        visit.page.select_option("#field-state", "DRAFT")
        visit.page.wait_for_url("**state=DRAFT*")
        visit.page.get_by_text("There are no requests.").wait_for()
        visit.page.select_option("#field-state", "")
        visit.page.get_by_text(number).wait_for()


def test_the_language_is_switched_and_time_goes_on(browser: Browser, plain_door: Door, city: City) -> None:
    grant = granted(plain_door, city)
    with visiting(browser, plain_door.url) as visit:
        visit.sign_in("looker")
        visit.go(f"/grants/{grant['id']}")
        assert visit.page.locator("count-down").inner_text() == "6 d 23 h"
        visit.page.get_by_role("button", name="中文").click()
        visit.page.wait_for_url("**/grants/*")
        assert visit.page.locator("h1").inner_text().startswith("授权单")
        assert visit.page.locator("count-down").inner_text() == "6 天 23 小时"


def test_the_picture_of_an_enrolment_is_drawn(browser: Browser, plain_door: Door) -> None:
    with visiting(browser, plain_door.url) as visit:
        visit.sign_in("asker")
        visit.go("/account/second-factor")
        visit.page.fill("#field-password", PASSWORD)
        visit.page.press("#field-password", "Enter")
        box = visit.page.locator("svg.qr").bounding_box()
        assert box is not None
        assert box["width"] > 100
        assert visit.accessible() == []


def test_all_of_it_works_without_script(browser: Browser, plain_door: Door, city: City) -> None:
    submitted(plain_door, city, "dh-cg")
    with visiting(browser, plain_door.url, java_script_enabled=False) as visit:
        visit.sign_in("center.dh")
        visit.page.locator("[data-row]").first.click()
        visit.page.get_by_role("button", name="Approve").click()
        assert visit.page.locator(".flash").inner_text() == "Approved."


def test_a_browser_takes_secure_cookies_from_this_machine(browser: Browser, door: Door) -> None:
    """`serve` on 127.0.0.1 has no TLS, and its cookies are Secure all the same."""
    with visiting(browser, door.url) as visit:
        visit.sign_in("asker")
        names = {cookie["name"] for cookie in visit.page.context.cookies()}
        assert "__Host-xueliang" in names


def test_nothing_of_the_axe_is_shipped() -> None:
    shipped = [path.name for path in Path(assets.FOLDER).iterdir()]
    assert [name for name in shipped if "axe" in name] == []
