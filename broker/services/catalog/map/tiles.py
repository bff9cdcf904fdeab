"""What a tile shows: single points where there are few, else clusters of cells, eight by eight."""

import numpy as np
from numpy.typing import NDArray

from broker.domain.catalog.catalog import Status
from broker.services.catalog.map.grid import BITS, Grid, Keys, placed, tile_run
from broker.services.catalog.map.index import CLASS, FOUR_BITS, STATUS, MapIndex, Places
from broker.services.catalog.map.mvt import EXTENT, Feature, encode
from broker.services.catalog.map.selection import COARSE, Selection
from storage.db.catalog.map_rows import STATUSES

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
    keys, run = _run(selection.index, grid, z, x, y)
    held = selection.mask[run]
    count = int(np.count_nonzero(held))
    if count <= FEW or (z >= SINGLE_FROM and count <= MANY):
        places = np.flatnonzero(held) + run.start if isinstance(run, slice) else run[held]
        return encode(LAYER, _singles(selection, places, _square(selection.index, grid, places), corner, z))
    begin, end = tile_run(z, x, y)
    cells = np.uint64(begin) + np.arange(4**CELLS, dtype=np.uint64) * np.uint64((end - begin) >> 2 * CELLS)
    edges = np.append(np.searchsorted(keys, cells), len(keys))
    return encode(LAYER, _clusters(_fine(selection, grid, run, held, edges), corner, z))


def _fine(
    selection: Selection, grid: Grid, run: slice | Places, held: NDArray[np.bool_], edges: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the sums of the cells of a tile, each of which is one part of its run."""
    on = held & (selection.index.trait(STATUS, run=run) == STATUSES.index(Status.ON))
    across, down = _square(selection.index, grid, run)
    sums = np.column_stack([_between(column, edges) for column in (held, on, across * held, down * held)])
    return sums[sums[:, 0] > 0]


def _between(values: NDArray[np.generic], edges: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the sum of the values between one edge and the next; of none it is nought."""
    whole = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.diff(whole[edges])


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


def _run(index: MapIndex, grid: Grid, z: int, x: int, y: int) -> tuple[Keys, slice | Places]:
    """Return the keys of a tile's points in order, and where in the index the points stand."""
    keys = index.keys if grid is Grid.MERCATOR else index.by_degrees[0]
    run = slice(*np.searchsorted(keys, np.array(tile_run(z, x, y), dtype=np.uint64)).tolist())
    return keys[run], run if grid is Grid.MERCATOR else index.by_degrees[1][run]


def _square(index: MapIndex, grid: Grid, places: slice | Places) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if grid is Grid.MERCATOR:
        across, down = index.square
        return across[places], down[places]
    return placed(grid, index.longitudes[places], index.latitudes[places])


def _singles(
    selection: Selection, places: Places, square: tuple[NDArray[np.float64], NDArray[np.float64]],
    corner: tuple[float, float], z: int,
) -> list[Feature]:  # fmt: skip
    index = selection.index
    ids = [
        f"{it[:8]}-{it[8:12]}-{it[12:16]}-{it[16:20]}-{it[20:]}" for it in map(bytes.hex, index.ids[places].tolist())
    ]
    statuses = index.trait(STATUS, run=places).tolist()
    classes = index.trait(CLASS, FOUR_BITS, places).tolist()
    xs, ys = _inside(square[0], corner[0], z), _inside(square[1], corner[1], z)
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
    middles = left[:, 2:] / left[:, :1]
    near = np.hypot(*(middles[:, None] - middles[None, :]).T) < close
    free = np.ones(len(left), dtype=np.bool_)
    taken = np.zeros((len(left), len(left)))
    for place in range(len(left)):
        if free[place]:
            taken[place] = mine = near[place] & free
            free &= ~mine
    return (taken @ left)[taken.any(axis=1)]


def _inside(values: NDArray[np.float64], corner: float, z: int) -> list[int]:
    within = np.floor((values - corner) * 2**z * EXTENT)
    return np.clip(within, 0, EXTENT - 1).astype(int).tolist()  # type: ignore[no-any-return]
