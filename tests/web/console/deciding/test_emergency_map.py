"""The points of an emergency in a browser: on the map and in the list, one selection; the place is set there too."""

import pytest
from playwright.sync_api import Browser

from broker.bootstrap import Broker, operator
from tests.city import City
from tests.web.console.browsing import IN_A_BROWSER, NARROW, visiting
from tests.web.console.maps.earth import MapInWindow
from tests.web.door import Door

pytestmark = IN_A_BROWSER


def test_the_map_and_the_list_of_an_emergency_are_one_selection(
    browser: Browser, plain_door: Door, broker: Broker, city: City
) -> None:
    broker.accounts.assign(operator("tests"), city.persons["looker"], "emergency_investigator", "dh-hb")
    alone = city.cameras_of("dh-cg")[2]  # no other stands in its place
    with visiting(browser, plain_door.url) as visit:
        page = visit.page
        visit.sign_in("looker")
        window = MapInWindow(page, alone.longitude, alone.latitude, 13)
        visit.go(f"/emergencies/new?at={window.address}")
        window.ready()
        page.fill("#field-reason", "等不及审批")
        window.view.scroll_into_view_if_needed()
        window.click(alone.longitude, alone.latitude)
        page.get_by_text("1 points picked of at most 50").wait_for()
        assert page.locator(f"#pick-{alone.id}").is_checked()
        page.get_by_role("button", name="Set the place").click()
        window.said("Click the place of the incident")
        window.click(104.01, 30.615)
        assert float(page.input_value("#field-longitude")) == pytest.approx(104.01, abs=4e-4)
        page.get_by_role("button", name="Box").click()
        window.drag((103.99, 30.595), (104.025, 30.625))
        page.get_by_text("7 points picked of at most 50").wait_for()
        assert "From the place" in page.inner_text("#points thead")
        page.locator(f"#pick-{alone.id}").click()
        page.get_by_text("6 points picked of at most 50").wait_for()
        assert page.input_value("#field-reason") == "等不及审批"
        assert visit.accessible() == []
        assert visit.width(NARROW) == NARROW
