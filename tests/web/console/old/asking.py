"""The requester's part of the journey: the wizard, by mouse and keyboard, from a blank request to one handed in."""

from datetime import datetime, timedelta

from tests.web.console.applying.test_wizard import HOUSE, MATTER
from tests.web.console.maps.earth import beside
from tests.web.console.old.tab import Spot, Tab
from tests.web.console.retrieving.conftest import Studio

MINUTE = timedelta(minutes=1)
SLIDER = "rec-timeline [role=slider]"
WIDE = 14.5
"""The zoom at which all points of the city are seen apart."""

ROW = 44
"""Pixels below the top of a timeline: within the bar of its first channel."""

MIDDLE, ALONE = (104.01, 30.61), (104.02, 30.62)
"""Where the city has two points, and one."""

COUNT = "(count) => document.querySelector('#picked-bar strong').innerText.replace(/\\D/g, '') === count"


def matter(tab: Tab) -> None:
    tab.click("a[href='/requests']")
    tab.at("/requests")
    tab.click("form[action='/requests/new'] button")
    tab.at("/requests/[^/]+/apply/matter")
    for name in ("basis", "matter"):
        tab.choose(f"#field-{name}", MATTER[name])
    for name in ("case_number", "reason"):
        tab.type(f"#field-{name}", MATTER[name])
    for name, text in (("place", "渣土场"), ("longitude", str(MIDDLE[0])), ("latitude", str(MIDDLE[1]))):
        tab.type(f"#field-{name}", text)
    tab.until("document.querySelector('kept-form').dataset.state === 'kept'")
    tab.click("button[value=cameras]")
    tab.at(".*/apply/cameras")


def cameras(tab: Tab, studio: Studio) -> None:
    """Pick one in the list, one by a click on the map, and two by a box around them."""
    tab.click(f"#pick-{studio.cameras[0]}")
    tab.until(COUNT, "1")
    tab.until("!!document.querySelector('cam-map[data-ready]')")
    while (seen := view(tab))[2] > WIDE:
        tab.click("[data-act=out]")
        tab.until("(zoom) => Number(location.search.split(/,|%2C/)[2]) < zoom", seen[2])
    tab.until("/7/.test(document.querySelector('.map-said').innerText)")
    tab.click(".map-view", on_map(tab, ALONE))
    tab.until(COUNT, "2")
    tab.click("[data-tool=box]")
    reach = 0.004
    corners = [(MIDDLE[0] - reach, MIDDLE[1] + reach), (MIDDLE[0] + reach, MIDDLE[1] - reach)]
    tab.drag(".map-view", on_map(tab, corners[0]), on_map(tab, corners[1]))
    tab.until(COUNT, "4")
    assert tab.run("document.querySelectorAll('[name=camera]:checked').length") == 4
    tab.click("#picked-bar button[value=times]")
    tab.at(".*/apply/times")


def view(tab: Tab) -> tuple[float, float, float]:
    """Return longitude, latitude and zoom of the map, as the address keeps them once it was moved."""
    told: str = tab.run("decodeURIComponent((/[?&]at=([^&]+)/.exec(location.search) || ['', ',,99'])[1])")
    longitude, latitude, zoom = (float(it or 0) for it in told.split(","))
    return longitude, latitude, zoom


def on_map(tab: Tab, place: tuple[float, float]) -> Spot:
    """Return where a place is on the map, by the view that the address tells."""
    longitude, latitude, zoom = view(tab)
    width, height = tab.size(".map-view")
    right, down = beside((longitude, latitude), place, zoom)
    return 0.5 + right / width, 0.5 + down / height


def times(tab: Tab, studio: Studio) -> None:
    """Type a span, ask what is recorded, then drag another on the timeline, and its end further."""
    begin, end = studio.span.begin, studio.span.end
    dated(tab, "#begin-0", begin)
    dated(tab, "#end-0", end)
    assert (field(tab, "#begin-0"), field(tab, "#end-0")) == (begin, end)
    tab.leave("button[value=ask]")
    assert tab.run("document.querySelectorAll('[data-part=recorded]').length") >= 2
    line = Line(tab)
    tab.drag(SLIDER, line.spot(begin - 3 * MINUTE), line.spot(end + 2 * MINUTE))
    assert abs(field(tab, "#begin-0") - (begin - 3 * MINUTE)) <= line.exact
    assert abs(field(tab, "#end-0") - (end + 2 * MINUTE)) <= line.exact
    tab.drag(SLIDER, line.spot(field(tab, "#end-0")), line.spot(end + 4 * MINUTE))
    assert abs(field(tab, "#begin-0") - (begin - 3 * MINUTE)) <= line.exact
    assert abs(field(tab, "#end-0") - (end + 4 * MINUTE)) <= line.exact
    tab.until("document.querySelector('kept-form').dataset.state === 'kept'")
    tab.click("button[value=terms]")
    tab.at(".*/apply/terms")


class Line:
    """The timeline of a page while all of its window is shown: which instant stands where."""

    def __init__(self, tab: Tab) -> None:
        ends = (tab.run(f"document.querySelector('rec-timeline').getAttribute('{it}')") for it in ("begin", "end"))
        self.begin, self.end = map(datetime.fromisoformat, ends)
        width, self.height = tab.size(SLIDER)
        self.exact = 2 * (self.end - self.begin) / width + timedelta(seconds=1)

    def spot(self, at: datetime) -> Spot:
        return (at - self.begin) / (self.end - self.begin), ROW / self.height


def dated(tab: Tab, selector: str, at: datetime) -> None:
    """Type day and time part by part, as the field of an English browser takes them."""
    local = at.astimezone(HOUSE)
    tab.click(f"label[for={selector.lstrip('#')}]")
    tab.press(*f"{local:%m%d%Y}", "Tab", *f"{local:%I%M%S}", f"{local:%p}"[0].lower())


def field(tab: Tab, selector: str) -> datetime:
    return datetime.fromisoformat(tab.value(selector)).replace(tzinfo=HOUSE)


def terms(tab: Tab) -> None:
    tab.click("#person-looker")
    tab.click("#field-originals")
    tab.click("button[value=check]")
    tab.at(".*/apply/check")


def submitted(tab: Tab) -> str:
    """Hand in what lacks nothing; return the request's key."""
    assert not tab.has("main .notice-bad")
    tab.click("main form[action$=check] button")
    return tab.at("/requests/[^/]+").rpartition("/")[2]


def listed(tab: Tab) -> None:
    """Narrow the list of one's requests; it is asked for in place."""
    tab.click("a[href='/requests']")
    tab.at("/requests")
    assert tab.has("a[data-row]")
    tab.run("window.stayed = true")
    tab.choose("#field-state", "DRAFT")
    tab.until("location.search.includes('state=DRAFT') && !document.querySelector('a[data-row]')")
    assert tab.run("window.stayed")
