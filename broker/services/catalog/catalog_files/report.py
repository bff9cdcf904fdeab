"""What an import did, row by row where something was wrong, and the list of problems as a file."""

import csv
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TextIO

from broker.domain.catalog.catalog import Merged, PointDraft, RowProblem, Severity
from broker.domain.catalog.imports import Balance
from broker.domain.ids import ImportId
from broker.services.catalog.catalog_files.abolished import replaced
from broker.services.catalog.catalog_files.borders import far_outside
from broker.services.catalog.catalog_files.cells import shown
from broker.services.catalog.catalog_files.check import Checked, Checker
from broker.services.catalog.catalog_files.outside import Outside
from broker.services.catalog.catalog_files.rows import Row

COLUMNS = ("where", "field", "severity", "reason", "value", "allowed")
MOST_TOLD = 10_000
"""Problems that a report names one by one; the kept import has all that stayed outside."""

AT_ONCE = 1_000
"""Rows that are checked together; what they take is still near the processor when the next step looks at it."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class ImportReport:
    """The balance of an import: read = inserted + updated + unchanged + quarantined + rejected, or there is no report.

    Attributes:
        warnings: rows that went in without a doubtful value.
        problems: what was wrong, at most `MOST_TOLD`: first what the list shows by itself, in its order, then what only
            the catalogue shows. `reasons` counts all of them.
        dropped: column -> rows in which it was left out because it held a URL or something like a password.
        key: the import as it is kept; None for a dry run, and where nothing was written and nothing stayed outside.
    """

    read: int
    inserted: int
    updated: int
    unchanged: int
    rejected: int
    quarantined: int = 0
    warnings: int = 0
    problems: tuple[RowProblem, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    key: ImportId | None = None

    def __post_init__(self) -> None:
        _ = self.counts  # which refuses where rows were lost

    @property
    def counts(self) -> Balance:
        return Balance(
            self.read, self.inserted, self.updated, self.unchanged, self.quarantined, self.rejected, self.warnings
        )

    @property
    def balance(self) -> str:
        return str(self.counts)


class Tally:
    """Counts the rows while their drafts pass on to the catalogue, so that a list is never held whole."""

    def __init__(self, outside: Outside | None = None, abolished: Mapping[str, str] | None = None) -> None:
        """Begin; `abolished` are divisions that are no longer in force, with what took their place."""
        self.read = 0
        self._abolished = abolished or {}
        self._outside = outside
        self._rejected = 0
        self._quarantined = 0
        self._warned = 0
        self._problems: list[RowProblem] = []
        self._conflicts: list[RowProblem] = []
        self._reasons: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()

    def drafts(self, rows: Iterable[Row], checker: Checker) -> Iterator[PointDraft]:
        """Yield the drafts of the rows that go in and remember what was wrong with the others."""
        left = iter(rows)
        while piece := list(islice(left, AT_ONCE)):
            found = checker.check_all(piece)
            far = far_outside([checked.draft for checked in found])
            for place, checked in enumerate(found):
                self.read += 1
                if place in far:
                    checked = checked._replace(problems=(*checked.problems, far[place]))  # noqa: PLW2901  # with it
                if self._abolished and (warned := replaced(checked.draft, self._abolished)):
                    checked = checked._replace(problems=(*checked.problems, warned))  # noqa: PLW2901  # as above
                if checked.problems or checked.dropped:
                    self._note(piece[place], checked)
                if checked.draft is not None:
                    yield checked.draft
                elif not checked.problems:
                    raise ValueError("a row that stays outside has no reason")

    def conflict(self, found: Iterable[tuple[int, RowProblem]]) -> None:
        """Note rows that went as far as the catalogue and stay outside after all."""
        for number, problem in found:
            self._quarantined += 1
            self._reasons[problem.reason] += 1
            if len(self._conflicts) < MOST_TOLD:
                self._conflicts.append(problem)
            if self._outside is not None:
                self._outside.add_conflict(number, problem)

    def report(self, merged: Merged) -> ImportReport:
        """Return the balance; raises ValueError when a row was lost, which is a fault of the program."""
        problems = (*self._problems, *self._conflicts)[:MOST_TOLD]
        conflicting = {problem.where for problem in self._conflicts}
        twice = sum(1 for where in _rows_of(self._problems, Severity.WARNING) if where in conflicting)
        return ImportReport(
            read=self.read, inserted=merged.inserted, updated=merged.updated, unchanged=merged.unchanged,
            rejected=self._rejected, quarantined=self._quarantined, warnings=self._warned - twice, problems=problems,
            dropped=dict(self._dropped), reasons=dict(self._reasons),
        )  # fmt: skip

    def _note(self, row: Row, checked: Checked) -> None:
        """Remember what is wrong with a row, the last one that was read; of one that stays outside also its cells."""
        self._dropped.update(map(shown, checked.dropped))
        if not checked.problems:
            return
        self._reasons.update(problem.reason for problem in checked.problems)
        if len(self._problems) < MOST_TOLD:
            self._problems += checked.problems
        if checked.draft is not None:
            self._warned += 1
        elif any(problem.severity is Severity.REJECTED for problem in checked.problems):
            self._rejected += 1
        elif any(problem.severity is Severity.QUARANTINED for problem in checked.problems):
            self._quarantined += 1
        else:
            raise ValueError("a row that stays outside has no reason")
        if self._outside is not None:
            self._outside.add(self.read, row, checked.problems, taken=checked.draft is not None)


def write_problems_csv(problems: Iterable[RowProblem], file: TextIO) -> None:
    """Write the problems for a spreadsheet; open the file with newline="" and encoding utf-8.

    The byte order mark makes spreadsheets read UTF-8. A cell that would start a formula gets an apostrophe before it:
    the values come from strangers (CWE-1236).
    """
    file.write("\ufeff")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows([_harmless(cell) for cell in _cells(problem).values()] for problem in problems)


def write_problems_json(problems: Iterable[RowProblem], file: TextIO) -> None:
    """Write the problems as a JSON list of objects with the keys of `COLUMNS`."""
    json.dump([_cells(problem) for problem in problems], file, ensure_ascii=False, indent=1)


def _cells(problem: RowProblem) -> dict[str, str]:
    told = asdict(problem)
    return {column: str(told[column]) for column in COLUMNS}


def _harmless(cell: str) -> str:
    starts = unicodedata.normalize("NFKC", cell[:1]), unicodedata.normalize("NFKC", cell.lstrip()[:1])
    return f"'{cell}" if any(start and start in FORMULA for start in starts) else cell


def _rows_of(problems: Iterable[RowProblem], severity: Severity) -> set[str]:
    return {problem.where for problem in problems if problem.severity is severity}
