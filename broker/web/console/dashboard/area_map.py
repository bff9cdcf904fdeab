"""The map of a measure: divisions as areas, each by how good its figure is; those without an outline as tiles below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urlencode

from broker.domain.catalog.divisions import GROUPS, prefix
from broker.domain.oversight.measures import LEADING, By, Kind, Measure
from broker.web.api.oversight.measures import FigureOut, LineOut
from broker.web.console.dashboard.figures import Named, grade, named
from storage.geography.areas import WIDTH, Sketch

COUNTY = GROUPS[2]
GLYPH = 14.0
"""Units that a Chinese character is wide where the map is as wide as its drawing."""

PHONE = 0.6
"""How much less room there is on a phone, where the map is half as wide and the text is not."""

OVER = 2.6

FIGURE = 3.5
"""How many such characters a share takes."""

ACROSS, TILE, GAP = 4, 56.0, 8.0
LONGEST_NAME = 10


@dataclass(frozen=True)
class Spot:
    """A division on the map.

    Attributes:
        place: the page of the divisions below it.
        path: its outline; "" for a tile, whose middle is (x, y).
        named, figured: whether its name, and its share, find room inside; `tight`: not on a phone.
    """

    code: str
    name: str
    figure: FigureOut
    grade: int
    place: str
    path: str
    x: float
    y: float
    named: bool = True
    figured: bool = True
    tight: bool = False

    @property
    def short(self) -> str:
        """Its name, no longer than a tile."""
        return self.name if len(self.name) <= LONGEST_NAME else f"{self.name[: LONGEST_NAME - 1]}…"


@dataclass(frozen=True)
class AreaMap:
    """A measure over divisions, as it is drawn; `beside` are paths of neighbours with their names."""

    indicator: Named
    areas: Sequence[Spot]
    tiles: Sequence[Spot]
    beside: Sequence[tuple[str, str]]
    lines: str
    height: float
    width: float = WIDTH
    tile: tuple[float, float] = ((WIDTH - GAP * (ACROSS - 1)) / ACROSS, TILE)


def area_map(
    measure: Measure, lines: Sequence[LineOut], sketch: Sketch, fields: Mapping[str, str], language: str
) -> AreaMap | None:
    """Return the map of a measure's leading indicator over the lines of an answer; None where no division is told."""
    leading = LEADING[measure]
    about = next(it for it in named(measure, language) if it.key == leading)
    told = {line.code: line for line in lines}
    wide = AreaMap.tile[0]

    def spot(code: str, name: str, path: str, x: float, y: float, room: float) -> Spot:
        line = told[code]
        figure = next(it for it in line.figures if it.indicator == leading)
        name = line.name if line.name != code else name or code
        return Spot(
            code, name, figure, grade(figure), _page({**fields, "division": code}), path, x, y,
            named=_fits(len(name), room), figured=_fits(FIGURE, room), tight=not _fits(FIGURE, room * PHONE),
        )  # fmt: skip

    areas = [spot(it.code, it.name, it.path, it.x, it.y, it.room) for it in sketch.areas]
    top = sketch.height + (GAP if areas else 0)
    tiles = [
        spot(
            code, "", "", (wide + GAP) * (at % ACROSS) + wide / 2, top + (TILE + GAP) * (at // ACROSS) + TILE / 2, wide
        )
        for at, code in enumerate(sketch.unknown)
    ]
    if not areas and not tiles:
        return None
    height = max(chain([sketch.height], (it.y + TILE / 2 for it in tiles)))
    return AreaMap(about, areas, tiles, [(it.path, it.name) for it in sketch.beside], sketch.lines, height)


def _fits(characters: float, room: float) -> bool:
    """Say whether so much text finds room in a circle of that radius; a little may stand over its edge."""
    return characters * GLYPH <= room * OVER


def below(lines: Sequence[LineOut], fields: Mapping[str, str]) -> Mapping[str, str]:
    """Return the page of the divisions below each division of an answer, by its code."""
    return {it.code: _page({**fields, "division": it.code}) for it in lines if it.kind is Kind.DIVISION and it.code}


def above(fields: Mapping[str, str]) -> str:
    """Return the page of what lies beside the division that is asked about: of the one right above it, or of all."""
    digits = fields.get("division", "")
    held = prefix(digits) if digits.isascii() and digits.isdigit() else ""
    end = max((it for it in GROUPS if it < len(held)), default=0)
    rest = {name: value for name, value in fields.items() if name != "division"}
    return _page({**rest, "division": held[:end].ljust(COUNTY, "0")} if end else rest)


def _page(fields: Mapping[str, str]) -> str:
    return f"/dashboard/places?{urlencode({**fields, 'by': By.CHILDREN.value})}"
