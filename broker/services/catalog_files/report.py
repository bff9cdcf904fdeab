"""What an import did, row by row where something was wrong, and the list of problems as a file."""

import csv
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TextIO

from broker.domain.catalog import Merged, PointDraft, RowProblem, Severity
from broker.services.catalog_files.cells import shown
from broker.services.catalog_files.check import Checked

COLUMNS = ("where", "field", "severity", "reason", "value", "allowed")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class ImportReport:
    """The balance of an import: read = inserted + updated + unchanged + rejected, or there is no report.

    Attributes:
        warnings: rows that went in without a doubtful value.
        problems: everything that was wrong, rejections and warnings: first what the list shows by itself, in its order,
            then what only the catalogue shows.
        dropped: column -> rows in which it was left out because it held a URL or something like a password.
    """

    read: int
    inserted: int
    updated: int
    unchanged: int
    rejected: int
    warnings: int = 0
    problems: tuple[RowProblem, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.read != self.inserted + self.updated + self.unchanged + self.rejected:
            raise ValueError(f"rows were lost: {self.balance}")

    @property
    def balance(self) -> str:
        return (
            f"read {self.read} = inserted {self.inserted} + updated {self.updated}"
            f" + unchanged {self.unchanged} + rejected {self.rejected}"
        )


class Tally:
    """Counts the rows while their drafts pass on to the catalogue, so that a list is never held whole."""

    def __init__(self) -> None:
        self._read = 0
        self._rejected = 0
        self._problems: list[RowProblem] = []
        self._dropped: Counter[str] = Counter()

    def drafts(self, checked: Iterable[Checked]) -> Iterator[PointDraft]:
        """Yield the drafts of the rows that go in and remember what was wrong with the others."""
        for row in checked:
            self._read += 1
            self._problems += row.problems
            self._dropped.update(map(shown, row.dropped))
            if row.draft is not None:
                yield row.draft
                continue
            self._rejected += 1
            if all(problem.severity is Severity.WARNING for problem in row.problems):
                raise ValueError("a rejected row has no reason")

    def report(self, merged: Merged) -> ImportReport:
        """Return the balance; raises ValueError when a row was lost, which is a fault of the program."""
        problems = (*self._problems, *merged.conflicts)
        doubted = _rows_of(problems, Severity.WARNING) - _rows_of(problems, Severity.REJECTED)
        return ImportReport(
            read=self._read,
            inserted=merged.inserted,
            updated=merged.updated,
            unchanged=merged.unchanged,
            rejected=self._rejected + len(merged.conflicts),
            warnings=len(doubted),
            problems=problems,
            dropped=dict(self._dropped),
        )


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
