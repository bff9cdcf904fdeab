"""From a row to a draft, or to what is wrong with it, cell by cell.

A row stays outside when what makes it a point is in doubt: its name, its place, its code or key, its secrecy, or when
an earlier row of the same list has the same key. It goes in with a warning when only a further fact is in doubt (an
unknown direction, class, division): the point is true without it. The field stays empty then, and `extra` keeps what
stood there. An empty cell is never a problem, except for name and place.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from broker.domain import gb_code
from broker.domain.catalog import PointDraft, RowProblem, Severity, place_key
from broker.services.catalog_files.cells import shown
from broker.services.catalog_files.extra import read_extra
from broker.services.catalog_files.fields import OPTIONAL, READERS, CellFault
from broker.services.catalog_files.mapping import ColumnMapping
from broker.services.catalog_files.places import place_fault
from broker.services.catalog_files.rows import Row


@dataclass(frozen=True)
class Checked:
    """What became of one row: a draft, perhaps with warnings, or no draft and the reasons.

    `dropped` names the columns left out of `extra` because they held a URL or something like a password.
    """

    draft: PointDraft | None
    problems: tuple[RowProblem, ...] = ()
    dropped: tuple[str, ...] = ()


class Checker:
    """Checks the rows of one list; it remembers the keys of the rows it let in, to find the ones that come twice."""

    def __init__(self, mapping: ColumnMapping) -> None:
        self._mapping = mapping
        self._first: dict[str, str] = {}

    def check_all(self, rows: Iterable[Row]) -> Iterator[Checked]:
        return map(self.check, rows)

    def check(self, row: Row) -> Checked:
        """Check one row; every fault of the row is named, not only the first."""
        if row.fault is not None:
            return Checked(None, (row.fault,))
        read, problems = self._read(row)
        problems += self._place_problems(row, read)
        if any(problem.severity is Severity.REJECTED for problem in problems):
            return Checked(None, tuple(problems))
        read = _with_key(read)
        twice = self._twice(row, read)
        if twice:
            return Checked(None, (*problems, *twice))
        doubtful = {self._mapping.columns[problem.field] for problem in problems}
        extra = read_extra(row.values, self._mapping.taken - doubtful)
        problems += [
            RowProblem(row.where, shown(column), reason, shown(row.values[column]), severity=Severity.WARNING)
            for column, reason in extra.unfit
            if column not in doubtful  # what is wrong with it is told already
        ]
        return Checked(PointDraft(where=row.where, extra=extra.kept, **read), tuple(problems), extra.dropped)

    def _read(self, row: Row) -> tuple[dict[str, Any], list[RowProblem]]:
        read: dict[str, Any] = {}
        problems: list[RowProblem] = []
        for field, reader in READERS.items():
            cell = self._mapping.cell(row.values, field)
            try:
                read[field] = reader(cell)
            except CellFault as fault:
                severity = Severity.WARNING if field in OPTIONAL else Severity.REJECTED
                problems.append(RowProblem(row.where, field, fault.reason, shown(cell), fault.allowed, severity))
        read.pop("secrecy", None)
        return read, problems

    def _place_problems(self, row: Row, read: Mapping[str, Any]) -> list[RowProblem]:
        if "latitude" not in read or "longitude" not in read:
            return []
        fault = place_fault(read["latitude"], read["longitude"])
        if fault is None:
            return []
        value = f"{read['latitude']}, {read['longitude']}"
        return [RowProblem(row.where, fault.field, fault.reason, value, fault.allowed)]

    def _twice(self, row: Row, read: Mapping[str, Any]) -> list[RowProblem]:
        """Return a problem for each key that an earlier row has; only a row that goes in is remembered."""
        keys = [(field, read[field]) for field in ("gb_code", "external_key") if read[field]]
        found = [
            RowProblem(row.where, field, "point-duplicate", key, first)
            for field, key in keys
            if (first := self._first.get(f"{field}:{key}"))
        ]
        if not found:
            self._first.update((f"{field}:{key}", row.where) for field, key in keys)
        return found


def _with_key(read: dict[str, Any]) -> dict[str, Any]:
    """Complete what follows from the rest: a key from name and place, a division from the code."""
    code = read["gb_code"]
    complete = dict(read)
    if code is None and read["external_key"] is None:
        complete["external_key"] = place_key(read["name"], read["latitude"], read["longitude"])
    if code is not None and not read.get("division"):
        complete["division"] = gb_code.parse(code).civil_code
    return complete
