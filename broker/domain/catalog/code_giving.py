"""Codes for points that have none: what a code is to say, which place of numbers that is, and who gets which number."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.divisions import ACCESS_UNIT, GROUPS
from broker.domain.catalog.gb_code import Edition, compose
from broker.domain.errors import BrokerError, Conflict, Invalid

MOST_AT_ONCE = 20_000
FIRST_SHOWN = 20


@dataclass(frozen=True)
class CodeAsk:
    """What a code is to say; its serial is the next free one. Without `division` it is the point's own."""

    division: str | None = None
    industry: str = "00"
    type: str = "132"
    network: str = "0"
    edition: Edition = Edition.Y2022


@dataclass(frozen=True)
class Uncoded:
    """Points that get no code for one reason: how many, the first of them, and what was wrong with the very first."""

    reason: BrokerError
    points: int
    first: tuple[Camera, ...]


@dataclass(frozen=True)
class Giving:
    """Which code each point gets, by 14 digits the serials that are given there, and which points get none."""

    codes: tuple[tuple[Camera, str], ...]
    places: Mapping[str, tuple[int, ...]]
    uncoded: tuple[Uncoded, ...]


@dataclass
class Wanted:
    """Points in the order in which they are numbered, by the 14 digits that their codes begin with."""

    places: dict[str, list[Camera]] = field(default_factory=dict)
    refused: list[tuple[Camera, BrokerError]] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        return {place: len(points) for place, points in self.places.items()}


def place_of(ask: CodeAsk, division: str) -> str:
    """Return the 14 digits before the serial for a point in `division`.

    A town or village says nothing in a code, whose seventh and eighth digit name the unit that takes devices in; so the
    code says its county.

    Raises:
        Invalid: the division is above the county's level or unknown, or a group of digits says nothing.
    """
    told = ask.division or division
    county = told[: GROUPS[2]] if len(told) > ACCESS_UNIT else told
    if len(county) not in {GROUPS[2], ACCESS_UNIT}:
        raise Invalid("camera-code-division", pointer="/division", value=told)
    code = compose(county, 1, industry=ask.industry, type_=ask.type, network=ask.network, edition=ask.edition)
    return str(code)[:14]


def wanted(ask: CodeAsk, points: Iterable[Camera]) -> Wanted:
    """Put points together by the place of their codes."""
    found = Wanted()
    for point in points:
        try:
            found.places.setdefault(place_of(ask, point.division), []).append(point)
        except Invalid as error:
            found.refused.append((point, error))
    return found


def give(asked: Wanted, free: Mapping[str, Sequence[int]]) -> Giving:
    """Give each point the next of the free serials of its place, as far as there are any."""
    codes: list[tuple[Camera, str]] = []
    refused = list(asked.refused)
    given: dict[str, tuple[int, ...]] = {}
    for place, points in asked.places.items():
        serials = tuple(free.get(place, ()))[: len(points)]
        codes += [(point, f"{place}{serial:06d}") for point, serial in zip(points, serials, strict=False)]
        refused += [(point, Conflict("camera-codes-used-up", place=place)) for point in points[len(serials) :]]
        if serials:
            given[place] = serials
    return Giving(tuple(codes), given, _by_reason(refused))


def _by_reason(refused: Sequence[tuple[Camera, BrokerError]]) -> tuple[Uncoded, ...]:
    counts = Counter(error.slug for _, error in refused)
    found = []
    for slug, count in counts.most_common():
        them = [(point, error) for point, error in refused if error.slug == slug]
        found.append(Uncoded(them[0][1], count, tuple(point for point, _ in them[:FIRST_SHOWN])))
    return tuple(found)
