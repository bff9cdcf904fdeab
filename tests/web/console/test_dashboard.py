"""The dashboard: the figures of the API, the same in chart and table, and nothing of other departments."""

import re
from typing import Any

import pytest

from broker.bootstrap import Broker
from broker.domain.oversight.measures import INDICATORS
from tests.city import City
from tests.services.test_statistics import run_through
from tests.web.console.conftest import Enter
from tests.web.console.page import Page
from tests.web.door import Door

TITLED = re.compile(r"<(?:circle|rect|path)[^>]*><title>(.*?)</title>")
CELL = re.compile(r'<td class="figure number(?: grade grade-\d)?">(.*?)</td>')
ROW = re.compile(r'<tr id="([a-z._]+)">(.*?)</tr>', re.DOTALL)
MONTH = re.compile(r'<th scope="row" class="figure">(\d{4}-\d\d)<')


def told(figure: Any) -> str:
    """Return a figure of the API as a page shows its share."""
    if figure["withheld"]:
        return "under ten"
    return "–" if figure["share"] is None else f"{figure['share'] * 100:.1f} %"


def by_measure(figures: list[Any], measure: str) -> list[Any]:
    return [it for it in figures if it["measure"] == measure]


@pytest.fixture
def walked(broker: Broker, city: City, plain_door: Door) -> Door:
    run_through(broker, city, cases=12, refused=2)
    return plain_door


def test_figures_charts_and_tables_say_what_the_api_says(enter: Enter, walked: Door) -> None:
    auditor, api = enter("auditor"), walked["auditor"]
    whole = {it["indicator"]: it for it in api.get("/measures")["whole"]["figures"]}
    rows = dict(ROW.findall(auditor.get("/dashboard/measures").answer.text))
    assert list(rows) == list(INDICATORS)
    for key, figure in whole.items():
        assert told(figure) in rows[key], key
        if figure["part"] is not None:
            unit = 3600 if figure["unit"] == "seconds" else 1
            assert f"{figure['part'] / unit:,.0f} / {figure['whole'] / unit:,.0f}" in rows[key], key
        assert ("not reached" in rows[key], ">reached<" in rows[key]) == (
            figure["reached"] is False, figure["reached"] is True
        )  # fmt: skip
    assert told(whole["sharing.authorized"]) not in {"–", "under ten"}
    trend(auditor.get("/dashboard/trend"), api.get("/measures", by="month")["lines"])
    for by in ("department", "children"):
        page = auditor.get(f"/dashboard/places?by={by}&measure=sharing")
        lines = api.get("/measures", by=by)["lines"]
        cells = [told(it) for line in lines for it in by_measure(line["figures"], "sharing")]
        assert CELL.findall(page.answer.text) == cells
        assert cells
    division = api.get("/measures", by="children")["lines"][0]["code"]
    assert f"/map?division={division}" in auditor.get("/dashboard/places?by=children").links
    work(auditor.get("/dashboard/pending"), api.get("/statistics"))


def trend(page: Page, months: list[Any]) -> None:
    cells = [
        told(it)
        for measure in ("coverage", "sharing", "availability", "control")
        for line in months
        for it in by_measure(line["figures"], measure)
    ]
    assert CELL.findall(page.answer.text) == cells
    names = {each.key: each.en for each in INDICATORS.values()}
    drawn = sorted(
        f"{names[it['indicator']]} {line['code']} {told(it)}"
        for line in months
        for it in line["figures"]
        if it["share"] is not None
    )
    assert sorted(TITLED.findall(page.answer.text)) == drawn
    assert drawn


def work(page: Page, statistics: Any) -> None:
    waiting = {tuple(it["of"]): it["count"] for it in statistics["waiting"]}
    assert waiting == {("DEPARTMENT_REVIEW", "<1d"): 12}
    assert statistics["overdue"] == []
    assert TITLED.findall(page.answer.text) == ["with the owners under a day 12"]
    assert "/requests?scope=all&state=DEPARTMENT_REVIEW" in page.links


def test_the_shell_comes_at_once_and_leads_on_without_script(hall: Enter) -> None:
    auditor = hall("auditor")
    page = auditor.get("/dashboard?from=2026-01-01&to=2026-03-31&department=dh")
    query = "?from=2026-01-01&to=2026-03-31&department=dh"
    for name in ("measures", "trend", "places"):
        assert page.links.count(f"/dashboard/{name}{query}") == 2, name  # among the views, and where it will stand
        loaded = [given for tag, given in page.tags if given.get("hx-get") == f"/dashboard/{name}{query}"]
        assert [it["hx-trigger"] for it in loaded] == ["load"]
        assert auditor.get(f"/dashboard/{name}{query}").text.count("2026-0") >= (3 if name == "trend" else 0)
    assert {f"/api/v1/measures.{kind}{query}" for kind in ("xlsx", "pdf")} <= set(page.links)
    assert auditor.client.get(f"/api/v1/measures.pdf{query}").status_code == 200
    months = MONTH.findall(auditor.get(f"/dashboard/trend{query}").answer.text)
    assert months == ["2026-01", "2026-02", "2026-03"] * 4
    reversed_days = "from=2026-02-01&to=2026-01-01"
    for wrong in ("from=2026-13-01", "to=x", "department=nowhere", "division=x", "by=odd", reversed_days):
        refused = auditor.get(f"/dashboard/places?{wrong}")
        assert refused.status == 422, wrong
        assert refused.has_form("/dashboard/places")


def test_nobody_reads_of_other_departments(hall: Enter, city: City) -> None:
    owner = hall("owner.cg")
    page = owner.get("/dashboard/places?by=department")
    for code in ("dh-cg", "dh-jt", "jc-ga", "xs-ga"):  # each has points
        assert (city.departments[code].name in page.text) is (code == "dh-cg"), code
    assert owner.get("/dashboard/measures?department=dh-jt").status == 422
    assert owner.get("/dashboard/measures?department=dh-cg").status == 200
    for login in ("asker", "looker", "secadmin"):
        person = hall(login)
        assert "/dashboard" not in person.get("/account").links
        for place in ("", "/measures", "/trend", "/places", "/pending"):
            assert person.get(f"/dashboard{place}").status == 403, (login, place)
    keeper = hall("sysadmin")
    assert keeper.get("/dashboard/measures").status == 200
    assert keeper.get("/dashboard/pending").status == 403
    for place in ("", "/measures", "/trend", "/places"):
        assert "/dashboard/pending" not in keeper.get(f"/dashboard{place}").links, place
    assert not any("/dashboard/pending" in given.get("hx-get", "") for _, given in keeper.get("/dashboard").tags)
