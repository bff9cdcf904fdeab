"""The four measures over HTTP: figures, workbook, paper, plans."""

import re
import zlib
from io import BytesIO

import pytest
from openpyxl import load_workbook

from broker.bootstrap import Broker
from broker.domain.oversight.measure_words import FORMULAS, UNITS
from broker.domain.oversight.measures import INDICATORS, LEADING, MEASURE_WORDS, Measure
from tests.city import City
from tests.services.test_statistics import run_through
from tests.web.door import Door, bad, good

_STREAMS = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def test_every_indicator_has_its_words() -> None:
    assert list(FORMULAS) == list(INDICATORS)
    assert {each.unit for each in INDICATORS.values()} == set(UNITS)
    assert set(MEASURE_WORDS) == set(LEADING) == set(Measure)


def test_figures_with_part_and_whole(lobby: Door) -> None:
    told = lobby["auditor"].get("/measures", by="department")
    figures = {it["indicator"]: it for it in told["whole"]["figures"]}
    assert list(figures) == list(INDICATORS)
    assert (figures["sharing.points"]["part"], figures["sharing.points"]["whole"]) == (7, 7)
    assert (figures["sharing.connected"]["target"], figures["sharing.connected"]["reached"]) == (1.0, False)
    assert [line["code"] for line in told["lines"]] == ["dh-cg", "dh-jt", "jc-ga", "xs-ga"]
    assert told["counted"] is None
    bad(lobby["asker"].send("GET", "/measures"), 403, "not-allowed")
    bad(lobby["owner.cg"].send("GET", "/measures?department=xs-ga"), 404, "unknown-department")
    bad(lobby["auditor"].send("GET", "/measures?from=2026-05-02&to=2026-05-01"), 422, "period-empty")
    bad(lobby["auditor"].send("GET", "/measures?from=9999-12-31&to=9999-12-31"), 422, "period-empty")
    bad(lobby["auditor"].send("GET", "/measures?from=1971-01-01"), 422, "period-too-long")
    for day in ("0001-01-01", "9999-12-31"):
        bad(lobby["auditor"].send("GET", f"/measures?to={day}"), 422, "time-out-of-range")


def test_the_workbook_holds_what_the_answer_holds(lobby: Door) -> None:
    answer = lobby["auditor"].send("GET", "/measures.xlsx?by=district")
    assert answer.status_code == 200
    book = load_workbook(BytesIO(answer.content))
    assert [sheet.title.split()[0] for sheet in book] == ["总览", "分项", "分月", "口径"]
    rows = {str(row[3]).split()[0]: row for row in book.worksheets[0].iter_rows(min_row=4, values_only=True)}
    assert rows["点位共享率"][4:6] == (7, 7)
    assert rows["点位共享率"][7] == 1.0
    assert book.worksheets[1].max_row == 1 + 3 * len(INDICATORS)


def test_the_paper_is_a_pdf_with_drawn_charts(lobby: Door) -> None:
    answer = lobby["auditor"].send("GET", "/measures.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert b"/Subtype /Image" not in answer.content
    assert len(answer.content) < 300_000


def _text_of(told: bytes) -> str:
    """Read a string of a PDF: in UTF-16, as digits or with its signs escaped."""
    raw = bytes.fromhex(told[1:-1].decode()) if told[:1] == b"<" else re.sub(rb"\\\\(.)", rb"\\1", told[1:-1])
    return raw.decode("utf-16")


TOWNS = "code,name\n330106001,北山街道\n330106002,西溪街道\n"


@pytest.fixture
def towns(door: Door, city: City) -> str:
    """Two points in a town, one in another and one in their county; gives the query for that county by its towns."""
    admin = door["sysadmin"]
    good(admin.send("POST", "/divisions/import", files={"file": ("towns.csv", TOWNS.encode())}))
    first, second, third = city.cameras_of("dh-cg")
    other = city.cameras_of("dh-jt")[0]
    for camera, code in ((first, "330106001"), (second, "330106001"), (third, "330106002"), (other, "330106")):
        good(admin.send("PATCH", f"/cameras/{camera.id}", {"division": code}))
    return "division=330106&by=children"


def test_a_county_is_told_by_its_towns_in_every_form(door: Door, towns: str) -> None:
    auditor = door["auditor"]
    told = good(auditor.send("GET", f"/measures?{towns}"))
    assert (told["whole"]["name"], [line["name"] for line in told["lines"]]) == (
        "西湖区", ["西湖区", "北山街道", "西溪街道"]
    )  # fmt: skip
    book = load_workbook(BytesIO(auditor.send("GET", f"/measures.xlsx?{towns}").content))
    places = [
        row
        for row in book["分项 places"].iter_rows(min_row=2, values_only=True)
        if row[3] == "点位共享率 points shared"
    ]
    assert [(row[0], row[1], row[4], row[5], row[7]) for row in places] == [
        ("330106", "西湖区", 1, 1, 1.0), ("330106001", "北山街道", 2, 2, 1.0), ("330106002", "西溪街道", 1, 1, 1.0)
    ]  # fmt: skip
    overview = list(book["总览 overview"].iter_rows(values_only=True))
    assert overview[0][1:3] == ("西湖区", "实时 now")
    connected = next(row for row in overview if row[3] == "点位联网率 points connected")
    assert connected[4:10] == (0, 4, "点位 points", 0.0, 1.0, "否 no")
    assert book["口径 definitions"].max_row == 1 + len(INDICATORS)
    assert {row[0] for row in book["分月 months"].iter_rows(min_row=2, values_only=True)} == {
        f"{told['last'][:4]}-{month:02d}" for month in range(1, int(told["last"][5:7]) + 1)
    }
    paper = auditor.send("GET", f"/measures.pdf?{towns}")
    title = re.search(rb"/Title (\(.*?\)|<[0-9A-Fa-f]+>)\n", paper.content, re.DOTALL)
    assert title is not None
    assert "西湖区" in _text_of(title[1])
    pages = [zlib.decompress(part) for part in _STREAMS.findall(paper.content) if part[:1] == b"\x78"]
    assert sum(page.count(b" re") for page in pages) > 3  # the bars of the towns
    bad(auditor.send("GET", "/measures?division=3301061"), 422, "division-malformed")


def test_few_cases_are_withheld_in_the_workbook(door: Door, broker: Broker, city: City) -> None:
    run_through(broker, city, cases=3, refused=0)
    book = load_workbook(BytesIO(door["auditor"].send("GET", "/measures.xlsx").content))
    rows = {row[3]: row for row in book["总览 overview"].iter_rows(min_row=4, values_only=True)}
    few = rows["跨部门申请占比 requests across departments"]
    assert (few[4], few[5], few[7]) == ("少于十，不显示 under ten", None, None)


def test_a_plan_is_set_and_read(door: Door) -> None:
    year = good(door["auditor"].send("GET", "/measures"))["last"][:4]
    body = {"year": int(year), "indicator": "coverage.plan", "value": 10, "department": "jc"}
    assert good(door["sysadmin"].send("PUT", "/plan-targets", json=body))["value"] == 10
    figures = {it["indicator"]: it for it in door["auditor"].get("/measures")["whole"]["figures"]}
    assert (figures["coverage.plan"]["part"], figures["coverage.plan"]["whole"]) == (7, 10)
    assert [it["department"] for it in door["auditor"].get("/plan-targets", year=year)["items"]] == ["jc"]
    bad(door["sysadmin"].send("PUT", "/plan-targets", json=body | {"division": "33"}), 422, "plan-place")
    bad(door["auditor"].send("PUT", "/plan-targets", json=body | {"value": 1}), 403, "not-allowed")
