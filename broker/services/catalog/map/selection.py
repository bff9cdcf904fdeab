"""Which points of the index somebody sees and asks for: worked out once, then drawn and counted from."""

from collections.abc import Collection
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broker.domain.catalog.catalog import Lifecycle, Status, Visibility
from broker.domain.catalog.divisions import interval
from broker.domain.catalog.finding import Question
from broker.domain.catalog.places import Box
from broker.domain.catalog.visibility import Viewer
from broker.services.catalog.map.grid import BITS
from broker.services.catalog.map.index import (
    BOUND,
    CLASS,
    FOUR_BITS,
    LIFECYCLE,
    SENSITIVE,
    STATUS,
    VISIBILITY,
    MapIndex,
    halves,
)
from storage.db.catalog.map_rows import LIFECYCLES, STATUSES, VISIBILITIES
from storage.geometry import inside

COARSE = 11
"""The level whose cells are kept ready for the tiles of small scales."""
LONGEST = 12
"""Figures of a division."""
ODD = 0.002
"""The share of points at each side that may lie wherever they like."""

Mask = NDArray[np.bool_]
Halves = NDArray[np.uint64]


class Selection:
    """The points of one index that a viewer may know of and that answer a question.

    `hits` are the later halves of the ids that the text of the question finds, in order; None when it has none.
    """

    def __init__(self, index: MapIndex, viewer: Viewer, question: Question, hits: Halves | None = None) -> None:
        self.index = index
        self.mask = seen(index, viewer) & _answers(index, question)
        if hits is not None:
            self.mask &= np.isin(halves(index.ids), hits)

    @cached_property
    def cells(self) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
        """The cells of the coarse level that hold points, and for each: how many, how many on, the sums of places."""
        keys = self.index.keys[self.mask] >> np.uint64(2 * (BITS - COARSE))
        if not len(keys):
            return keys, np.zeros((0, 4))
        begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        across, down = self.index.square
        on = self.index.trait(STATUS) == STATUSES.index(Status.ON)
        columns = (np.ones(len(keys)), on[self.mask], across[self.mask], down[self.mask])
        sums = np.column_stack([np.add.reduceat(column.astype(np.float64), begins) for column in columns])
        return keys[begins], sums

    @cached_property
    def bounds(self) -> Box | None:
        """Where nearly all of the points lie, so that the odd one in the ocean does not count; None without any."""
        places = np.flatnonzero(self.mask)
        if not len(places):
            return None
        west, east = np.quantile(self.index.longitudes[places], (ODD, 1 - ODD)).tolist()
        south, north = np.quantile(self.index.latitudes[places], (ODD, 1 - ODD)).tolist()
        return Box(west, south, east, north)


def seen(index: MapIndex, viewer: Viewer) -> Mask:
    """Return which points a viewer may know of; the same rule as `storage/db/catalog/seen.py`."""
    if viewer.all:
        return np.ones(len(index), dtype=np.bool_)
    visibility = index.trait(VISIBILITY)
    reached = np.array([viewer.reaches(path) for path in index.names.paths], dtype=np.bool_)
    paths = dict(zip(index.names.departments, index.names.paths, strict=True))
    above = viewer.above
    named = np.array([any(paths.get(key) in above for key in keys) for keys in index.names.shown], dtype=np.bool_)
    listed = visibility == VISIBILITIES.index(Visibility.LISTED)
    shared = visibility == VISIBILITIES.index(Visibility.SHARED)
    return np.asarray(shared | reached[index.owners] | (listed & named[index.shown]))


def _answers(index: MapIndex, question: Question) -> Mask:
    held = np.ones(len(index), dtype=np.bool_)
    if question.division:
        prefix, _ = interval(question.division)
        low, width = int(prefix.ljust(LONGEST, "0")), 10 ** (LONGEST - len(prefix))
        held &= (index.divisions >= low) & (index.divisions < low + width)
    if question.owners is not None:
        owners = {key.bytes for key in question.owners}
        held &= np.array([key in owners for key in index.names.departments], dtype=np.bool_)[index.owners]
    if question.classes:
        held &= np.isin(index.trait(CLASS, FOUR_BITS), sorted(question.classes))
    if question.statuses:
        held &= np.isin(index.trait(STATUS), _numbers(STATUSES, question.statuses))
    if question.lifecycles:
        held &= np.isin(index.trait(LIFECYCLE), _numbers(LIFECYCLES, question.lifecycles))
    if question.bound is not None:
        held &= ((index.traits & BOUND) > 0) == question.bound
    if question.sensitive is not None:
        held &= ((index.traits & SENSITIVE) > 0) == question.sensitive
    if question.tags:
        held &= np.array([question.tags <= set(each) for each in index.names.tags], dtype=np.bool_)[index.tags]
    return _within(index, question, held)


def _within(index: MapIndex, question: Question, held: Mask) -> Mask:
    for place in question.places:
        near = np.zeros(len(index), dtype=np.bool_)
        for box in place.boxes:
            near |= (index.latitudes >= box.south) & (index.latitudes <= box.north) & (
                index.longitudes >= box.west) & (index.longitudes <= box.east)  # fmt: skip
        some = np.flatnonzero(near & held)
        held = np.zeros(len(index), dtype=np.bool_)
        held[some] = inside(place, index.longitudes[some], index.latitudes[some])
    return held


def _numbers(known: tuple[Status, ...] | tuple[Lifecycle, ...], wanted: Collection[str]) -> list[int]:
    return [place for place, value in enumerate(known) if value in wanted]
