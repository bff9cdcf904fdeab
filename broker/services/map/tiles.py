"""What a tile shows: single points where there are few, else clusters of cells, eight by eight."""

from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from broker.domain.catalog import Status
from broker.services.map.grid import BITS, Grid, placed, tile_run
from broker.services.map.index import CLASS, FOUR_BITS, STATUS, Places
from broker.services.map.mvt import EXTENT, Feature, encode
from broker.services.map.selection import COARSE, Selection
from storage.db.map_rows import STATUSES

LAYER = "points"
CELLS = 3  # eight cells to a side
FEW, MANY = 300, 4_000
SINGLE_FROM = 17  # the scale from which points stand alone
CLOSE = 44 / 512 * EXTENT
"""Clusters nearer to each other than 44 of a tile's 512 pixels are one."""


def tile(selection: Selection, grid: Grid, z: int, x: int, y: int) -> bytes:
    """Return a tile of what a selection holds; empty where it holds nothing."""
    corner = (x / 2**z, y / 2**z)
    if grid is Grid.MERCATOR and z + CELLS <= COARSE:
        sums = _coarse(selection, z, x, y)
        if sums[:, 0].sum() > FEW:
            return encode(LAYER, _clusters(sums, corner, z))
    places = _run(selection, grid, z, x, y)
    across, down = _square(selection, grid, places)
    if len(places) <= FEW or (z >= SINGLE_FROM and len(places) <= MANY):
        return encode(LAYER, _singles(selection, places, across, down, corner, z))
    scale = 2 ** (z + CELLS)
    cells = np.floor(down * scale).astype(np.int64) * scale + np.floor(across * scale).astype(np.int64)
    _, groups = np.unique(cells, return_inverse=True)
    on = selection.index.trait(STATUS)[places] == STATUSES.index(Status.ON)
    columns = (np.ones(len(places)), on.astype(np.float64), across, down)
    sums = np.column_stack([np.bincount(groups, weights=column) for column in columns])
    return encode(LAYER, _clusters(sums, corner, z))


def _coarse(selection: Selection, z: int, x: int, y: int) -> NDArray[np.float64]:
    """Return the sums of the cells of a tile, from those kept ready."""
    keys, sums = selection.cells
    shift = 2 * (BITS - COARSE)
    begin, end = np.searchsorted(keys, np.array([key >> shift for key in tile_run(z, x, y)], dtype=np.uint64))
    if begin == end:
        return np.zeros((0, 4))
    cells = keys[begin:end] >> np.uint64(2 * (COARSE - z - CELLS))
    begins = np.flatnonzero(np.concatenate([[True], cells[1:] != cells[:-1]]))
    return np.add.reduceat(sums[begin:end], begins, axis=0)


def _run(selection: Selection, grid: Grid, z: int, x: int, y: int) -> Places:
    keys = selection.index.keys if grid is Grid.MERCATOR else selection.index.by_degrees[0]
    begin, end = np.searchsorted(keys, np.array(tile_run(z, x, y), dtype=np.uint64)).tolist()
    if grid is Grid.MERCATOR:
        return np.asarray(begin + np.flatnonzero(selection.mask[begin:end]))
    places = selection.index.by_degrees[1][begin:end]
    return np.asarray(places[selection.mask[places]])


def _square(selection: Selection, grid: Grid, places: Places) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    index = selection.index
    return placed(grid, index.longitudes[places], index.latitudes[places])


def _singles(
    selection: Selection, places: Places, across: NDArray[np.float64], down: NDArray[np.float64],
    corner: tuple[float, float], z: int,
) -> list[Feature]:  # fmt: skip
    index = selection.index
    ids = [str(UUID(bytes=bytes(key))) for key in index.ids[places]]
    statuses = index.trait(STATUS)[places].tolist()
    classes = index.trait(CLASS, FOUR_BITS)[places].tolist()
    xs, ys = _inside(across, corner[0], z), _inside(down, corner[1], z)
    return [
        Feature(x, y, {"id": key, "status": STATUSES[status].value, "class": point_class})
        for x, y, key, status, point_class in zip(xs, ys, ids, statuses, classes, strict=True)
    ]


def _clusters(sums: NDArray[np.float64], corner: tuple[float, float], z: int) -> list[Feature]:
    merged = _merged(sums, CLOSE / EXTENT / 2**z)
    counts = merged[:, 0]
    xs, ys = _inside(merged[:, 2] / counts, corner[0], z), _inside(merged[:, 3] / counts, corner[1], z)
    numbers = zip(xs, ys, counts.astype(int).tolist(), merged[:, 1].astype(int).tolist(), strict=True)
    return [Feature(x, y, {"count": count, "on": on}) for x, y, count, on in numbers]


def _merged(sums: NDArray[np.float64], close: float) -> NDArray[np.float64]:
    """Return clusters of which none is close to a larger one: the largest take in what is around them."""
    left = sums[np.argsort(-sums[:, 0], kind="stable")]
    merged = []
    while len(left):
        middles = left[:, 2:] / left[:, :1]
        near = np.hypot(*(middles - middles[0]).T) < close
        merged.append(left[near].sum(axis=0))
        left = left[~near]
    return np.array(merged).reshape(-1, 4)


def _inside(values: NDArray[np.float64], corner: float, z: int) -> list[int]:
    within = np.floor((values - corner) * 2**z * EXTENT)
    return np.clip(within, 0, EXTENT - 1).astype(int).tolist()  # type: ignore[no-any-return]
