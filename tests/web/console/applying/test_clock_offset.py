"""A source whose clock is ahead: told beside its points, and what it has is set right before anybody chooses of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from adapters.media.testcard import Style, write_recording
from broker.bootstrap import Broker, operator
from broker.domain.time import TimeSpan
from broker.services.sources.source_clocks import Reading
from tests.city import City
from tests.services.papers import JPEG
from tests.web.console.applying.test_wizard import HOUSE
from tests.web.console.browsing import IN_A_BROWSER, visiting
from tests.web.console.conftest import Enter
from tests.web.console.page import Page
from tests.web.door import Door
from tests.web.steps import bind, draft, span

AHEAD = timedelta(seconds=95)
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
LISTED = TimeSpan(NOW - timedelta(minutes=20), NOW - timedelta(minutes=19))
"""What the recorder has, by its own clock."""
ACTUAL = LISTED.moved(-AHEAD)
ASKED = TimeSpan(NOW - timedelta(minutes=30), NOW - timedelta(minutes=10))
SLIDER = "rec-timeline [role=slider]"


@dataclass(frozen=True)
class Late:
    """The page for the times of a request for a point that such a source records."""

    place: str


@pytest.fixture
def late(plain_door: Door, broker: Broker, city: City, tmp_path: Path) -> Late:
    write_recording(tmp_path, "cam-0", LISTED.begin, 1, style=Style(fps=2, size=(160, 90)))
    bind(broker, city, str(tmp_path))
    looked = NOW - timedelta(hours=1)
    broker.source_clocks.enter(operator("tests"), "archive", Reading(looked + AHEAD, looked, JPEG))
    camera = str(city.cameras_of("dh-cg")[0].id)
    key = draft(plain_door, city, "dh-cg")["id"]
    body = plain_door["asker"].get(f"/access-requests/{key}")
    lines = [{"camera": camera, **span(ASKED.begin, ASKED.end)}]
    form = {name: body[name] for name in ("purpose", "terms", "urgent")}
    plain_door["asker"].send("PUT", f"/access-requests/{key}", {**form, "investigators": ["looker"], "lines": lines})
    return Late(f"/requests/{key}/apply/times")


def recorded(page: Page) -> list[TimeSpan]:
    """Return what the timeline shows as recorded."""
    parts = [given for _, given in page.tags if given.get("data-part") == "recorded"]
    return [TimeSpan(*(datetime.fromisoformat(it[f"data-{end}"]) for end in ("begin", "end"))) for it in parts]


def test_the_offset_is_noted_and_what_is_recorded_is_told_in_true_time(enter: Enter, late: Late) -> None:
    asker = enter("asker")
    page = asker.get(late.place)
    assert "clock +95.0 s" in page.text  # known before anybody asks the source
    assert recorded(page) == []
    page = asker.press(page, late.place, do="ask")
    assert "clock +95.0 s" in page.text
    assert recorded(page) == [ACTUAL]
    fields = {"begin": local(ACTUAL.begin), "end": local(ACTUAL.end)}
    asker.press(page, late.place, **fields, do="times")
    assert "1 of 1 spans are recorded in whole" in asker.get(late.place.replace("times", "check")).text
    shifted = {"begin": local(LISTED.begin), "end": local(LISTED.end)}
    asker.press(asker.get(late.place), late.place, **shifted, do="times")  # as the recorder's own clock has it
    assert "0 of 1 spans are recorded in whole" in asker.get(late.place.replace("times", "check")).text


def local(at: datetime) -> str:
    return at.astimezone(HOUSE).strftime("%Y-%m-%dT%H:%M:%S")


@IN_A_BROWSER[0]
@IN_A_BROWSER[1]
def test_the_timeline_draws_it_where_it_truly_was(browser: Browser, plain_door: Door, late: Late) -> None:
    with visiting(browser, plain_door.url) as visit:
        page = visit.page
        visit.sign_in("asker")
        visit.go(late.place)
        page.get_by_role("button", name="Ask the sources").click()
        page.wait_for_selector("[data-part=recorded]", state="attached")
        page.get_by_text("The same as a table").click()
        assert "clock +95.0 s" in page.inner_text("rec-timeline")
        page.focus(SLIDER)
        page.keyboard.press("Home")  # an hour before what is asked for
        page.keyboard.press("Control+ArrowRight")
        for _ in range(9):
            page.keyboard.press("Shift+ArrowRight")
        assert "recorded here: 1 of 1" in (page.get_attribute(SLIDER, "aria-valuetext") or "")
        page.keyboard.press("[")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("]")
        page.keyboard.press("Shift+ArrowRight")  # where the recorder's own clock has it
        assert "recorded here: 0 of 1" in (page.get_attribute(SLIDER, "aria-valuetext") or "")
        begin = LISTED.begin - timedelta(minutes=1)
        fields = [datetime.fromisoformat(page.input_value(f"#{end}-0")) for end in ("begin", "end")]
        assert [at.replace(tzinfo=HOUSE) for at in fields] == [begin, begin + timedelta(seconds=20)]
