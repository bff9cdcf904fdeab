"""The console in the oldest browser that it promises to work in; the long proofs take one of half a year later too."""

from collections.abc import Iterator

import pytest

from tests import proofs
from tests.city import PASSWORD, City
from tests.web.console.browsing import IN_A_BROWSER
from tests.web.console.old.chromium import FIRST, LATER, Unfetched, fetched
from tests.web.console.old.devtools import Browser, Tab
from tests.web.door import Door
from tests.web.steps import granted, submitted

pytestmark = IN_A_BROWSER


@pytest.fixture(scope="module", params=[FIRST, LATER] if proofs.FULL else [FIRST])
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    try:
        program = fetched(request.param)
    except Unfetched as reason:
        pytest.skip(str(reason))
    with Browser(program, tmp_path_factory.mktemp("old")) as browser:
        assert f"Chrome/{request.param}." in browser.ask("Browser.getVersion")["product"]
        yield browser


def come_in(browser: Browser, door: Door, login: str) -> Tab:
    tab = Tab(browser, door.url)
    tab.go("/sign-in")
    tab.type("#field-login", login)
    tab.type("#field-password", PASSWORD)
    tab.press("Sign in")
    tab.at("/inbox")
    return tab


def test_it_works_in_an_old_browser(old: Browser, plain_door: Door, city: City) -> None:
    number = submitted(plain_door, city, "dh-cg")["number"]
    grant = granted(plain_door, city)

    center = come_in(old, plain_door, "center.dh")
    center.click("[data-row]")
    center.until("location.pathname.endsWith('/decision') && document.readyState === 'complete'")
    center.press("Approve")
    center.at("/inbox")
    assert center.text(".flash") == "Approved."
    assert center.faults == []

    asker = come_in(old, plain_door, "asker")
    asker.go("/requests")
    assert number in asker.text()
    asker.choose("#field-state", "DRAFT")
    asker.until("location.search.includes('state=DRAFT')")  # in place: the list is asked for and the address told
    asker.until("document.body.innerText.includes('There are no requests.')")
    assert asker.faults == []

    looker = come_in(old, plain_door, "looker")
    looker.go(f"/grants/{grant['id']}")
    assert looker.text("count-down") == "6 d 23 h"
    assert looker.faults == []
