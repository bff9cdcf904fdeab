"""The map of a measure: areas say what the table says, lead to what lies below, and tell nothing of other places."""

import re
from collections.abc import Mapping

from broker.bootstrap import Broker
from tests.web.console.conftest import Enter
from tests.web.console.dashboard.conftest import MAP, ONLINE
from tests.web.console.page import Page

AREA = re.compile(r'<a class="area-link" href="([^"]+)" aria-label="([^"]+)">.*?class="area area-(\d)"', re.DOTALL)
DRAWN = re.compile(r'<svg class="area-map".*?</svg>', re.DOTALL)
SHARE = re.compile(r'<td class="figure number grade grade-\d">\s*(.*?)</td>')
COUNTIES = 13


def areas(page: Page) -> Mapping[str, tuple[str, int]]:
    """Return what the map shows: the page an area leads to -> what it says, and how good that is."""
    return {place.replace("&amp;", "&"): (told, int(grade)) for place, told, grade in AREA.findall(page.answer.text)}


def test_areas_say_what_the_table_says_and_lead_below(enter: Enter, watched: Broker) -> None:
    assert watched.settings.map_outline
    auditor = enter("auditor")
    page = auditor.get(f"{MAP}&division=330100&measure=availability")
    shown = areas(page)
    grades = {"330106": 1, "330105": 2, "330110": 3, "330127": 4, "330122": 5, "330182": 2, "330109": 1, "330112": 5}
    leads = {code: f"{MAP}&division={code}&measure=availability&by=children" for code in ONLINE}
    assert {place: grade for place, (_, grade) in shown.items()} == {leads[code]: grades[code] for code in ONLINE}
    assert shown[leads["330106"]] == ("西湖区 99.5 %", 1)
    assert set(leads.values()) <= set(page.links)
    assert f"{MAP}&measure=availability&division=330000&by=children" in page.links  # the way back
    (drawing,) = DRAWN.findall(page.answer.text)
    assert drawing.count('class="area-beside"') == COUNTIES - len(ONLINE)
    assert len(drawing) < 60_000
    assert "style=" not in drawing
    assert {told.partition(" ")[2] for told, _ in shown.values()} <= set(SHARE.findall(page.answer.text))
    assert DRAWN.findall(auditor.get(f"{MAP}&by=department").answer.text) == []


def test_only_what_the_viewer_answers_for_is_told(enter: Enter, watched: Broker) -> None:
    assert watched.settings.map_outline
    owner = enter("owner.cg")
    page = owner.get(f"{MAP}&division=330100")
    assert {told for told, _ in areas(page).values()} == {"西湖区 99.5 %", "拱墅区 96.0 %"}
    assert "淳安县" in page.text  # as a neighbour
    assert "85.0 %" not in page.text
    above = owner.get(f"{MAP}&division=330000")  # all that lies in the city, and nothing of the others
    assert [told for told, _ in areas(above).values()] == ["杭州市 97.8 %"]


def test_without_outlines_divisions_stand_as_tiles(enter: Enter, watched: Broker) -> None:
    object.__setattr__(watched.measures, "_outlined", False)
    auditor = enter("auditor")
    page = auditor.get(f"{MAP}&division=330100")
    assert len(areas(page)) == len(ONLINE)
    assert ("area-beside" in page.answer.text, "stand as tiles" in page.text) == (False, True)


def test_made_up_divisions_stand_as_tiles_too(hall: Enter) -> None:
    page = hall("auditor").get("/dashboard/places")
    assert {grade for _, grade in areas(page).values()} == {0}
    assert set(areas(page)) <= set(page.links)
    assert "division=990102" in "".join(areas(page))
