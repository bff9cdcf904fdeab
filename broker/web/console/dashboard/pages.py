"""The dashboard: a page that comes at once, and the parts of it that take longer, each with an address of its own."""

from fastapi import APIRouter, Response

from broker.domain.oversight.measures import By, Measure
from broker.domain.time import TimeSpan
from broker.services.oversight.measures import Question
from broker.web.api.oversight.measures import MeasuresOut
from broker.web.api.oversight.statistics import USUAL, StatisticsOut
from broker.web.console.dashboard.area_map import above, area_map, below
from broker.web.console.dashboard.asking import TypedDep
from broker.web.console.dashboard.figures import grade, group, titles, trend
from broker.web.console.dashboard.work import AGES, open_work
from broker.web.console.routes import PageRoute
from broker.web.console.visit import Visit, VisitDep
from storage.geography.areas import Sketch

DASHBOARD = "/dashboard"

router = APIRouter(prefix=DASHBOARD, route_class=PageRoute)

WORK = "statistics:read"
PLACES = (By.CHILDREN, By.DISTRICT, By.CITY, By.DEPARTMENT)


@router.get("")
def show_dashboard(visit: VisitDep, typed: TypedDep) -> Response:
    """看板：先出页面，各部分随后载入。The dashboard: the page at once, its parts as they are ready."""
    visit.require("measures:read")
    answer = typed.answered(visit.screen, lambda asked: asked.question(visit.broker, By.NOTHING))
    return visit.show(
        "dashboard/dashboard", answer=answer, refusal=answer.refusal, question=answer.found, works=visit.may(WORK)
    )  # fmt: skip


def _measures(visit: Visit, question: Question) -> MeasuresOut:
    return MeasuresOut.of(visit.broker.measures.read(visit.caller, question))


@router.get("/measures")
def show_measures(visit: VisitDep, typed: TypedDep) -> Response:
    """四项指标。The four measures, each with part and whole."""
    answer = typed.answered(visit.screen, lambda asked: _measures(visit, asked.question(visit.broker, By.NOTHING)))
    lines = [answer.found.whole] if answer.found else []
    groups = [group(measure, lines, visit.screen.language) for measure in Measure]
    return visit.show(
        "dashboard/measures", answer=answer, refusal=answer.refusal, groups=groups, told=answer.found,
        works=visit.may(WORK),
    )  # fmt: skip


@router.get("/trend")
def show_trend(visit: VisitDep, typed: TypedDep) -> Response:
    """分月趋势。The measures month by month."""
    answer = typed.answered(visit.screen, lambda asked: _measures(visit, asked.question(visit.broker, By.MONTH)))
    told = answer.found
    groups = [trend(measure, told, visit.screen.language) for measure in Measure] if told else []
    return visit.show(
        "dashboard/trend", answer=answer, refusal=answer.refusal, groups=groups, works=visit.may(WORK)
    )  # fmt: skip


@router.get("/places")
def show_places(visit: VisitDep, typed: TypedDep) -> Response:
    """分区划、分部门对比。A measure by division or department, the map of it, and the map of the points."""
    answer = typed.answered(
        visit.screen,
        lambda asked: (asked, visit.broker.measures.read(visit.caller, asked.question(visit.broker, asked.by))),
    )
    language = visit.screen.language
    asked, report = answer.found or (None, None)
    told = MeasuresOut.of(report) if report else None
    sketch = visit.broker.measures.sketch(visit.caller, report) if report else Sketch()
    return visit.show(
        "dashboard/places", answer=answer, refusal=answer.refusal, asked=asked,
        shown=group(asked.measure, told.lines, language) if asked and told else None, grade=grade,
        more=told.more_lines if told else 0, measures=titles(language), places=PLACES,
        points=visit.may("camera:list"), works=visit.may(WORK),
        drawn=area_map(asked.measure, told.lines, sketch, typed.fields, language) if asked and told else None,
        above=above(typed.fields), below=below(told.lines if told else (), typed.fields),
    )  # fmt: skip


@router.get("/pending")
def show_work(visit: VisitDep, typed: TypedDep) -> Response:
    """在办事项按时长。Open work by stage and age."""
    period = TimeSpan(visit.reading.now - USUAL, visit.reading.now)
    work = open_work(StatisticsOut.of(visit.broker.figures.read(visit.caller, period), period), visit.screen.t)
    return visit.show("dashboard/pending", query=typed.query, work=work, ages=AGES, works=True)
