"""The auditor's desk and the dashboard in a real browser: held to what holds for all, and going on by themselves."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.web.console.browsing import IN_A_BROWSER, hold, visiting
from tests.web.door import Door

pytestmark = IN_A_BROWSER

SHOWN = {
    "/trace", "/trace/verification", "/trace/stream", "/trace/locks", "/trace/holds", "/trace/requests/{key}",
    "/register", "/dashboard", "/dashboard/measures", "/dashboard/trend", "/dashboard/places", "/dashboard/pending",
    "/evidence",
}  # fmt: skip


def test_pages_of_auditors_and_boards_are_accessible_narrow_and_quiet(
    browser: Browser, plain_door: Door, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = {"kind": "camera", "target": told["camera"], "reason": "a leak"}
    plain_door["owner.cg"].post("/locks", lock)
    stream = f"grant/{told['grant']['id']}"
    pages = [
        "/trace?kind=grant", "/trace/verification", f"/trace/stream?name={stream}", "/trace/locks", "/trace/holds",
        f"/trace/requests/{told['request']['id']}", "/register", "/dashboard", "/dashboard/measures",
        "/dashboard/trend", "/dashboard/places?by=department", "/dashboard/pending", "/evidence",
    ]  # fmt: skip
    hold(browser, plain_door.url, {"auditor": pages})
    monkeypatch.setattr("broker.services.oversight.audit.PART", 30)
    with visiting(browser, plain_door.url) as visit:
        visit.sign_in("auditor")
        page = visit.page
        page.keyboard.press("t")
        page.wait_for_url("**/trace")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        assert page.locator("details[open] .digest").count() == 2
        visit.go("/trace/verification")
        page.locator("#verification button").click()
        page.locator("#verification .notice:not(.notice-warn)").wait_for()
        assert "The trace holds" in page.locator("#verification").inner_text()
        page.keyboard.press("b")
        page.wait_for_url("**/dashboard")
        for name in ("measures", "trend", "places", "pending"):
            page.locator(f"#{name}:not([hx-get])").wait_for()
        assert visit.accessible() == []
        assert visit.width(360) == 360
        assert page.locator("#trend svg.chart").count() == 4
