"""The main journey by mouse, in four windows: asked for, approved, authorized, fetched, played, packed and verified."""

from collections.abc import Callable
from uuid import UUID

from playwright.sync_api import Browser, Page

from broker.domain.ids import PackageId, RetrievalId
from broker.web.language import COOKIE
from tests import proofs
from tests.web.console.applying.test_wizard import HOUSE, MATTER
from tests.web.console.browsing import IN_A_BROWSER, visiting
from tests.web.console.retrieving.conftest import Studio

pytestmark = IN_A_BROWSER

LANGUAGES = [("zh-CN", "zh_CN"), ("en-US", "en")]
"""The first in every run, both in the long proofs."""

FORM = "%Y-%m-%dT%H:%M:%S"
Step = Callable[[Page], None]


def tail(page: Page) -> str:
    """Return the last part of the address: what the page is about."""
    return page.url.partition("?")[0].rpartition("/")[2]


class Journey:
    """One case; each step is a person's with a mouse."""

    request = grant = retrieval = package = ""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    def ask(self, page: Page) -> None:
        page.click("a[href='/requests']")
        page.click("form[action='/requests/new'] button")
        page.wait_for_url("**/apply/matter")
        for name in ("basis", "matter"):
            page.select_option(f"#field-{name}", MATTER[name])
        for name in ("case_number", "reason"):
            page.fill(f"#field-{name}", MATTER[name])
        page.click("button[value=cameras]")
        page.wait_for_url("**/apply/cameras")
        page.click(f"#pick-{self.studio.cameras[0]}")
        page.click("button[value=times]")
        page.wait_for_url("**/apply/times")
        for place, at in (("#begin-0", self.studio.span.begin), ("#end-0", self.studio.span.end)):
            page.fill(place, at.astimezone(HOUSE).strftime(FORM))
        page.click("button[value=terms]")
        page.wait_for_url("**/apply/terms")
        page.click("#person-looker")
        page.click("button[value=check]")
        page.wait_for_url("**/apply/check")
        page.click("main form[action$=check] button")
        page.wait_for_url(lambda url: "/apply" not in url)
        self.request = tail(page)

    def decide(self, page: Page) -> None:
        page.click(f"a[data-row][href*='{self.request}']")
        page.click("#yes button[data-key=a]")
        page.locator(".flash").first.wait_for()

    def fetch(self, page: Page) -> None:
        page.click("a[href='/grants']")
        page.click("a[data-row] >> nth=0")  # the newest
        page.wait_for_url("**/grants/*")
        self.grant = tail(page)
        page.click(f"a[href='/grants/{self.grant}/retrieve'] >> nth=0")
        for place, second in (("#order-begin", 2), ("#order-end", 8)):
            page.fill(place, self.studio.at(second).astimezone(HOUSE).strftime(FORM))
        page.click("#order button[value=clip]")
        row = page.locator("#orders a[data-row]").first
        self.retrieval = (row.get_attribute("href") or "").rpartition("/")[2]
        self.studio.broker.runs.run(RetrievalId(UUID(self.retrieval)))  # what a worker does meanwhile

    def play(self, page: Page) -> None:
        page.click(f"#orders a[href='/retrievals/{self.retrieval}']")
        page.wait_for_function("() => document.querySelector('video').videoWidth > 0")
        page.click("clip-player [data-act=play]")
        page.wait_for_function("() => document.querySelector('video').currentTime > 0.5")

    def pack(self, page: Page) -> None:
        page.goto(f"{self.studio.url}/grants/{self.grant}/retrievals")
        page.click(f"#pick-{self.retrieval}")
        page.click("button[form=pick]:not([formaction])")
        page.wait_for_url("**/packages/*")
        self.package = tail(page)
        self.studio.broker.package_runs.run(PackageId(UUID(self.package)))
        page.click(f"a[href='/packages/{self.package}/verification']")
        page.wait_for_url("**/verification")
        assert page.locator(".notice[role=status]").get_attribute("class") == "notice notice-good"  # not left open


def test_from_the_request_to_the_verified_package(browser: Browser, studio: Studio) -> None:
    for locale, code in LANGUAGES[: None if proofs.FULL else 1]:
        case = Journey(studio)
        parts: list[tuple[str, list[Step]]] = [
            ("asker", [case.ask]), ("center.dh", [case.decide]), ("owner.cg", [case.decide]),
            ("looker", [case.fetch, case.play, case.pack]),
        ]  # fmt: skip
        for login, steps in parts:
            with visiting(browser, studio.url, locale=locale) as visit:
                visit.page.context.add_cookies([{"name": COOKIE, "value": code, "url": visit.url}])
                visit.sign_in(login)
                for step in steps:
                    step(visit.page)
                assert visit.page.locator("html").get_attribute("lang") == code.replace("_", "-")
        assert studio.door["looker"].get(f"/packages/{case.package}")["state"] == "READY"
