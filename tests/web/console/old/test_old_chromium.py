"""The main journey in the oldest browser that the console promises to work in; the long proofs take a later one too."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest

from broker.domain.ids import PackageId, RetrievalId
from tests import proofs
from tests.web.console.browsing import IN_A_BROWSER
from tests.web.console.old import asking, deciding, looking
from tests.web.console.old.conftest import CENTER, House
from tests.web.console.old.devtools import Browser
from tests.web.console.old.tab import Tab
from tests.web.console.retrieving.test_journey import LANGUAGES

pytestmark = IN_A_BROWSER

REFUSED = "/approve"
"""What the browser notes of a form that was sent without its code."""


@contextmanager
def window(old: Browser, house: House, login: str, language: str) -> Iterator[Tab]:
    """Open somebody's own window, and see that nothing went wrong in it."""
    tab = Tab(old, house.studio.url, language)
    deciding.come_in(tab, login, house)
    yield tab
    assert tab.run("document.documentElement.lang") in {language, language[:2]}
    assert [fault for fault in tab.faults if REFUSED not in fault] == []
    tab.close()


@pytest.mark.parametrize("language", [it for it, _ in LANGUAGES[: None if proofs.FULL else 1]])
def test_the_main_journey_by_mouse_and_keyboard(
    old: Browser, house: House, go_on: threading.Event, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.web.media.SHOWN_AT_ONCE", 64 * 1024)
    monkeypatch.setattr("broker.web.console.live.feed.TICK", 0.2)
    studio = house.studio
    with window(old, house, "asker", language) as tab:
        asking.matter(tab)
        asking.cameras(tab, studio)
        asking.times(tab, studio)
        asking.terms(tab)
        request = asking.submitted(tab)
        asking.listed(tab)
    with window(old, house, CENTER, language) as tab:
        deciding.approve(tab, request, house)
    with window(old, house, "owner.cg", language) as tab:
        deciding.authorize(tab, request, struck="dh-cg路口2")
    with window(old, house, "looker", language) as tab:
        grant, retrieval = looking.ordered(tab, studio)
        looking.followed(tab, retrieval, lambda: studio.broker.runs.run(RetrievalId(UUID(retrieval))), go_on)
        looking.played(tab, studio)
        package = looking.packed(tab, grant, retrieval)
        with looking.meanwhile(lambda: studio.broker.package_runs.run(PackageId(UUID(package)))):
            looking.verified(tab, package)
    granted = studio.door["looker"].get(f"/grants/{grant}")
    assert [line["camera"]["id"] for line in granted["lines"]] == sorted(map(str, studio.cameras))
    assert studio.door["looker"].get(f"/packages/{package}")["state"] == "READY"
