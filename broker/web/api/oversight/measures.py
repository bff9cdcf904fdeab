"""The four measures: figures, the workbook, the paper with charts, and what is planned."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Self
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from broker.bootstrap import Broker
from broker.domain.oversight.measures import INDICATORS, By, Figure, Kind, Line, Measure
from broker.services.oversight.measure_files import PDF, XLSX, as_pdf, as_xlsx
from broker.services.oversight.measures import Question, Report
from broker.services.oversight.plan_targets import NewTarget
from broker.web.deps import BrokerDep, CallerDep
from broker.web.paging import ById, Page
from broker.web.routes import OnceRoute
from broker.web.values import Code, In, Out
from storage.db.oversight.plan_targets import PlanTarget

router = APIRouter(tags=["measures"], route_class=OnceRoute)

First = Annotated[date | None, Query(alias="from", description="First day; default: of the year. 起始日，默认年初。")]
Last = Annotated[date | None, Query(alias="to", description="Last day, included; default today. 截止日（含）。")]
Unit = Annotated[Code | None, Query(description="A department with all below it. 部门编码（含下级）。")]
Area = Annotated[str | None, Query(max_length=12, description="Only this division. 行政区划代码。")]
Split = Annotated[By, Query(description="Split up by what. 分项方式。")]
Fresh = Annotated[bool, Query(description="Count the catalogue now. 现在统计目录。")]
Year = Annotated[int, Query(ge=2000, le=2199, description="The year. 年份。")]


async def question_of(
    broker: BrokerDep, first: First = None, last: Last = None, department: Unit = None, division: Area = None, *,
    by: Split = By.NOTHING, fresh: Fresh = False,
) -> Question:  # fmt: skip
    """Return what is asked; days are those of the city."""
    return asked_in(broker, first, last, department, division, by=by, fresh=fresh)


def asked_in(
    broker: Broker, first: date | None, last: date | None, department: str | None, division: str | None, *,
    by: By = By.NOTHING, fresh: bool = False,
) -> Question:  # fmt: skip
    """Return the question with its usual days: from the first of the year until today, by the clock of the city."""
    end = last or broker.clock.now().astimezone(broker.zone).date()
    until = min(end, date.max - timedelta(days=40)) + timedelta(days=1)
    return Question(first or end.replace(month=1, day=1), until, department, division, by, fresh)


Asked = Annotated[Question, Depends(question_of)]


class FigureOut(Out):
    """One indicator: part and whole (null: withheld, or nothing is known), the share and what is to be reached."""

    indicator: str
    measure: Measure
    name: str
    name_en: str
    unit: str
    part: int | None
    whole: int | None
    share: float | None
    withheld: bool
    target: float | None
    reached: bool | None

    @classmethod
    def of(cls, figure: Figure) -> Self:
        about = INDICATORS[figure.key]
        return cls(
            indicator=figure.key, measure=about.measure, name=about.zh, name_en=about.en, unit=about.unit,
            part=figure.part, whole=figure.whole, share=figure.share, withheld=figure.withheld,
            target=None if figure.target is None else figure.target / 1000, reached=figure.reached,
        )  # fmt: skip


class LineOut(Out):
    """The figures of one place or one month."""

    kind: Kind
    code: str
    name: str
    figures: list[FigureOut]

    @classmethod
    def of(cls, line: Line) -> Self:
        return cls(kind=line.kind, code=line.code, name=line.name, figures=[FigureOut.of(it) for it in line.figures])


class MeasuresOut(Out):
    """The measures; `counted` is the day at whose beginning the catalogue was counted, null for now or never."""

    first: date
    last: date
    counted: date | None
    whole: LineOut
    lines: list[LineOut]
    more_lines: int

    @classmethod
    def of(cls, report: Report) -> Self:
        return cls(
            first=report.question.first, last=report.question.last - timedelta(days=1), counted=report.counted,
            whole=LineOut.of(report.whole), lines=[LineOut.of(it) for it in report.lines], more_lines=report.more,
        )  # fmt: skip


class PlanTargetIn(In):
    """A target of a year; exactly one of department and division, value null to take it back."""

    year: int
    indicator: str
    value: int | None
    department: Code | None = None
    division: str | None = None


class PlanTargetOut(Out):
    """A target: points for coverage.plan, else thousandths."""

    id: UUID
    year: int
    indicator: str
    value: int | None
    department: str | None
    division: str | None

    @classmethod
    def of(cls, target: PlanTarget) -> Self:
        return cls(
            id=target.id, year=target.year, indicator=target.indicator, value=target.value,
            department=target.department, division=target.division,
        )  # fmt: skip

    @classmethod
    def each(cls, targets: Sequence[PlanTarget]) -> list[Self]:
        return [cls.of(target) for target in targets]


@router.get("/measures")
def read_measures(caller: CallerDep, broker: BrokerDep, question: Asked) -> MeasuresOut:
    """四项指标：分子、分母与比率。The four measures, each with part and whole."""
    return MeasuresOut.of(broker.measures.read(caller, question))


@router.get("/measures.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}})
def measures_workbook(caller: CallerDep, broker: BrokerDep, question: Asked) -> Response:
    """四项指标工作簿。The four measures as a workbook."""
    report, months = broker.measures.book(caller, question)
    return _file(as_xlsx(report, months), XLSX, f"四项指标-{question.first}.xlsx")


@router.get("/measures.pdf", response_class=Response, responses={200: {"content": {PDF: {}}}})
def measures_paper(caller: CallerDep, broker: BrokerDep, question: Asked) -> Response:
    """四项指标报告（含图表）。The four measures as a paper with charts."""
    report, months = broker.measures.book(caller, question)
    return _file(as_pdf(report, months, broker.clock.now()), PDF, f"四项指标-{question.first}.pdf")


@router.get("/plan-targets")
def list_plan_targets(caller: CallerDep, broker: BrokerDep, window: ById, year: Year) -> Page[PlanTargetOut]:
    """列出一年的计划目标。List what is planned for a year."""
    found = broker.plan_targets.page(caller, year, after=window.after, limit=window.wanted)
    return window.page(found, lambda target: target.id, PlanTargetOut.each)


@router.put("/plan-targets")
def set_plan_target(body: PlanTargetIn, caller: CallerDep, broker: BrokerDep) -> PlanTargetOut:
    """设定或撤回一项计划目标。Set a target, or take it back."""
    return PlanTargetOut.of(broker.plan_targets.set(caller, NewTarget(**body.model_dump())))


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
