"""The console in a real browser: with script and without, by mouse and by keyboard, dark and light, wide and narrow."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from broker.web.console import assets
from broker.web.language import COOKIE
from tests.architecture.sources import ROOT
from tests.city import PASSWORD, City
from tests.web.door import Door
from tests.web.steps import approved, granted, item_of, submitted

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = ROOT / "broker" / "web" / "client" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CONTRAST = ["color-contrast"]
"""What alone depends on the colours; the rest is the same in the dark."""

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
NARROW, ZOOMED = 360, 640  # pixels: a phone, and half of a desktop, which is what 200 % leaves

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not here (Debian's package: chromium)"),
    pytest.mark.skipif(
        not assets.manifest() or not AXE.is_file(), reason="the console is not bundled here: npm reached no registry"
    ),
]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield opened
    opened.close()


class Visit:
    """Somebody's window; whatever goes wrong in it is written down."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.url = url
        self.faults: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", lambda told: self.faults.append(told.text) if told.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda sent: None if sent.url.startswith(url) else self.faults.append(sent.url))
        self.page.add_init_script(
            "addEventListener('securitypolicyviolation', (it) => console.error('policy', it.violatedDirective))"
        )

    def go(self, place: str) -> None:
        self.page.goto(f"{self.url}{place}")

    def sign_in(self, login: str) -> None:
        self.go("/sign-in")
        self.page.fill("#field-login", login)
        self.page.fill("#field-password", PASSWORD)
        self.page.press("#field-password", "Enter")
        self.page.wait_for_url("**/inbox")

    def accessible(self, rules: Sequence[str] = RULES) -> list[str]:
        """Return what axe finds wrong with the page, one line a fault."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        asked = {"runOnly": rules, "resultTypes": ["violations"]}
        found: dict[str, Any] = self.page.evaluate(f"axe.run({json.dumps(asked)})")
        return [f"{it['id']}: {node['html'][:200]}" for it in found["violations"] for node in it["nodes"]]

    def width(self, of_window: int) -> int:
        """Return how wide the page is in a window so wide."""
        self.page.set_viewport_size({"width": of_window, "height": 800})
        width: int = self.page.evaluate("document.documentElement.scrollWidth")
        return width


@contextmanager
def visiting(browser: Browser, url: str, **how: Any) -> Iterator[Visit]:
    context = browser.new_context(**{"locale": "en-US", "viewport": {"width": 1280, "height": 900}, **how})
    visit = Visit(context, url)
    yield visit
    context.close()
    assert visit.faults == []


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
    for login, pages in places.items():
        with visiting(browser, plain_door.url, locale="zh-CN", color_scheme="light") as visit:
            visit.sign_in(login)
            for place in pages:
                visit.go(place)
                assert visit.page.locator("html").get_attribute("lang") == "zh-CN"
                assert visit.accessible() == [], place
                visit.page.emulate_media(color_scheme="dark")
                assert visit.accessible(CONTRAST) == [], place
                assert (visit.width(NARROW), visit.width(ZOOMED)) == (NARROW, ZOOMED), place
                visit.page.emulate_media(color_scheme="light")
            visit.page.context.add_cookies([{"name": COOKIE, "value": "en", "url": visit.url}])
            for place in pages:
                visit.page.set_viewport_size({"width": NARROW, "height": 800})
                visit.go(place)
                assert visit.page.locator("html").get_attribute("lang") == "en"
                assert visit.width(NARROW) == NARROW, place


def test_the_center_decides_by_keyboard(browser: Browser, plain_door: Door, city: City) -> None:
    for _ in range(2):
        submitted(plain_door, city, "dh-cg")
    with visiting(browser, plain_door.url) as visit:
        visit.sign_in("center.dh")
        page = visit.page
        page.keyboard.press("?")
        assert page.locator("#key-help").is_visible()
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
