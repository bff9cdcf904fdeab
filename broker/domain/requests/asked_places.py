"""Places, spots and spans as people write them in a query or on the command line: "120.1,30.2;120.2,30.2"."""

from collections.abc import Mapping
from datetime import datetime

from broker.domain.catalog import places
from broker.domain.catalog.places import Place, Spot
from broker.domain.errors import Invalid
from broker.domain.time import TimeSpan

WIDTH = 50.0
"""Metres to each side of a line where nobody says another width."""


def spot_of(told: str, pointer: str) -> Spot:
    """Return the one spot that "longitude,latitude" names.

    Raises:
        Invalid: `bad-place`, as do all functions here where numbers are missing, too many or none.
    """
    longitude, latitude = _numbers(told, 2, pointer)
    checked = places.circle(longitude, latitude, 0.0, pointer)
    return checked.longitude, checked.latitude


def places_of(told: Mapping[str, str | None], width: float = WIDTH, at: str = "#query/") -> tuple[Place, ...]:
    """Return the places that were told under `box`, `circle`, `polygon` and `line`; `at` begins their pointers."""
    found: list[Place] = []
    if box := told.get("box"):
        west, south, east, north = _numbers(box, 4, f"{at}box")
        found.append(places.box(west, south, east, north, f"{at}box"))
    if circle := told.get("circle"):
        longitude, latitude, metres = _numbers(circle, 3, f"{at}circle")
        found.append(places.circle(longitude, latitude, metres, f"{at}circle"))
    if polygon := told.get("polygon"):
        found.append(places.polygon(_spots(polygon, f"{at}polygon"), f"{at}polygon"))
    if line := told.get("line"):
        found.append(places.corridor(_spots(line, f"{at}line"), width, f"{at}line"))
    return tuple(found)


def recorded_span(begin: datetime | None, end: datetime | None, at: str = "#query/") -> TimeSpan | None:
    """Return the span that has to be recorded; None when nobody asks for one.

    Raises:
        Invalid: one of its ends is missing, or it is reversed.
    """
    if begin is None and end is None:
        return None
    if begin is None or end is None:
        missing = "recorded_from" if begin is None else "recorded_to"
        raise Invalid("recorded-half", pointer=f"{at}{missing}")
    if begin >= end:
        raise Invalid("reversed-time", pointer=f"{at}recorded_to", begin=begin.isoformat(), end=end.isoformat())
    return TimeSpan(begin, end)


def _spots(told: str, pointer: str) -> list[Spot]:
    pairs = (_numbers(pair, 2, pointer) for pair in told.split(";"))
    return [(longitude, latitude) for longitude, latitude in pairs]


def _numbers(told: str, count: int, pointer: str) -> list[float]:
    try:
        numbers = [float(part) for part in told.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise Invalid("bad-place", pointer=pointer, reason=told[:80])
    return numbers
