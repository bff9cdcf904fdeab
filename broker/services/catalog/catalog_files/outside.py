"""What stays outside on its way into the database: on disk, for a list may be wrong from its first row to its last."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from types import TracebackType
from typing import IO, Self

from broker.domain.catalog.catalog import RowProblem, Severity
from broker.domain.catalog.imports import Fate, OutsideRow
from broker.services.catalog.catalog_files.cells import address_key, as_text, holds_address
from broker.services.catalog.catalog_files.extra import Keeper, holds_no_secret
from broker.services.catalog.catalog_files.rows import Row

IN_MEMORY = 8 * 1024 * 1024
MOST_WARNED = 10_000
"""Rows with a warning that are told one by one; the others are counted by reason."""


class Outside:
    """Rows to be told of, in the order in which they come; filled while a list is read, taken out when it has ended."""

    key_columns: tuple[str, ...] = ()
    """Where an address of a stream is the key of a point, its digest is kept, as the point itself does."""

    def __init__(self) -> None:
        self._by_list, self._by_catalogue = _spool(), _spool()
        self._keeper = Keeper(frozenset())
        self._warned = 0
        self.conflicting = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._by_list.close()
        self._by_catalogue.close()

    def add(self, number: int, row: Row, problems: tuple[RowProblem, ...], *, taken: bool) -> None:
        """Note a row that the list itself shows to be wrong, or doubtful where it was taken."""
        if taken:
            self._warned += 1
            if self._warned > MOST_WARNED:
                return
            fate = Fate.WARNED
        else:
            rejected = any(problem.severity is Severity.REJECTED for problem in problems)
            fate = Fate.REJECTED if rejected else Fate.QUARANTINED
        cells = self._cells(row) if fate is Fate.QUARANTINED else None
        _put(self._by_list, OutsideRow(number, row.where, fate, cells, problems))

    def add_conflict(self, number: int, problem: RowProblem) -> None:
        """Note a row that only the catalogue shows to be wrong; its cells are read again at the end."""
        self.conflicting += 1
        _put(self._by_catalogue, OutsideRow(number, problem.where, Fate.QUARANTINED, None, (problem,)))

    def rows(self, again: Iterable[Row]) -> Iterator[OutsideRow]:
        """Return all of them; `again` is the list from its beginning, which only conflicts make one read."""
        warned_too = set[int]()
        if self.conflicting:
            numbered = enumerate(again, start=1)
            for conflict in _taken_out(self._by_catalogue):
                warned_too.add(conflict.number)
                found = next(listed for number, listed in numbered if number == conflict.number)
                yield conflict._replace(cells=self._cells(found))
        for row in _taken_out(self._by_list):
            if row.number not in warned_too:
                yield row

    def _cells(self, row: Row) -> Mapping[str, object]:
        sorted_out = self._keeper.carefully(row.values)
        told = sorted_out.kept.keys() | set(sorted_out.dropped) | {column for column, _ in sorted_out.unfit}
        # What is empty may be what is lacking: its column is to stand in the correction file.
        kept = sorted_out.kept | {column: "" for column in row.values if column not in told and holds_no_secret(column)}
        for column in self.key_columns:
            text = as_text(row.values.get(column)) or ""
            if holds_address(text):
                kept[column] = address_key(text)
        return kept


def _spool() -> IO[str]:
    return tempfile.SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8", newline="\n")  # closed by `__exit__`


def _put(file: IO[str], row: OutsideRow) -> None:
    told = [row.number, row.place, row.fate, row.cells, [asdict(problem) for problem in row.problems]]
    file.write(json.dumps(told, ensure_ascii=True) + "\n")


def _taken_out(file: IO[str]) -> Iterator[OutsideRow]:
    file.seek(0)
    while lines := list(islice(file, 1000)):
        for line in lines:
            number, place, fate, cells, problems = json.loads(line)
            told = tuple(RowProblem(**{**each, "severity": Severity(each["severity"])}) for each in problems)
            yield OutsideRow(number, place, Fate(fate), cells, told)
