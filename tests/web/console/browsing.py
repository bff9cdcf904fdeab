"""A person's window at the console, and what every page shown in it is held to."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from broker.web.console import assets
from broker.web.language import COOKIE, TAGS
from tests.architecture.sources import ROOT
from tests.city import PASSWORD
from tests.proofs import FULL

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = ROOT / "broker" / "web" / "client" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CONTRAST = ["color-contrast"]
"""What alone depends on the colours; the rest is the same in the dark."""

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
NARROW, ZOOMED, WIDE = 360, 640, 1280  # pixels: a phone, half of a desktop, which is what 200 % leaves, a desktop

IN_A_BROWSER = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not here (Debian's package: chromium)"),
    pytest.mark.skipif(
        not assets.manifest() or not AXE.is_file(), reason="the console is not bundled here: npm reached no registry"
    ),
]
"""Why tests in a browser are left out, by name: each module of them says `pytestmark = IN_A_BROWSER`."""


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


def hold(browser: Browser, url: str, places: Mapping[str, Sequence[str]]) -> None:
    """Hold pages to what holds for all: accessible, quiet, dark and light, both languages, narrow and at 200 %.

    Each page is looked at in both languages, and gone over for what is not accessible in one of them, by turns; in
    the long proofs in both, and whole in the dark too.

    `places`: login -> pages as that person sees them, with something on them.
    """
    for login, pages in places.items():
        with visiting(browser, url, locale="zh-CN", color_scheme="light") as visit:
            visit.sign_in(login)
            for turn, (language, tag) in enumerate(TAGS.items()):
                visit.page.context.add_cookies([{"name": COOKIE, "value": language, "url": visit.url}])
                for number, place in enumerate(pages):
                    _held(visit, place, tag, whole=FULL or (number + turn) % 2 == 0)


def _held(visit: Visit, place: str, tag: str, *, whole: bool) -> None:
    """Hold one page in one language; `whole`: look for what is not accessible too, as a wide window shows it."""
    visit.page.set_viewport_size({"width": WIDE if whole else NARROW, "height": 800})
    visit.go(place)
    expect(visit.page.locator("[hx-trigger=load]")).to_have_count(0)  # what a page loads when it is there
    assert visit.page.locator("html").get_attribute("lang") == tag, place
    if whole:
        _accessible(visit, RULES, (tag, place, "light"))
        visit.page.emulate_media(color_scheme="dark")
        _accessible(visit, RULES if FULL else CONTRAST, (tag, place, "dark"))
        visit.page.emulate_media(color_scheme="light")
    assert (visit.width(NARROW), visit.width(ZOOMED)) == (NARROW, ZOOMED), (tag, place)


def _accessible(visit: Visit, rules: Sequence[str], where: tuple[str, ...]) -> None:
    faults = visit.accessible(rules)
    assert faults == [], (*where, faults)
