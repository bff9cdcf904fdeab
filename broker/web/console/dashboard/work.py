"""Open work by stage and age: what the statistics tell, few withheld, what is overdue beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from broker.domain.requests.request_states import RequestState
from broker.web.api.oversight.statistics import StatisticsOut
from broker.web.console import charts

STAGES = (
    RequestState.CENTER_REVIEW, RequestState.DEPARTMENT_REVIEW, RequestState.RETURNED, RequestState.EMERGENCY,
)  # fmt: skip
AGES = ("<1d", "1-3d", "3-7d", ">7d")


@dataclass(frozen=True)
class Row:
    """A stage: how many requests of each age are in it, and how many are overdue; None is withheld."""

    stage: RequestState
    ages: Mapping[str, int | None]
    overdue: int | None


@dataclass(frozen=True)
class OpenWork:
    """All stages, what the ages are called, and the chart of both."""

    rows: Sequence[Row]
    ages: Sequence[str]
    chart: charts.Stacks

    @property
    def any(self) -> bool:
        """Whether anything is open at all."""
        return any(count is None or count for row in self.rows for count in row.ages.values())


def open_work(told: StatisticsOut, t: Callable[[str], str]) -> OpenWork:
    """Return what is open, by stage and age."""
    waiting = {tuple(cell.of): cell.count for cell in told.waiting}
    overdue = {cell.of[0]: cell.count for cell in told.overdue}
    rows = [
        Row(stage, {age: waiting.get((stage.value, age), 0) for age in AGES}, overdue.get(stage.value, 0))
        for stage in STAGES
    ]
    ages = {age: t(f"age.{age}") for age in AGES}
    named = {t(f"state.{row.stage.value}"): {ages[age]: row.ages[age] for age in AGES} for row in rows}
    return OpenWork(rows, list(ages.values()), charts.stacks(list(ages.values()), named))
