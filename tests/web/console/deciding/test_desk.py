"""The desks of those who decide in a real browser: beside the list, by keyboard, kept up to date."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from broker.bootstrap import Broker, operator
from broker.web.console.live import feed
from tests.city import City
from tests.web.console.browsing import IN_A_BROWSER, hold, visiting
from tests.web.door import Door
from tests.web.steps import approved, form, granted, submitted

pytestmark = IN_A_BROWSER

SHOWN = {"/inbox/together", "/ledger", "/emergencies", "/emergencies/new", "/notices"}


def test_every_page_is_accessible_narrow_and_quiet(
    browser: Browser, plain_door: Door, city: City, broker: Broker
) -> None:
    broker.accounts.assign(operator("tests"), city.persons["looker"], "emergency_investigator", "dh-hb")
    request = submitted(plain_door, city, "dh-cg")
    granted(plain_door, city)
    changed(plain_door, city, request)
    place = f"/requests/{request['id']}/decision"
    hold(browser, plain_door.url, {
        "center.dh": [place, f"/inbox/together?picks={request['id']}..2", "/ledger", "/notices", "/emergencies"],
        "looker": ["/emergencies/new?text=dh-cg"],
    })  # fmt: skip


def changed(door: Door, city: City, request: Any) -> None:
    """Have a request returned and handed in anew, with other persons and one camera less."""
    key = request["id"]
    door["center.dh"].post(f"/access-requests/{key}/return", {"revision": 1, "comment": "补充"})
    new = form(city, "dh-cg")
    new["lines"] = new["lines"][1:]
    new["investigators"] = ["looker", "looker2"]
    door["asker"].send("PUT", f"/access-requests/{key}", new)
    door["asker"].post(f"/access-requests/{key}/submit")


def test_the_center_decides_beside_the_list_by_keyboard(browser: Browser, plain_door: Door, city: City) -> None:
    """j, Enter: the evidence stands beside the list; a verdict takes the row away, and the next one has the focus."""
    numbers = [submitted(plain_door, city, "dh-cg")["number"] for _ in range(3)]
    with visiting(browser, plain_door.url, viewport={"width": 1600, "height": 900}) as visit:
        visit.sign_in("center.dh")
        page = visit.page
        badge = page.locator("[data-count=inbox]")
        assert badge.inner_text() == "3"
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.locator(".in-box-beside h2").first.wait_for()
        assert numbers[0] in page.locator(".in-box-beside").inner_text()
        assert "open=" in page.url
        assert page.locator(".in-box-beside .ground .ground-dot").count() == len(city.cameras_of("dh-cg"))
        assert visit.accessible() == []
        page.keyboard.press("r")
        page.fill("#reason-return", "which lorry?")
        page.locator("#reason-return").press("Tab")
        page.keyboard.press("Enter")
        page.locator(".flash").wait_for()
        expect(page.locator("[data-row]")).to_have_count(2)
        expect(page.locator("[data-row]").first).to_be_focused()
        page.keyboard.press("x")
        page.keyboard.press("j")
        page.keyboard.press("x")
        expect(page.locator("input:checked")).to_have_count(2)
        page.get_by_role("button", name="Decide on what is ticked").click()
        page.wait_for_url("**/inbox/together?*")
        page.get_by_role("button", name="Say yes to all").click()
        page.get_by_text("2 carried out, 0 refused").wait_for()
        assert badge.is_hidden()


def test_the_bar_follows_without_a_reload(
    browser: Browser, plain_door: Door, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "TICK", 0.2)
    with visiting(browser, plain_door.url) as visit:
        visit.sign_in("owner.cg")
        page = visit.page
        page.evaluate("window.stayed = true; document.body.addEventListener('live:inbox', () => (window.heard = true))")
        inbox, notices = page.locator("[data-count=inbox]"), page.locator("[data-count=notice]")
        assert inbox.is_hidden()
        request = approved(plain_door, city, "dh-cg")
        expect(inbox).to_have_text("1", timeout=15_000)
        expect(notices).to_have_text("1", timeout=15_000)
        expect(page.locator("#live-told")).to_contain_text(request["number"])
        expect(page.locator("[data-row]")).to_have_count(1)  # the list itself follows too
        assert page.evaluate("window.stayed && window.heard")


def test_a_use_is_stopped_by_two_keys(browser: Browser, plain_door: Door, city: City) -> None:
    granted(plain_door, city)
    with visiting(browser, plain_door.url) as visit:
        visit.sign_in("owner.cg")
        page = visit.page
        page.keyboard.press("l")
        page.wait_for_url("**/ledger")
        page.keyboard.press("j")
        page.keyboard.press("d")
        area = page.locator("details[open] textarea")
        area.fill("not needed any more")
        area.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("Nobody is using your points now.").wait_for()
    assert [it["state"] for it in plain_door["looker"].get("/grants")["items"]] == ["REVOKED"]


def test_on_paper_stand_the_evidence_and_room_to_sign(browser: Browser, plain_door: Door, city: City) -> None:
    request = submitted(plain_door, city, "dh-cg")
    with visiting(browser, plain_door.url) as visit:
        visit.sign_in("center.dh")
        visit.go(f"/requests/{request['id']}/decision")
        signed, verdicts = visit.page.locator(".printed"), visit.page.locator(".beside-held")
        assert (signed.is_visible(), verdicts.is_visible()) == (False, True)
        visit.page.emulate_media(media="print")
        assert (signed.is_visible(), verdicts.is_visible()) == (True, False)
        expect(visit.page.get_by_text("Purpose and basis")).to_be_visible()
