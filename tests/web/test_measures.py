"""The four measures over HTTP: figures, workbook, paper, plans."""

from io import BytesIO

from openpyxl import load_workbook

from broker.domain.measure_words import FORMULAS, UNITS
from broker.domain.measures import INDICATORS, LEADING, MEASURE_WORDS, Measure
from tests.web.door import Door, bad, good


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


def test_a_plan_is_set_and_read(door: Door) -> None:
    year = good(door["auditor"].send("GET", "/measures"))["last"][:4]
    body = {"year": int(year), "indicator": "coverage.plan", "value": 10, "department": "jc"}
    assert good(door["sysadmin"].send("PUT", "/plan-targets", json=body))["value"] == 10
    figures = {it["indicator"]: it for it in door["auditor"].get("/measures")["whole"]["figures"]}
    assert (figures["coverage.plan"]["part"], figures["coverage.plan"]["whole"]) == (7, 10)
    assert [it["department"] for it in door["auditor"].get("/plan-targets", year=year)["items"]] == ["jc"]
    bad(door["sysadmin"].send("PUT", "/plan-targets", json=body | {"division": "33"}), 422, "plan-place")
    bad(door["auditor"].send("PUT", "/plan-targets", json=body | {"value": 1}), 403, "not-allowed")
