"""A piece of a list column by column: what is plain is known of thousands of cells at once.

There is one set of rules, the readers of the fields. They are asked once for each different text of a column, and where
nearly every text is another one, a glance says of all of them that their reader would give each as it stands
(`cells.plain_texts`, `cells.plain_numbers`). A row with a cell that its reader refuses is doubtful, and is read again
alone, with care.
"""

from collections.abc import Callable, Iterable, Mapping, MutableSet, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeGuard

from broker.services.catalog.catalog_files.extra import Keeper
from broker.services.catalog.catalog_files.faults import CellFault
from broker.services.catalog.catalog_files.mapping import ColumnMapping
from broker.services.catalog.catalog_files.remembered import Remembered
from broker.services.catalog.catalog_files.rows import Row

Reader = Callable[[object], Any]
Glance = Callable[[Sequence[str]], Sequence[Any] | None]
"""From all texts of a column to all values; None where it takes a closer look."""

FEW = 4
"""A column with fewer than one different text in so many is read text by text."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the fields and the other columns of some rows say; nothing of it counts for a row that is doubtful."""

    fields: dict[str, Sequence[Any]]
    extra: Sequence[Mapping[str, object]]
    dropped: Sequence[tuple[str, ...]]
    doubtful: set[int]

    def row(self, place: int, fields: Iterable[str]) -> dict[str, Any]:
        return {field: self.fields[field][place] for field in fields if field in self.fields}


class Columns:
    """Reads the rows of one list; remembers what the readers made of texts that come again."""

    def __init__(
        self, mapping: ColumnMapping, readers: Mapping[str, Reader], glances: Mapping[str, Glance], keeper: Keeper
    ) -> None:  # fmt: skip
        self._mapping = mapping
        self._sources = mapping.sources
        self._readers = readers
        self._glances = glances
        self._keeper = keeper
        self._known = {field: Remembered(reader) for field, reader in readers.items()}

    def read(self, rows: Sequence[Row]) -> Read:
        values = [row.values for row in rows]
        columns = _turned(values)
        doubtful = {place for place, row in enumerate(rows) if row.fault is not None}
        fields: dict[str, Sequence[Any]] = {}
        for field, (first, *others) in self._sources.items():
            cells = columns.get(first) or (None,) * len(rows)
            if others:
                cells = [self._mapping.cell(each, field) for each in values]
            fields[field] = self._column(field, cells, doubtful)
        extra, dropped = self._keeper.by_column(columns, len(rows), doubtful)
        return Read(fields, extra, dropped, doubtful)

    def _column(self, field: str, cells: Sequence[object], doubtful: MutableSet[int]) -> Sequence[Any]:
        if _are_texts(cells):
            found = self._at_once(field, cells)
            if found is not None:
                return found
        known, reader = self._known[field], self._readers[field]
        values = []
        for place, cell in enumerate(cells):
            try:
                values.append(known[cell] if isinstance(cell, str) else reader(cell))
            except CellFault:
                doubtful.add(place)
                values.append(None)
        return values

    def _at_once(self, field: str, texts: Sequence[str]) -> Sequence[Any] | None:
        glance = self._glances.get(field)
        if glance is not None and len(set(texts)) * FEW > len(texts):
            found = glance(texts)
            if found is not None:
                return found
        try:
            return list(map(self._known[field].__getitem__, texts))
        except CellFault:
            return None


def _turned(rows: Sequence[Mapping[str, object]]) -> dict[str, Sequence[object]]:
    """Return the cells by column, None where a row has none; the rows of a table all have the same columns."""
    headings = set(map(tuple, rows))
    if len(headings) == 1:
        return dict(zip(headings.pop(), zip(*(row.values() for row in rows), strict=True), strict=True))
    return {column: [row.get(column) for row in rows] for column in dict.fromkeys(chain.from_iterable(rows))}


def _are_texts(cells: Sequence[object]) -> TypeGuard[Sequence[str]]:
    return set(map(type, cells)) == {str}
