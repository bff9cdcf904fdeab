"""The two grids of map tiles, and the order of Morton in which a tile of either is one run of points.

3857  the web Mercator square of most maps
4490  longitude and latitude of CGCS2000 (tile matrix `c` of 天地图): the upper half of a square of degrees
"""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

BITS = 28  # of each axis: 15 cm at the equator
DEEPEST = 22
_HIGHEST = 85.0511287798066

Keys = NDArray[np.uint64]


class Grid(StrEnum):
    """How longitude and latitude become a place in the square."""

    MERCATOR = "3857"
    DEGREES = "4490"


def placed(grid: Grid, longitudes: NDArray[np.float64], latitudes: NDArray[np.float64]) -> tuple[
    NDArray[np.float64], NDArray[np.float64]
]:  # fmt: skip
    """Return where points lie in the square of a grid: 0 to 1 from the west and from the north."""
    across = (longitudes + 180.0) / 360.0
    if grid is Grid.DEGREES:
        return across, (90.0 - latitudes) / 360.0
    sine = np.sin(np.radians(np.clip(latitudes, -_HIGHEST, _HIGHEST)))
    return across, 0.5 - np.log((1 + sine) / (1 - sine)) / (4 * np.pi)


def morton(across: NDArray[np.float64], down: NDArray[np.float64]) -> Keys:
    """Return the key of places in the square: the bits of both axes in turn."""
    most = 2**BITS
    columns = np.clip(across * most, 0, most - 1).astype(np.uint64)
    rows = np.clip(down * most, 0, most - 1).astype(np.uint64)
    return _spread(columns) | (_spread(rows) << np.uint64(1))


def _spread(values: Keys) -> Keys:
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F), (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):  # fmt: skip
        values = (values | (values << np.uint64(shift))) & np.uint64(mask)
    return values


def tile_run(z: int, x: int, y: int) -> tuple[int, int]:
    """Return the first key of a tile and the first behind it."""
    code = 0
    for bit in range(z):
        code |= (x >> bit & 1) << 2 * bit | (y >> bit & 1) << 2 * bit + 1
    shift = 2 * (BITS - z)
    return code << shift, (code + 1) << shift
