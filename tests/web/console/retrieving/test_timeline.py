"""The timeline in a real browser: by mouse and by keyboard it fills a form, and leaves nothing that may be chosen."""

from datetime import datetime, timedelta

from playwright.sync_api import Browser, Page

from tests.web.console.browsing import IN_A_BROWSER, visiting
from tests.web.console.conftest import Enter

pytestmark = IN_A_BROWSER

SLIDER = "rec-timeline [role=slider]"
MINUTE = timedelta(minutes=1)


def field(page: Page, name: str) -> datetime:
    return datetime.fromisoformat(page.input_value(f"#sample-{name}"))


def allowed(page: Page) -> tuple[datetime, datetime]:
    """Return the span that may be chosen of the first channel, in the fields' own clock."""
    ends: list[str] = page.evaluate(
        """() => {
            const part = document.querySelector('[data-part=allowed]');
            const told = (at) => new Date(Date.parse(at) + 8 * 3600e3).toISOString().slice(0, 19);
            return [told(part.dataset.begin), told(part.dataset.end)];
        }"""
    )
    return datetime.fromisoformat(ends[0]), datetime.fromisoformat(ends[1])


def test_a_span_is_chosen_by_keyboard(browser: Browser, hall: Enter) -> None:
    with visiting(browser, hall().url) as visit:
        visit.sign_in("asker")
        visit.go("/components")
        page, first, last = visit.page, *allowed(visit.page)
        page.focus(SLIDER)
        page.keyboard.press("Home")  # the window begins a day ago: the cursor stays where one may look
        assert field(page, "at") == first
        for key in ("ArrowRight", "Shift+ArrowRight", "Control+ArrowRight", "ArrowLeft"):
            page.keyboard.press(key)
        assert field(page, "at") == first + 61 * MINUTE
        page.keyboard.press("[")
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("]")
        assert (field(page, "begin"), field(page, "end")) == (first + 61 * MINUTE, first + 62 * MINUTE)
        told = page.get_attribute(SLIDER, "aria-valuetext") or ""
        assert told == f"{first + 62 * MINUTE:%Y-%m-%d %H:%M:%S} recorded here: 1 of 3"
        assert "(0:01:00)" in page.inner_text(".timeline-span")
        page.keyboard.press("End")
        page.keyboard.press("]")
        assert field(page, "end") == last
        assert page.get_attribute(SLIDER, "aria-valuenow") == str(23 * 3600 + 30 * 60)
        page.keyboard.press("Home")
        page.keyboard.press("[")
        assert (field(page, "begin"), field(page, "end")) == (first, last)
        assert "longer than may be ordered" in page.inner_text(".timeline-span")


def test_a_span_is_dragged_by_mouse_and_typed(browser: Browser, hall: Enter) -> None:
    with visiting(browser, hall().url) as visit:
        visit.sign_in("asker")
        visit.go("/components")
        page, first, last = visit.page, *allowed(visit.page)
        page.evaluate("document.addEventListener('timeline-cursor', (it) => { window.cursor = it.detail.instant })")
        page.fill("#sample-at", f"{first + 30 * MINUTE:%Y-%m-%dT%H:%M:%S}")
        page.locator("#sample-at").blur()
        for _ in range(3):  # three hours around the cursor
            page.click("[data-act=closer]")
        box = page.locator(SLIDER).bounding_box()
        assert box is not None
        middle, row = box["x"] + box["width"] / 2, box["y"] + 44
        minute = box["width"] / 180
        page.mouse.move(middle, row)
        page.mouse.down()
        page.mouse.move(middle + 20 * minute, row, steps=4)
        page.mouse.up()
        assert abs(field(page, "begin") - (first + 30 * MINUTE)) < MINUTE
        assert abs(field(page, "end") - (first + 50 * MINUTE)) < MINUTE
        page.mouse.move(middle + 20 * minute, row)
        page.mouse.down()
        page.mouse.move(middle + 85 * minute, row, steps=4)  # beyond what may be chosen
        page.mouse.up()
        assert field(page, "end") == last
        assert datetime.fromisoformat(page.evaluate("window.cursor")).replace(tzinfo=None) == last - timedelta(hours=8)
        page.mouse.move(middle, row)
        page.mouse.down()
        page.mouse.move(middle - 120 * minute, row, steps=4)
        page.mouse.up()
        assert field(page, "begin") == first
        page.fill("#sample-end", f"{first + MINUTE:%Y-%m-%dT%H:%M:%S}")
        page.locator("#sample-end").blur()
        assert "(0:01:00)" in page.inner_text(".timeline-span")
        assert visit.accessible() == []


def test_without_script_the_table_says_the_same(hall: Enter) -> None:
    page = hall("asker").get("/components")
    parts = [given["data-part"] for _, given in page.tags if "data-part" in given]
    assert sorted(parts) == ["allowed"] * 2 + ["missing"] + ["recorded"] * 3
    assert ("details", {"open": ""}) in page.tags
    assert "clock +2.5 s" in page.text
