"""The player in a real browser: what it shows is what was recorded at the instant that it tells, and no more."""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from adapters.media.barcode import read_code
from broker.domain.ids import RetrievalId
from tests.web.console.browsing import IN_A_BROWSER, Visit, visiting
from tests.web.console.retrieving.conftest import FPS, GAP, SECOND, Studio

pytestmark = IN_A_BROWSER

FRAME = timedelta(seconds=1 / FPS)
SLIDER = "clip-player [role=slider]"
PICTURE = """(number) => {
    const film = document.querySelectorAll('video')[number];
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [film.videoWidth, film.videoHeight];
    const pen = canvas.getContext('2d');
    pen.drawImage(film, 0, 0);
    const green = pen.getImageData(0, 0, canvas.width, canvas.height).data.filter((_, at) => at % 4 === 1);
    let text = '';
    for (const each of green) text += String.fromCharCode(each);
    return [canvas.width, canvas.height, btoa(text)];
}"""


def told(page: Page) -> datetime:
    """Return the instant that the player tells."""
    text = page.locator("clip-player output").inner_text()
    found = re.match(r"(\S+ \S+) (\S+)", text)
    assert found, text
    return datetime.fromisoformat(f"{found[1]}{found[2]}").astimezone(UTC)


def taken(page: Page, film: int = 0) -> datetime:
    """Return the instant at which the picture was taken that is shown, by the code in the picture itself."""
    width, height, pixels = page.evaluate(PICTURE, film)
    luma = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(height, width)
    return read_code(luma).instant


def settled(page: Page) -> None:
    page.wait_for_function(
        "() => [...document.querySelectorAll('video')].every((it) => !it.seeking && it.readyState >= 2)"
    )
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
        settled(page)


def seen(page: Page, film: int = 0) -> float:
    at: float = page.evaluate("(film) => document.querySelectorAll('video')[film].currentTime", film)
    return at


def quietly(visit: Visit) -> Callable[[str], None]:
    """Return what forgets what the browser complains of when bytes are cut off, as they should be."""

    def forget(words: str) -> None:
        visit.faults[:] = [fault for fault in visit.faults if words not in fault]

    return forget


def test_a_clip_plays_seeks_and_steps_and_tells_the_right_instant(
    browser: Browser, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.web.media.SHOWN_AT_ONCE", 64 * 1024)
    clip = studio.ready(studio.grant(), studio.clip(5, 45), original=True)
    ranges: list[str] = []
    with visiting(browser, studio.url) as visit:
        visit.sign_in("looker")
        page = visit.page
        page.on("request", lambda sent: ranges.append(sent.headers.get("range", "")) if "/view" in sent.url else None)
        visit.go(f"/retrievals/{clip.id}")
        settled(page)
        assert page.evaluate("document.querySelector('video').videoWidth") == 480
        assert taken(page) == told(page) == studio.at(5)
        page.focus(SLIDER)
        press(page, ".")
        assert taken(page) == told(page) == studio.at(5) + FRAME
        press(page, ".", ".", ",")
        assert taken(page) == told(page) == studio.at(5) + 2 * FRAME
        page.keyboard.press("Space")
        page.wait_for_function("() => document.querySelector('video').currentTime > 0.8")
        page.keyboard.press("Space")
        settled(page)
        assert abs(taken(page) - told(page)) < FRAME
        assert told(page) > studio.at(5) + 5 * FRAME
        press(page, "Home", "ArrowRight", "ArrowRight", "ArrowRight")  # 15 s: the gap begins
        assert page.locator(".film-veil").inner_text() == "Nothing is recorded here"
        assert told(page) == studio.at(GAP[0])
        assert "Nothing is recorded" in page.locator(".film-veil").inner_text()
        press(page, ".")  # the next picture there is
        assert page.locator(".film-veil").is_hidden()
        assert taken(page) == told(page) == studio.at(GAP[1])
        press(page, ",")
        assert taken(page) == told(page) == studio.at(GAP[0]) - FRAME
        page.select_option("#player-speed", "8")
        page.focus(SLIDER)
        page.keyboard.press("Space")
        page.wait_for_function("() => document.querySelector('video').currentTime > 30.5")  # over the gap
        page.keyboard.press("Space")
        assert page.evaluate("document.querySelector('video').playbackRate") == 8
        box = page.locator(SLIDER).bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + 6)
        settled(page)
        assert abs(told(page) - studio.at(5 + 36)) < SECOND
        assert any(not asked.startswith("bytes=0-") for asked in ranges if asked), ranges
        assert visit.accessible() == []


