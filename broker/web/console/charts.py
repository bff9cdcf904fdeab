"""Charts as the server draws them: figures in, places in a small SVG out; templates/_charts.html writes them down.

All units are those of the view box. What is known by colour is known by shape, dash or hatching too, and everything a
chart shows stands in a table beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

WIDTH, HEIGHT = 340.0, 170.0
LEFT, RIGHT, TOP, BOTTOM = 36.0, 20.0, 8.0, 22.0
FLOORS = (0.9, 0.8, 0.5)
LABELS = 6
"""How many names fit below a chart of lines."""

ROW = 30.0
BAR = 14.0
WITHHELD = 5
"""How wide a figure is drawn that is withheld because it is under ten."""

LANE = 30.0


@dataclass(frozen=True)
class Mark:
    """A point of a line: its place, what of, how much; `value` is a share of one."""

    x: float
    y: float
    slot: str
    value: float


@dataclass(frozen=True)
class Series:
    """One line: its marks, and the runs between them as `points` of polylines; a gap where nothing is known."""

    name: str
    number: int
    marks: tuple[Mark, ...]
    runs: tuple[str, ...]


@dataclass(frozen=True)
class Lines:
    """A chart of shares over months: `ticks` and `slots` are the names beside it with their places."""

    series: tuple[Series, ...]
    ticks: tuple[tuple[float, float], ...]
    slots: tuple[tuple[float, str], ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT


def lines(slots: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Lines:
    """Return the chart of `series`, each with one share of one a slot, None where nothing is known."""
    known = [value for values in series.values() for value in values if value is not None]
    floor = next((it for it in FLOORS if known and min(known) >= it), 0.0)
    span = WIDTH - LEFT - RIGHT
    step = span / max(1, len(slots) - 1)
    across = [LEFT + (place * step if len(slots) > 1 else span / 2) for place in range(len(slots))]

    def up(value: float) -> float:
        return round(TOP + (1 - (value - floor) / (1 - floor)) * (HEIGHT - TOP - BOTTOM), 1)

    drawn = []
    for number, (name, values) in enumerate(series.items(), 1):
        row = list(zip(across, slots, values, strict=True))
        marks = tuple(Mark(round(x, 1), up(it), slot, it) for x, slot, it in row if it is not None)
        runs = (
            [f"{x:.1f},{up(it):.1f}" for x, _, it in run if it is not None]
            for told, run in groupby(row, lambda cell: cell[2] is not None)
            if told
        )
        drawn.append(Series(name, number, marks, tuple(" ".join(run) for run in runs if len(run) > 1)))
    every = max(1, -(-len(slots) // LABELS))
    named = tuple(
        (round(x, 1), slot) for place, (x, slot) in enumerate(zip(across, slots, strict=True)) if place % every == 0
    )
    ticks = tuple((up(value), value) for value in (floor, (floor + 1) / 2, 1.0))
    return Lines(tuple(drawn), ticks, named)


@dataclass(frozen=True)
class Segment:
    """A part of a bar; `count` None is withheld. `number` is its place in the order of the parts, from one."""

    x: float
    width: float
    number: int
    part: str
    count: int | None


@dataclass(frozen=True)
class Stack:
    """One bar made of parts."""

    y: float
    name: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Stacks:
    """Bars below each other, all to one scale."""

    rows: tuple[Stack, ...]
    height: float
    width: float = WIDTH
    thick: float = BAR


def stacks(parts: Sequence[str], rows: Mapping[str, Mapping[str, int | None]]) -> Stacks:
    """Return a bar a row, made of `parts` in their order; a part that a row lacks is nought, None is withheld."""

    def drawn(count: int | None) -> int:
        return WITHHELD if count is None else count

    longest = max((sum(map(drawn, row.values())) for row in rows.values()), default=0)
    scale = WIDTH / max(1, longest)
    bars = []
    for place, (name, row) in enumerate(rows.items()):
        x, segments = 0.0, []
        for number, part in enumerate(parts, 1):
            count = row.get(part, 0)
            if wide := drawn(count) * scale:
                segments.append(Segment(round(x, 1), round(wide, 1), number, part, count))
                x += wide
        bars.append(Stack(place * ROW + ROW - BAR, name, tuple(segments)))
    return Stacks(tuple(bars), len(rows) * ROW + 4)


@dataclass(frozen=True)
class Happened:
    """Something that happened at an instant; `tone` is good, bad or plain, `key` leads to the row that tells of it."""

    at: datetime
    text: str
    tone: str
    key: str


@dataclass(frozen=True)
class Dot:
    """Something that happened, at its place."""

    x: float
    y: float
    of: Happened


@dataclass(frozen=True)
class Stretch:
    """Something that lasted, at its place."""

    x: float
    width: float
    y: float
    begin: datetime
    end: datetime


@dataclass(frozen=True)
class Lane:
    """One line of a picture of what happened: its dots and what lasted."""

    name: str
    y: float
    dots: tuple[Dot, ...]
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True)
class Lanes:
    """What happened, side by side in time."""

    rows: tuple[Lane, ...]
    begin: datetime
    end: datetime
    height: float
    width: float = 640.0
    left: float = 110.0
    right: float = 630.0


def lanes(
    rows: Mapping[str, Sequence[Happened]], lasted: Mapping[str, Sequence[tuple[datetime, datetime]]]
) -> Lanes | None:
    """Return a lane a row; None where nothing happened. What lasted is cut at the first and the last thing there is."""
    instants = [it.at for row in rows.values() for it in row]
    if not instants:
        return None
    begin, end = min(instants), max(instants)
    frame = Lanes((), begin, end, len(rows) * LANE + 24)
    long = (end - begin) or timedelta(seconds=1)

    def across(at: datetime) -> float:
        part = min(1.0, max(0.0, (at - begin) / long))
        return round(frame.left + 8 + part * (frame.right - frame.left - 16), 1)

    drawn = []
    for place, (name, row) in enumerate(rows.items()):
        y = place * LANE + LANE / 2
        spans = [(max(first, begin), min(last, end)) for first, last in lasted.get(name, ()) if last > begin]
        drawn.append(
            Lane(
                name, y, tuple(Dot(across(it.at), y, it) for it in row),
                tuple(Stretch(across(a), round(across(b) - across(a), 1), y, a, b) for a, b in spans if b > a),
            )
        )  # fmt: skip
    return Lanes(tuple(drawn), begin, end, frame.height)
