"""The investigator's part: a clip marked on the timeline, followed while it is fetched, played, packed and verified."""

import base64
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import numpy as np

from adapters.media.barcode import read_code
from tests.web.console.old.asking import SLIDER, Line, field
from tests.web.console.old.devtools import PATIENCE
from tests.web.console.old.tab import Tab
from tests.web.console.retrieving.conftest import FPS, GAP, SECOND, Studio
from tests.web.console.retrieving.test_player import PICTURE

FRAME = timedelta(seconds=1 / FPS)
BAR = "clip-player [role=slider]"
FILM = "document.querySelector('video')"
SETTLED = f"{FILM}.readyState >= 2 && !{FILM}.seeking"
ENDED = """(name) => {
    const [bar, play] = [name, '[data-act=play]'].map((it) => document.querySelector(it));
    const over = bar.getAttribute('aria-valuenow') === bar.getAttribute('aria-valuemax');
    return over && play.textContent === play.dataset.stands;
}"""
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
H264 = f"{FILM}.canPlayType('video/mp4; codecs=\"avc1.64001E\"')"
HEARD = """(() => {
    window.heard = [];
    document.body.addEventListener('live:retrieval', (event) => window.heard.push(event.detail.state));
})()"""
FIRST, LAST = 12, 48
"""Seconds of the footage between which the clip is marked: the gap lies inside."""


def ordered(tab: Tab, studio: Studio) -> tuple[str, str]:
    """Mark a clip on the timeline and order it as it is; return the keys of grant and retrieval."""
    tab.click("a[href='/grants']")
    tab.at("/grants")
    tab.click("a[data-row]")
    grant = tab.at("/grants/[^/]+").rpartition("/")[2]
    tab.click(f"a[href='/grants/{grant}/retrieve']")
    tab.at(f"/grants/{grant}/retrieve")
    for act, second in (("in", FIRST), ("out", LAST)):
        tab.click(SLIDER, Line(tab).spot(studio.at(second)))
        tab.click(f"rec-timeline [data-act={act}]")
    for name, second in (("begin", FIRST), ("end", LAST)):
        assert abs(field(tab, f"#order-{name}") - studio.at(second)) <= Line(tab).exact
    tab.click("#order-original")
    tab.click("#order button[value=clip]")
    tab.until("location.search.includes('begin=') && document.readyState === 'complete'")
    href: str = tab.run("document.querySelector('#orders a[data-row]').getAttribute('href')")
    return grant, href.rpartition("/")[2]


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Have something done beside what is looked at, as a worker would."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def followed(tab: Tab, retrieval: str, fetch: Callable[[], object], go_on: threading.Event) -> None:
    """See in the same page that it is fetched, how far it is, and that it is ready: the stream tells of each."""
    tab.run(HEARD)
    with meanwhile(fetch):
        tab.until("window.heard.includes('FETCHING')")
        far = tab.until("(document.querySelector('#orders progress') || {}).value")
        assert 0 < far <= LAST - FIRST + 1
        go_on.set()
        tab.until("window.heard.includes('READY') && !!document.querySelector('#orders .state-good')")
    assert not tab.has("#orders input")
    tab.click(f"#orders a[href='/retrievals/{retrieval}']")
    tab.at(f"/retrievals/{retrieval}")


def played(tab: Tab, studio: Studio) -> None:
    """Look at the clip picture by picture, run it, and go over the gap: told is what the picture itself says."""
    assert tab.run(H264) == "probably"
    begin = settled(tab)
    assert abs(begin - studio.at(FIRST)) <= 3 * SECOND
    tab.click("[data-act=on]")
    assert settled(tab) == begin + FRAME
    tab.click("[data-act=on]")
    tab.press(".", ",")
    assert settled(tab) == begin + 2 * FRAME
    tab.click("[data-act=play]")
    tab.until(f"{FILM}.currentTime > 0.8")
    tab.click("[data-act=play]")
    assert settled(tab) > begin + 5 * FRAME
    tab.choose("#player-speed", "8")
    tab.click(BAR, ((studio.at(GAP[0] - 2) - begin) / length(tab), 0.5))
    assert abs(settled(tab) - studio.at(GAP[0] - 2)) < SECOND
    tab.press("Space")
    tab.until("!document.querySelector('.film-veil').hidden")
    assert tab.run(f"{FILM}.playbackRate") == 8
    tab.until(ENDED, BAR)
    tab.run(DRAWN)
    tab.press("ArrowLeft")  # it went over the gap, to the end
    assert settled(tab) > studio.at(GAP[1])
    assert tab.run("document.querySelector('.film-veil').hidden")
    tab.press("Home")
    tab.click(BAR, ((studio.at(GAP[0] + 3) - begin) / length(tab), 0.5))
    assert tab.text(".film-veil") == tab.run("document.querySelector('clip-player').getAttribute('gap')")
    assert tab.has(".film-missing [data-part=missing]")
    assert len(set(ranges(tab))) > 1


def settled(tab: Tab) -> datetime:
    """Wait until the picture is the one that the player tells, by the code in it; return when it was taken."""
    deadline = time.monotonic() + PATIENCE
    while (shown := taken(tab)) != (said := told(tab)):
        assert time.monotonic() < deadline, (shown, said)
    return shown


def taken(tab: Tab) -> datetime:
    tab.until(SETTLED)
    tab.run(DRAWN)
    width, height, pixels = tab.run(PICTURE, 0)
    return read_code(np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(height, width)).instant


def told(tab: Tab) -> datetime:
    found = re.match(r"(\S+ \S+) (\S+)", tab.text("clip-player output"))
    assert found
    return datetime.fromisoformat(f"{found[1]}{found[2]}").astimezone(UTC)


def length(tab: Tab) -> timedelta:
    return int(tab.run(f"document.querySelector('{BAR}').getAttribute('aria-valuemax')")) * SECOND


def ranges(tab: Tab) -> Iterator[str]:
    """Yield the parts of the film that the browser asked for and was given."""
    given = {it["requestId"] for it in tab.told("Network.responseReceived") if it["response"]["status"] == 206}
    for it in tab.told("Network.requestWillBeSent"):
        if "/view" in it["request"]["url"] and it["requestId"] in given:
            yield it["request"]["headers"].get("Range", "")


def packed(tab: Tab, grant: str, retrieval: str) -> str:
    """Order a package of the clip; return its key."""
    tab.click(f"main a[href='/grants/{grant}/retrievals']")
    tab.at(f"/grants/{grant}/retrievals")
    tab.click(f"#pick-{retrieval}")
    tab.click("button[form=pick]:not([formaction])")
    return tab.at("/packages/[^/]+").rpartition("/")[2]


def verified(tab: Tab, package: str) -> None:
    """Wait in the same page until the package is there; have it checked, and see that all is well."""
    check = f"a[href='/packages/{package}/verification']"
    tab.until("(name) => !!document.querySelector(name)", check)
    assert tab.has("h1 .state-good")
    tab.click(check)
    tab.at(f"/packages/{package}/verification")
    assert tab.has(".notice-good[role=status]")