def test_a_revocation_stops_what_plays_and_the_page_says_so(browser: Browser, studio: Studio) -> None:
    grant = studio.grant()
    clip = studio.ready(grant, studio.clip(36, 55))
    with visiting(browser, studio.url) as visit:
        visit.sign_in("looker")
        page = visit.page
        visit.go(f"/retrievals/{clip.id}")
        settled(page)
        page.focus(SLIDER)
        page.keyboard.press("Space")
        page.wait_for_function("() => document.querySelector('video').currentTime > 0.2")
        source = page.evaluate("document.querySelector('video').currentSrc")
        studio.revoke(grant)
        page.get_by_text("The grant was revoked: nothing is shown any more.").first.wait_for(timeout=20_000)
        assert page.locator("[role=alert]").inner_text().startswith("The grant was revoked")
        assert page.evaluate("document.querySelector('video').hasAttribute('src')") is False
        assert page.locator(".films").is_hidden()
        assert page.evaluate("(source) => fetch(source).then((it) => it.status)", source) == 403
        quietly(visit)("403")


def test_an_original_that_browsers_do_not_show_is_shown_by_a_copy(browser: Browser, studio: Studio) -> None:
    grant = studio.grant()
    original = studio.ready(grant, studio.clip(5, 9), 1, original=True)
    assert original.items[0].capture.codec == "hevc"
    with visiting(browser, studio.url) as visit:
        visit.sign_in("looker")
        page = visit.page
        visit.go(f"/retrievals/{original.id}")
        assert page.locator("video").count() == 0
        assert "The copy takes 4 s of the quota" in page.inner_text("main")
        page.get_by_role("button", name="Order a copy to look at").click()
        page.get_by_text("Waiting").wait_for()
        copy = studio.broker.retrievals.copy_of(studio.looker, original.id)
        assert copy is not None
        studio.broker.runs.run(RetrievalId(copy.id))
        page.wait_for_selector("video", timeout=20_000)  # the page asks again by itself
        settled(page)
        assert page.evaluate("document.querySelector('video').videoWidth") == 480
        assert told(page) == studio.at(5)
        assert page.evaluate("document.querySelector('#result').hasAttribute('hx-trigger')") is False
        links = page.eval_on_selector_all("main a[download]", "all => all.map((it) => it.getAttribute('href'))")
        assert links == [f"/api/v1/retrievals/{original.id}/media?item=1"]


def test_two_clips_keep_to_one_clock(browser: Browser, studio: Studio) -> None:
    grant = studio.grant()
    one = studio.ready(grant, studio.clip(36, 50), original=True)
    two = studio.ready(grant, studio.clip(38, 55), 1)
    with visiting(browser, studio.url) as visit:
        visit.sign_in("looker")
        page = visit.page
        visit.go(f"/compare?retrieval={one.id}&retrieval={two.id}")
        settled(page)
        assert told(page) == studio.at(36)
        veils = page.locator(".film-veil")
        assert veils.nth(1).inner_text() == "This instant is not in this clip"
        page.focus(SLIDER)
        press(page, "ArrowRight")
        assert told(page) == studio.at(41)
        assert taken(page, 0) == studio.at(41)
        assert abs(seen(page, 0) - 5) < 0.01
        assert abs(seen(page, 1) - 3) < 0.01
        page.keyboard.press("Space")
        page.wait_for_function("() => document.querySelectorAll('video')[0].currentTime > 7")
        apart = page.evaluate(
            "(() => { const [one, two] = document.querySelectorAll('video'); "
            "return one.currentTime - 2 - two.currentTime; })()"
        )
        assert abs(apart) < 2 / FPS
        page.keyboard.press("Space")
        settled(page)
        assert abs(seen(page, 0) - 2 - seen(page, 1)) < 1 / FPS
        press(page, "End", "ArrowLeft", "ArrowLeft")  # 45 s: both have it
        assert abs(seen(page, 0) - 2 - seen(page, 1)) < 0.01
        assert visit.accessible() == []
