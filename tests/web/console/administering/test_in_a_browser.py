"""The desks of the administrators in a real browser: what holds for every page holds for theirs."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser

from tests.city import City
from tests.web.console.browsing import IN_A_BROWSER, hold, visiting
from tests.web.console.conftest import Enter
from tests.web.door import Door
from tests.web.test_policies import NARROWER

pytestmark = IN_A_BROWSER

SHOWN = {
    "/administration", "/departments", "/departments/{department}", "/divisions", "/divisions/import",
    "/divisions/{division}", "/people", "/people/new", "/people/invites", "/people/{key}", "/people/{key}/access",
    "/policies",
    "/policies/in-force", "/policies/explain", "/policies/new", "/policies/{key}", "/rulebook", "/rulebook/versions",
    "/rulebook/versions/{version}", "/rulebook/new", "/locks", "/locks/new", "/locks/{key}", "/webhooks",
    "/webhooks/{key}", "/camera-fields", "/camera-fields/{field}", "/plan-targets", "/standing-in",
    "/standing-in/absences", "/settings",
}  # fmt: skip
"""The pages that these tests hold to what holds for all (test_frame.py sees that none is left out)."""


@pytest.fixture
def places(plain_door: Door, city: City) -> dict[str, list[str]]:
    """Every page of these desks, with something on it."""
    secadmin, sysadmin = plain_door["secadmin"], plain_door["sysadmin"]
    asker = city.persons["asker"]
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    new = {"login": "hb.luo", "name": "罗敏", "department": "dh-hb"}
    secadmin.post(f"/persons/{secadmin.post('/persons', new)['id']}/invite", {"mail": False})
    secadmin.post(f"/persons/{city.persons['owner.cg']}/absences", {"end": until, "note": "外出"})
    policy = secadmin.post("/policies", NARROWER)["id"]
    lock = secadmin.post("/locks", {"kind": "person", "target": str(asker), "reason": "账号疑似被盗"})["id"]
    hook = sysadmin.post("/webhooks", {"department": "dh-hb", "url": "https://9.9.9.9/x", "kinds": []})["id"]
    allowed = [{"code": "a", "zh": "甲", "en": "A"}]
    sysadmin.send("PUT", "/camera-fields/grid", {"zh": "网格", "en": "Grid", "kind": "code", "allowed": allowed})
    target = {"year": 2027, "indicator": "coverage.plan", "value": 12, "department": "dh-cg"}
    sysadmin.send("PUT", "/plan-targets", target)
    return {
        "secadmin": ["/administration", "/people", "/people/new", "/people/invites", f"/people/{asker}",
                     f"/people/{city.persons['sysadmin']}/access", "/policies",
                     "/policies/in-force", "/policies/explain?role=auditor&act=audit:read", "/policies/new",
                     f"/policies/{policy}", "/locks", "/locks/new?kind=person&name=looker", f"/locks/{lock}",
                     "/standing-in", "/standing-in/absences"],
        "sysadmin": ["/departments", "/departments/dh", "/divisions?text=杭州", "/divisions/import",
                     "/divisions/330102", "/rulebook", "/rulebook/versions", "/rulebook/versions/0", "/rulebook/new",
                     "/webhooks", f"/webhooks/{hook}", "/camera-fields", "/camera-fields/grid",
                     "/plan-targets?year=2027", "/settings"],
    }  # fmt: skip


def test_every_page_is_accessible_narrow_and_quiet(
    browser: Browser, plain_door: Door, places: dict[str, list[str]]
) -> None:
    hold(browser, plain_door.url, places)


def test_forms_open_at_their_summary_and_a_refused_one_stays_open(browser: Browser, hall: Enter) -> None:
    with visiting(browser, hall().url) as visit:
        visit.sign_in("sysadmin")
        visit.page.keyboard.press("o")
        visit.page.wait_for_url("**/administration")
        visit.page.get_by_role("link", name="Departments", exact=True).click()
        visit.page.locator(".tree a[data-row]").first.click()
        visit.page.wait_for_url("**/departments/*")
        visit.page.get_by_text("Add a department below", exact=True).first.click()
        visit.page.fill("#add-code", "jc-ga")
        visit.page.fill("#add-name", "重复的编码")
        visit.page.locator("details[open] button").click()
        visit.page.get_by_role("alert").wait_for()
        assert visit.page.input_value("#add-name") == "重复的编码"
        assert visit.page.locator("#add-code").is_visible()
        assert [fault for fault in visit.faults if "409" not in fault] == []
        visit.faults.clear()
