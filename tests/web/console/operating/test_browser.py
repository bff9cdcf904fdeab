"""The pages of this desk in a real browser: what holds for all of them, and an import that is followed to its end."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser

from broker.bootstrap import Broker
from broker.domain.ids import ImportId
from tests.city import City
from tests.services.looks import made_ready
from tests.web.console.browsing import IN_A_BROWSER, hold, visiting
from tests.web.console.conftest import Enter
from tests.web.console.operating.lists import CHOSEN, ROWS, handed_in, place
from tests.web.console.operating.test_keeping import DAY, seen
from tests.web.console.operating.test_reviews import listing
from tests.web.door import Door
from tests.web.three_servers import House

pytestmark = IN_A_BROWSER

SHOWN = {
    "/operating", "/sources", "/adapters", "/adapters/{name}", "/sources/{code}", "/sources/{code}/edit",
    "/sources/{code}/history", "/sources/{code}/clock", "/sources/{code}/reconciliations",
    "/sources/{code}/reconciliations/{key}", "/reconciliations", "/imports", "/imports/new", "/imports/{key}",
    "/import-profiles", "/exports", "/health", "/health/troubles", "/maintenance", "/jobs", "/holds", "/holds/{key}",
    "/holds/on-{what}/{key}", "/escrow/{key}",
}  # fmt: skip
"""The pages that these tests hold to what holds for all (test_frame.py sees that none is left out)."""


@pytest.fixture
def places(plain_door: Door, enter: Enter, broker: Broker, city: City, tmp_path: Path) -> dict[str, list[str]]:
    """Every page of this desk, with something on it."""
    keeper, reviews = enter("sysadmin"), listing(broker, tmp_path, city)
    keeper.press(keeper.get("/sources/archive"), "/sources/archive/probe")
    review = place(keeper.press(keeper.get(reviews), reviews))
    with broker.work() as work:
        seen(broker, city, str(work.sources.by_code("archive").id))
    look = handed_in(keeper, ROWS.encode())
    look = keeper.press(look, f"{place(look)}/reading", **CHOSEN, coordinates="wgs84")
    keeper.press(look, f"{place(look)}/profile", name="城管")
    done = keeper.press(keeper.get(place(look)), f"{place(look)}/try")
    broker.import_runs.run(ImportId(UUID(place(done).rpartition("/")[2])))
    house = House(broker, city)
    grant = house.grant()
    made_ready(broker, house.order(grant))
    body = {"reason": "行政复议期间", "until": (broker.clock.now() + timedelta(days=30)).isoformat()}
    kept = plain_door["center.dh"].post(f"/access-requests/{grant.request_id}/hold", body)
    return {
        "sysadmin": [
            "/operating", "/sources", "/adapters", "/adapters/http_playback", "/sources/archive",
            "/sources/archive/edit", "/sources/archive/history", "/sources/archive/clock", reviews, review,
            "/reconciliations", "/imports", "/imports/new", place(look), place(done), "/import-profiles", "/exports",
            f"/health?from={DAY}&to=2026-10-14", "/health/troubles", "/maintenance", "/jobs?state=todo",
        ],
        "center.dh": ["/holds", f"/holds/{kept['id']}", f"/holds/on-request/{grant.request_id}",
                      f"/escrow/{grant.request_id}"],
    }  # fmt: skip


def test_every_page_is_accessible_narrow_and_quiet(
    browser: Browser, plain_door: Door, places: dict[str, list[str]]
) -> None:
    hold(browser, plain_door.url, places)


def test_an_import_is_followed_to_its_end(browser: Browser, plain_door: Door, broker: Broker, tmp_path: Path) -> None:
    file = tmp_path / "点位.csv"
    file.write_text("gb_code,name,latitude,longitude\n,桥头,30.6,104.0\n,站前,99,104.0\n", encoding="utf-8")
    with visiting(browser, plain_door.url) as visit:
        visit.sign_in("sysadmin")
        page = visit.page
        page.keyboard.press("s")
        page.wait_for_url("**/operating")
        page.keyboard.press("f")
        page.wait_for_url("**/imports")
        visit.go("/imports/new")
        page.set_input_files("#field-file", str(file))
        page.fill("#field-owner", "dh-cg")
        page.get_by_role("button", name="Upload and look").click()
        page.get_by_role("button", name="Bring it in").click()
        page.get_by_text("waiting").first.wait_for()
        broker.import_runs.run(ImportId(UUID(page.url.rpartition("/")[2])))
        page.get_by_role("heading", name="Balance").wait_for()  # the page asks by itself
        assert page.locator("[hx-trigger]").count() == 0
        assert page.locator(".figures tr").nth(1).inner_text().split()[-1] == "1"
