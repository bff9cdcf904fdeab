"""The four measures as pages show them: figures in groups, lines over months, shares of places by how good they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from broker.domain.oversight.measure_words import FORMULAS, UNITS
from broker.domain.oversight.measures import INDICATORS, MEASURE_WORDS, Measure
from broker.web.api.oversight.measures import FigureOut, LineOut, MeasuresOut
from broker.web.console import charts

GRADES = (0.98, 0.95, 0.9, 0.8)
"""From which share on a place is the best, the second best, and so on; what is below the last is the worst."""


def in_words(pair: tuple[str, str], language: str) -> str:
    """Return the Chinese or the English of a pair."""
    return pair[1] if language == "en" else pair[0]


@dataclass(frozen=True)
class Named:
    """An indicator with its words in the reader's language."""

    key: str
    name: str
    formula: str
    unit: str


def named(measure: Measure, language: str) -> list[Named]:
    """Return the indicators of a measure in their order."""
    return [
        Named(
            it.key, in_words((it.zh, it.en), language), in_words(FORMULAS[it.key], language),
            in_words(UNITS[it.unit], language),
        )
        for it in INDICATORS.values()
        if it.measure is measure
    ]  # fmt: skip


def titles(language: str) -> dict[Measure, str]:
    """Return what the four measures are called."""
    return {measure: in_words(MEASURE_WORDS[measure], language) for measure in Measure}


@dataclass(frozen=True)
class Group:
    """One measure: its name, and its indicators with what each line says of them; one row a line."""

    measure: Measure
    title: str
    indicators: Sequence[Named]
    rows: Sequence[tuple[LineOut, Sequence[FigureOut]]]
    chart: charts.Lines | None = None


def group(measure: Measure, lines: Sequence[LineOut], language: str) -> Group:
    """Return a measure over lines: one for the whole, one a place, one a month."""
    rows = [(line, [it for it in line.figures if it.measure is measure]) for line in lines]
    return Group(measure, titles(language)[measure], named(measure, language), rows)


def trend(measure: Measure, told: MeasuresOut, language: str) -> Group:
    """Return a measure over the months of the answer, with its chart."""
    found = group(measure, told.lines, language)
    series: Mapping[str, list[float | None]] = {
        it.name: [figures[place].share for _, figures in found.rows] for place, it in enumerate(found.indicators)
    }
    slots = [line.code for line in told.lines]
    return Group(measure, found.title, found.indicators, found.rows, charts.lines(slots, series))


def grade(figure: FigureOut) -> int:
    """Return how good a share is, from 1 (best) to 5; 0 where there is none."""
    if figure.share is None:
        return 0
    good = figure.share if INDICATORS[figure.indicator].high else 1 - figure.share
    return next((place for place, least in enumerate(GRADES, 1) if good >= least), len(GRADES) + 1)
