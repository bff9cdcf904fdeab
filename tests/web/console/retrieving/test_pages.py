"""The investigator's pages in a real browser: held to what holds for all, and alive while something is under way."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser

from broker.domain.ids import GrantId
from tests.web.console.browsing import IN_A_BROWSER, hold, visiting
from tests.web.console.retrieving.conftest import Studio

pytestmark = IN_A_BROWSER

SHOWN = {
    "/grants/{key}/retrieve", "/grants/{key}/retrievals", "/retrievals/{key}", "/compare", "/packages",
    "/packages/{key}", "/packages/{key}/verification",
}  # fmt: skip


def test_every_page_is_accessible_narrow_and_quiet(browser: Browser, studio: Studio) -> None:
    grant = studio.grant()
    clip = studio.ready(grant, studio.clip(15, 40))
    other = studio.ready(grant, studio.clip(5, 8), 1)
    package = studio.broker.packages.order(studio.looker, [clip.id, other.id])
    studio.broker.package_runs.run(package.id)
    pages = [
        f"/grants/{grant.id}/retrieve", f"/grants/{grant.id}/retrievals", f"/retrievals/{clip.id}",
        f"/compare?retrieval={clip.id}&retrieval={other.id}", "/packages", f"/packages/{package.id}",
        f"/packages/{package.id}/verification",
    ]  # fmt: skip
    hold(browser, studio.url, {"looker": pages})


def test_a_clip_is_ordered_on_the_timeline_and_followed(browser: Browser, studio: Studio) -> None:
    grant = studio.grant()
    studio.broker.availability.refresh(grant.request_id)
    with visiting(browser, studio.url) as visit:
        visit.sign_in("looker")
        page = visit.page
        visit.go(f"/grants/{grant.id}/retrieve")
        first = page.locator("#order-camera").input_value()
        page.focus("rec-timeline [role=slider]")
        for key in ("Home", "ArrowRight", "["):
            page.keyboard.press(key)
        for key in ("ArrowRight", "ArrowRight", "]"):
            page.keyboard.press(key)
        assert typed(page.input_value("#order-begin")) == studio.at(10)
        assert typed(page.input_value("#order-end")) == studio.at(30)
        assert page.get_attribute("rec-timeline [role=slider]", "aria-valuetext") is not None
        page.keyboard.press("End")
        assert typed(page.input_value("#order-at")) == studio.span.end  # not beyond what is granted
        box = page.locator("rec-timeline canvas").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + 24 + 60)  # the second row: the other camera
        assert page.locator("#order-camera").input_value() != first
        page.get_by_role("button", name="Order the clip").click()
        page.locator(".flash", has_text="Ordered.").wait_for()
        assert page.locator("#orders .state").inner_text() == "Waiting"
        assert typed(page.input_value("#order-begin")) == studio.at(10)
        (ordered,) = studio.broker.retrievals.page(studio.looker, grant=GrantId(grant.id), after=None, limit=2)
        studio.broker.runs.run(ordered.id)
        page.locator("#orders .state", has_text="Ready").wait_for(timeout=20_000)  # without loading the page again
        assert page.evaluate("document.querySelector('#orders').hasAttribute('hx-trigger')") is False


def typed(field: str) -> datetime:
    """Return the instant that a field of the house's clock means."""
    return (datetime.fromisoformat(field) - timedelta(hours=8)).replace(tzinfo=UTC)
