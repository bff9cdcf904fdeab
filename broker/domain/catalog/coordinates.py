"""WGS-84, in which everything is kept, and the two systems in which Chinese maps and lists often tell a place.

GCJ-02 is WGS-84 with an offset of some hundred metres, by a formula that was never published and that everybody uses;
inside the borders only. BD-09 is GCJ-02 with a second offset. CGCS2000 (EPSG:4490) differs from WGS-84 by less than the
breadth of a hand and is taken for it. Degrees throughout, latitude first, as in the rest of the program.
"""

from enum import StrEnum
from math import atan2, cos, hypot, pi, sin, sqrt

AXIS = 6378245.0  # metres: the ellipsoid of Krassowski, which the formula of GCJ-02 is written for
SQUARED_ECCENTRICITY = 0.00669342162296594323
SOUTH, NORTH, WEST, EAST = 0.8293, 55.8271, 72.004, 137.8347
NEAR_ENOUGH = 1e-9  # degrees, a tenth of a millimetre
MOST_ROUNDS = 12
_BAIDU = pi * 3000.0 / 180.0

Place = tuple[float, float]


class System(StrEnum):
    """In which system a place is told."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def to_wgs84(latitude: float, longitude: float, system: System) -> Place:
    """Return a place told in `system` in WGS-84, to less than a millimetre of what `from_wgs84` makes of it."""
    if system is System.WGS84:
        return latitude, longitude
    told = _gcj_of_baidu(latitude, longitude) if system is System.BD09 else (latitude, longitude)
    return _undo(told)


def from_wgs84(latitude: float, longitude: float, system: System) -> Place:
    """Return a place in `system`."""
    if system is System.WGS84:
        return latitude, longitude
    shifted = _shift(latitude, longitude)
    return _baidu_of_gcj(*shifted) if system is System.BD09 else shifted


def offset_there(latitude: float, longitude: float) -> bool:
    """Say whether the offset is made at a place: in a box around the country, which is how maps tell it."""
    return SOUTH <= latitude <= NORTH and WEST <= longitude <= EAST


def _shift(latitude: float, longitude: float) -> Place:
    if not offset_there(latitude, longitude):
        return latitude, longitude
    x, y = longitude - 105.0, latitude - 35.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + _ripple(x)
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + _ripple(x)
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    angle = latitude / 180.0 * pi
    bend = 1.0 - SQUARED_ECCENTRICITY * sin(angle) ** 2
    meridian = AXIS * (1.0 - SQUARED_ECCENTRICITY) / (bend * sqrt(bend)) * pi / 180.0
    parallel = AXIS / sqrt(bend) * cos(angle) * pi / 180.0
    return latitude + north / meridian, longitude + east / parallel


def _ripple(x: float) -> float:
    return (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0


def _undo(told: Place) -> Place:
    """Find the place whose shift is `told`; the offset changes so slowly that each round gains two digits or more."""
    latitude, longitude = told
    if not offset_there(latitude, longitude):
        return told
    for _ in range(MOST_ROUNDS):
        north, east = _shift(latitude, longitude)
        north, east = north - told[0], east - told[1]
        latitude, longitude = latitude - north, longitude - east
        if abs(north) < NEAR_ENOUGH and abs(east) < NEAR_ENOUGH:
            break
    return latitude, longitude


def _baidu_of_gcj(latitude: float, longitude: float) -> Place:
    far = hypot(longitude, latitude) + 0.00002 * sin(latitude * _BAIDU)
    angle = atan2(latitude, longitude) + 0.000003 * cos(longitude * _BAIDU)
    return far * sin(angle) + 0.006, far * cos(angle) + 0.0065


def _gcj_of_baidu(latitude: float, longitude: float) -> Place:
    """Undo the second offset by rounds, since the formula that others publish for it misses by half a metre."""
    y, x = latitude - 0.006, longitude - 0.0065
    for _ in range(MOST_ROUNDS):
        told = _baidu_of_gcj(y, x)
        north, east = told[0] - latitude, told[1] - longitude
        y, x = y - north, x - east
        if abs(north) < NEAR_ENOUGH and abs(east) < NEAR_ENOUGH:
            break
    return y, x
