"""The dashboard: a page that comes at once, and the parts of it that take longer, each with an address of its own."""

from fastapi import APIRouter, Response

from broker.bootstrap import Broker
from broker.domain.oversight.measures import By, Measure
from broker.domain.people.accounts import Caller
from broker.domain.time import TimeSpan
from broker.services.oversight.measures import Question
from broker.web.api.oversight.measures import MeasuresOut
from broker.web.api.oversight.statistics import USUAL, StatisticsOut
from broker.web.console.dashboard.area_map import above, area_map, below
from broker.web.console.dashboard.asking import TypedDep
from broker.web.console.dashboard.figures import grade, group, titles, trend
from broker.web.console.dashboard.work import AGES, open_work
from broker.web.console.rights import may, require
from broker.web.console.routes import PageRoute
from broker.web.console.screen import ScreenDep
from broker.web.deps import BrokerDep, CallerDep, ReadingDep
from storage.geography.areas import Sketch

DASHBOARD = "/dashboard"

router = APIRouter(prefix=DASHBOARD, route_class=PageRoute)

WORK = "statistics:read"
PLACES = (By.CHILDREN, By.DISTRICT, By.CITY, By.DEPARTMENT)


@router.get("")
def show_dashboard(caller: CallerDep, broker: BrokerDep, screen: ScreenDep, typed: TypedDep) -> Response:
    """看板：先出页面，各部分随后载入。The dashboard: the page at once, its parts as they are ready."""
    require(broker, caller, "measures:read")
    answer = typed.answered(screen, lambda asked: asked.question(broker, By.NOTHING))
    return screen.show(
        "pages/dashboard/dashboard.html", status=answer.status, answer=answer, refusal=answer.refusal,
        question=answer.found, works=may(broker, caller, WORK),
    )  # fmt: skip


def _measures(broker: Broker, caller: Caller, question: Question) -> MeasuresOut:
    return MeasuresOut.of(broker.measures.read(caller, question))


@router.get("/measures")
def show_measures(caller: CallerDep, broker: BrokerDep, screen: ScreenDep, typed: TypedDep) -> Response:
    """四项指标。The four measures, each with part and whole."""
    answer = typed.answered(screen, lambda asked: _measures(broker, caller, asked.question(broker, By.NOTHING)))
    lines = [answer.found.whole] if answer.found else []
    groups = [group(measure, lines, screen.language) for measure in Measure]
    return screen.show(
        "pages/dashboard/measures.html", status=answer.status, answer=answer, refusal=answer.refusal, groups=groups,
        told=answer.found, works=may(broker, caller, WORK),
    )  # fmt: skip


@router.get("/trend")
def show_trend(caller: CallerDep, broker: BrokerDep, screen: ScreenDep, typed: TypedDep) -> Response:
    """分月趋势。The measures month by month."""
    answer = typed.answered(screen, lambda asked: _measures(broker, caller, asked.question(broker, By.MONTH)))
    told = answer.found
    groups = [trend(measure, told, screen.language) for measure in Measure] if told else []
    return screen.show(
        "pages/dashboard/trend.html", status=answer.status, answer=answer, refusal=answer.refusal, groups=groups,
        works=may(broker, caller, WORK),
    )  # fmt: skip


@router.get("/places")
def show_places(caller: CallerDep, broker: BrokerDep, screen: ScreenDep, typed: TypedDep) -> Response:
    """分区划、分部门对比。A measure by division or department, the map of it, and the map of the points."""
    answer = typed.answered(
        screen, lambda asked: (asked, broker.measures.read(caller, asked.question(broker, asked.by)))
    )
    asked, report = answer.found or (None, None)
    told = MeasuresOut.of(report) if report else None
    sketch = broker.measures.sketch(caller, report) if report else Sketch()
    return screen.show(
        "pages/dashboard/places.html", status=answer.status, answer=answer, refusal=answer.refusal, asked=asked,
        shown=group(asked.measure, told.lines, screen.language) if asked and told else None, grade=grade,
        more=told.more_lines if told else 0, measures=titles(screen.language), places=PLACES,
        points=may(broker, caller, "camera:list"), works=may(broker, caller, WORK),
        drawn=area_map(asked.measure, told.lines, sketch, typed.fields, screen.language) if asked and told else None,
        above=above(typed.fields), below=below(told.lines if told else (), typed.fields),
    )  # fmt: skip


@router.get("/pending")
def show_work(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep, typed: TypedDep
) -> Response:
    """在办事项按时长。Open work by stage and age."""
    period = TimeSpan(reading.now - USUAL, reading.now)
    work = open_work(StatisticsOut.of(broker.figures.read(caller, period), period), screen.t)
    return screen.show("pages/dashboard/pending.html", query=typed.query, work=work, ages=AGES, works=True)
