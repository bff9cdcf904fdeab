"""Whether two numbers are a place on the earth; WGS-84 degrees, as GB/T 28181-2022 A.2.1.9 asks for them."""

from typing import NamedTuple

LATITUDE = 90.0
LONGITUDE = 180.0
CHINA = ((3.0, 54.0), (73.0, 136.0))
"""Latitudes and longitudes between which China lies."""


class PlaceFault(NamedTuple):
    """Why a pair of numbers is no place."""

    field: str
    reason: str
    allowed: str


def place_fault(latitude: float, longitude: float) -> PlaceFault | None:
    """Return what is wrong with a place, or None.

    Swapped is told when only the exchange gives a place on the earth, and when only the exchange lies in China while
    the pair as it stands lies in the Arctic sea north of Europe, where nobody watches a street.
    """
    fits = _on_earth(latitude, longitude)
    if (not fits and _on_earth(longitude, latitude)) or (
        in_china(longitude, latitude) and not in_china(latitude, longitude)
    ):
        return PlaceFault("latitude", "point-coordinates-swapped", f"{longitude}, {latitude}")
    if abs(latitude) > LATITUDE:
        return PlaceFault("latitude", "point-coordinate-range", "-90…90")
    if abs(longitude) > LONGITUDE:
        return PlaceFault("longitude", "point-coordinate-range", "-180…180")
    if latitude == 0 and longitude == 0:
        return PlaceFault("latitude", "point-coordinates-zero", "")
    return None


def _on_earth(latitude: float, longitude: float) -> bool:
    return abs(latitude) <= LATITUDE and abs(longitude) <= LONGITUDE


def in_china(latitude: float, longitude: float) -> bool:
    """Say whether a place lies in the box around China."""
    (south, north), (west, east) = CHINA
    return south <= latitude <= north and west <= longitude <= east
