"""The map of a measure in a browser: held to what holds for all pages, and gone through by keyboard."""

from playwright.sync_api import Browser

from broker.bootstrap import Broker
from tests.web.console.browsing import IN_A_BROWSER, hold, visiting
from tests.web.console.dashboard.conftest import MAP
from tests.web.door import Door

pytestmark = IN_A_BROWSER

WIDTH = "getComputedStyle(document.activeElement.querySelector('.area')).strokeWidth"


def test_the_map_is_held_and_walked(browser: Browser, plain_door: Door, watched: Broker) -> None:
    assert watched.settings.map_outline
    hold(browser, plain_door.url, {"auditor": [f"{MAP}&division=330100"]})
    with visiting(browser, plain_door.url) as visit:
        visit.sign_in("auditor")
        visit.go(f"{MAP.replace('/places', '')}&division=330100")  # the overview, which loads it
        area = visit.page.get_by_label("桐庐县 50.0 %")
        area.focus()
        visit.page.keyboard.press("Shift+Tab")
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate(WIDTH) == "4px"
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url("**/dashboard/places?*division=330122*")
