"""The four measures of a city (全域覆盖、全网共享、全时可用、全程可控): what is counted, and how counts become figures.

Each indicator is a part of a whole, both kept: a share alone says nothing. docs/measures.md gives formula and source
of each. Where a whole is nought there is no share, and where few cases of persons are counted, neither is told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from broker.domain.ids import DepartmentId
from broker.domain.oversight.statistics import LEAST


class Measure(StrEnum):
    """The four measures, in the order in which they are named."""

    COVERAGE = "coverage"
    SHARING = "sharing"
    AVAILABILITY = "availability"
    CONTROL = "control"


@dataclass(frozen=True)
class Indicator:
    """One figure of a measure.

    Attributes:
        unit: what part and whole count.
        cases: whether it counts what persons did: fewer than ten are withheld then.
        high: whether more is better.
    """

    key: str
    measure: Measure
    zh: str
    en: str
    unit: str
    cases: bool = False
    high: bool = True


_M = Measure
_TABLE = (
    Indicator("coverage.plan", _M.COVERAGE, "点位建成率", "points against plan", "points"),
    Indicator("coverage.divisions", _M.COVERAGE, "区划覆盖率", "counties with points", "divisions"),
    Indicator("coverage.records", _M.COVERAGE, "档案完整率", "complete records", "points"),
    Indicator("sharing.points", _M.SHARING, "点位共享率", "points shared", "points"),
    Indicator("sharing.connected", _M.SHARING, "点位联网率", "points connected", "points"),
    Indicator("sharing.across", _M.SHARING, "跨部门申请占比", "requests across departments", "requests", cases=True),
    Indicator("sharing.authorized", _M.SHARING, "申请点位授权率", "points authorized", "lines", cases=True),
    Indicator("sharing.served", _M.SHARING, "获授权部门占比", "departments served", "departments"),
    Indicator("availability.online", _M.AVAILABILITY, "在线率", "time online", "seconds"),
    Indicator("availability.intact", _M.AVAILABILITY, "完好率", "time intact", "seconds"),
    Indicator("availability.recorded", _M.AVAILABILITY, "录像完整率", "time recorded", "seconds"),
    Indicator(
        "availability.retrievals", _M.AVAILABILITY, "调取成功率", "retrievals fulfilled", "retrievals", cases=True
    ),
    Indicator("control.trace", _M.CONTROL, "调阅留痕完整率", "accesses with complete trace", "accesses", cases=True),
    Indicator("control.on_time", _M.CONTROL, "按时办理率", "decisions on time", "decisions", cases=True),
    Indicator("control.overdue", _M.CONTROL, "逾期未办占比", "decisions overdue", "decisions", cases=True, high=False),
    Indicator("control.emergencies", _M.CONTROL, "应急补批率", "emergencies ratified", "emergencies", cases=True),
)
INDICATORS: Mapping[str, Indicator] = MappingProxyType({each.key: each for each in _TABLE})
"""All indicators by key, in the order in which they are told."""

MEASURE_WORDS: Mapping[Measure, tuple[str, str]] = MappingProxyType(
    {
        Measure.COVERAGE: ("全域覆盖", "Coverage"),
        Measure.SHARING: ("全网共享", "Sharing"),
        Measure.AVAILABILITY: ("全时可用", "Availability"),
        Measure.CONTROL: ("全程可控", "Control"),
    },
)
LEADING: Mapping[Measure, str] = MappingProxyType(
    {
        Measure.COVERAGE: "coverage.records",
        Measure.SHARING: "sharing.points",
        Measure.AVAILABILITY: "availability.online",
        Measure.CONTROL: "control.on_time",
    },
)
"""The indicator that a chart shows where there is room for one."""

SHIPPED_TARGETS: Mapping[str, int] = MappingProxyType(
    {"sharing.connected": 1000, "availability.intact": 980, "control.trace": 1000},
)
"""Shares in thousandths: connected and intact as in 发改高技〔2015〕996号 for key public areas, the trace by article 16
of State Council Order 799; a city sets its own over them."""

PLAN = "coverage.plan"
COUNTIES = "coverage.divisions"
SERVED = "sharing.served"


class Tally(NamedTuple):
    """A count of one department in one county and one span of the period, numbered from nought."""

    key: str
    department: DepartmentId
    county: str
    span: int
    part: int
    whole: int


@dataclass(frozen=True)
class Figure:
    """What an indicator comes to; `part` and `whole` None: withheld, or nothing is known.

    `target` is the share that is to be reached, in thousandths; None where nobody set one.
    """

    key: str
    part: int | None
    whole: int | None
    withheld: bool = False
    target: int | None = None

    @property
    def share(self) -> float | None:
        """The part of the whole; None where there is no whole."""
        return self.part / self.whole if self.part is not None and self.whole else None

    @property
    def reached(self) -> bool | None:
        """Say whether the target is reached; None where there is no target or no share."""
        if self.target is None or self.share is None:
            return None
        gap = self.share * 1000 - self.target
        return gap >= 0 if INDICATORS[self.key].high else gap <= 0


def figure(key: str, part: int, whole: int, target: int | None = None) -> Figure:
    """Return a figure, withheld where it tells of few cases; a whole of nought tells of nobody."""
    if INDICATORS[key].cases and 0 < whole < LEAST:
        return Figure(key, None, None, withheld=True, target=target)
    return Figure(key, part, whole, target=target)


class Kind(StrEnum):
    """What a row of the answer is about."""

    WHOLE = "whole"
    DEPARTMENT = "department"
    DIVISION = "division"
    MONTH = "month"


class By(StrEnum):
    """How an answer is split up."""

    NOTHING = "nothing"
    DEPARTMENT = "department"
    DISTRICT = "district"
    CITY = "city"
    CHILDREN = "children"
    MONTH = "month"


@dataclass(frozen=True)
class Line:
    """The figures of one place or one month: all indicators in their order, those of which nothing is known too."""

    kind: Kind
    code: str
    name: str
    figures: tuple[Figure, ...]

    def __getitem__(self, key: str) -> Figure:
        return next(each for each in self.figures if each.key == key)


def sums(tallies: Iterable[Tally]) -> dict[str, tuple[int, int]]:
    """Add tallies up by indicator."""
    found: dict[str, list[int]] = {}
    for tally in tallies:
        cell = found.setdefault(tally.key, [0, 0])
        cell[0] += tally.part
        cell[1] += tally.whole
    return {key: (part, whole) for key, (part, whole) in found.items()}


def figures_of(sums: Mapping[str, tuple[int, int]], targets: Mapping[str, int]) -> tuple[Figure, ...]:
    """Return all indicators in order; one that was not counted has neither part nor whole."""
    told: list[Figure] = []
    for key in INDICATORS:
        counted, target = sums.get(key), targets.get(key)
        told.append(Figure(key, None, None, target=target) if counted is None else figure(key, *counted, target))
    return tuple(told)
