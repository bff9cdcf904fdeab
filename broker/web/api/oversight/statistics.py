"""Statistics: how the flow runs; cells that count fewer than ten are withheld."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Query

from broker.domain.oversight.statistics import LEAST, Cell, Statistics
from broker.domain.time import TimeSpan
from broker.web.deps import BrokerDep, CallerDep, ReadingDep
from broker.web.routes import StrictRoute
from broker.web.values import Instant, Out, SpanOut

router = APIRouter(prefix="/statistics", tags=["statistics"], route_class=StrictRoute)

From = Annotated[Instant | None, Query(alias="from", description="Begin; default 30 days ago. 起始，默认 30 天前。")]
To = Annotated[Instant | None, Query(alias="to", description="End; default now. 截止，默认现在。")]
USUAL = timedelta(days=30)


class CellOut(Out):
    """One figure; `count` is null where it is withheld, `value` is the median in hours or a share of one."""

    of: list[str]
    count: int | None
    value: float | None
    withheld: bool

    @classmethod
    def table(cls, cells: Sequence[Cell]) -> list[Self]:
        return [cls(of=list(it.of), count=it.count, value=it.value, withheld=it.withheld) for it in cells]


class StatisticsOut(Out):
    """The tables of a period."""

    period: SpanOut
    withheld_below: int
    waiting: list[CellOut]
    overdue: list[CellOut]
    times: list[CellOut]
    refusals: list[CellOut]
    sharing: list[CellOut]
    emergencies: list[CellOut]
    quota: list[CellOut]

    @classmethod
    def of(cls, found: Statistics, period: TimeSpan) -> Self:
        tables = {name: CellOut.table(cells) for name, cells in vars(found).items()}
        return cls(period=SpanOut.of(period), withheld_below=LEAST, **tables)


@router.get("")
def read_statistics(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, begin: From = None, end: To = None
) -> StatisticsOut:
    """办理统计：少于十的数不予显示。How the flow runs; cells under ten are withheld."""
    period = _period(begin, end, reading.now)
    return StatisticsOut.of(broker.figures.read(caller, period), period)


def _period(begin: datetime | None, end: datetime | None, now: datetime) -> TimeSpan:
    last = end or now
    return TimeSpan(begin or last - USUAL, last)
