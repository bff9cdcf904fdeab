"""Signing in through another house as people do: in a browser, over the pages of a certified provider, and back.

The provider is `oidc-provider` of npm; who is typed there is who comes back.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from pydantic import SecretStr
from sqlalchemy import Engine

from broker.bootstrap import Broker, build
from broker.domain.time import SystemClock
from broker.web.app import create_app
from tests.city import PASSWORD, City
from tests.proofs import FULL
from tests.sign_in.browser import CALLBACK
from tests.sign_in.conftest import told_of
from tests.sign_in.real_house import SECRET, fetched, running
from tests.web.console.browsing import IN_A_BROWSER
from tests.web.console.conftest import without_tls
from tests.web.door import serving

pytestmark = [*IN_A_BROWSER, pytest.mark.skipif(not FULL, reason="a long proof: make proofs")]

BUTTON = "Identity of the city"
PATIENCE = 10_000


@pytest.fixture
def there(broker: Broker, engine: Engine, city: City, tmp_path: Path) -> Iterator[str]:
    """A console whose people may come through the provider, which sends them back to it."""
    app = create_app(without_tls(broker))
    with serving(app) as url, running(fetched(), f"{url}{CALLBACK}") as house:
        settings = told_of(
            house, tmp_path / "other", oidc_client_secret=SecretStr(SECRET), oidc_label=BUTTON, public_url=url
        )
        app.state.broker = build(settings, broker.database_url, engine, SystemClock())
        assert city.persons
        yield url


@pytest.fixture
def page(browser: Browser, there: str) -> Iterator[Page]:
    """A window that reaches this machine only: the provider's pages would like letters from elsewhere."""
    context = browser.new_context(locale="en-US", base_url=there)
    context.set_default_timeout(PATIENCE)
    context.route(lambda address: not address.startswith("http://127.0.0.1:"), lambda route: route.abort())
    yield context.new_page()
    context.close()


def say_who(page: Page, login: str) -> None:
    """Sign in at the provider, and let it tell us."""
    page.fill("[name=login]", login)
    page.fill("[name=password]", "anything")
    page.click("[type=submit]")
    page.click("[type=submit]")  # the page that asks for consent


def test_there_and_back(page: Page) -> None:
    """Who is linked to nobody is told what to do, does it, and comes in that way until it is undone."""
    page.goto("/requests")
    page.click(f"text={BUTTON}")
    assert "/interaction/" in page.url, "the provider asks who it is"
    say_who(page, "li.na")
    page.wait_for_url(f"**{CALLBACK}**")
    told = page.locator("main").inner_text()
    assert "linked to no account" in told
    assert "under your name" in told
    page.click("text=Back to the start")
    page.fill("#field-login", "asker")
    page.fill("#field-password", PASSWORD)
    page.press("#field-password", "Enter")
    page.click(".self > a")
    page.click("a[href='/account/identities']")
    page.fill("#field-password", PASSWORD)
    page.click("text=Go to")
    page.wait_for_url("**/account/identities")  # the provider knows who it is by now
    assert "li.na" in page.locator("main").inner_text()
    page.click(".self button")
    page.goto("/requests")
    page.click(f"text={BUTTON}")
    page.wait_for_url("**/requests")
    assert page.locator(".self > a").inner_text().endswith("asker")
    page.goto("/account/identities")
    page.click("text=Unlink")
    page.wait_for_selector("text=no longer signs you in")
    page.click(".self button")
    page.click(f"text={BUTTON}")
    page.wait_for_url(f"**{CALLBACK}**")
    assert "linked to no account" in page.locator("main").inner_text()
