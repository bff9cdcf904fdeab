"""The way of one list into the catalogue, inside an open unit of work: read, check, merge, keep what stays outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from broker.domain.audit import Entry
from broker.domain.camera_record import RECORD_FIELDS
from broker.domain.catalog import RowProblem
from broker.domain.ids import DepartmentId, ImportId
from broker.domain.imports import Reading
from broker.domain.permits import Permit
from broker.services.catalog_files.check import Checker
from broker.services.catalog_files.mapping import ColumnMapping, resolve
from broker.services.catalog_files.outside import Outside
from broker.services.catalog_files.own_fields import OwnFields
from broker.services.catalog_files.reading import open_table, read_rows
from broker.services.catalog_files.report import ImportReport, Tally
from storage.db.camera_merge import Writing
from storage.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class List:
    """A list as it was handed in: the file, the name and format it was told under, how it is to be read."""

    path: Path
    name: str
    format: str | None
    reading: Reading


def bring_in(
    work: UnitOfWork, permit: Permit, found: List, owner_id: DepartmentId, key: ImportId | None, outside: Outside,
    tell: Callable[[int], None] | None = None,
) -> tuple[ImportReport, tuple[str, int] | None]:  # fmt: skip
    """Merge a list into the catalogue of a department and write its event; without `key` it is only looked at.

    `tell` is called with the number of rows read, now and then. Returns what became of the rows, and the event under
    which cameras were written, if any were.
    """
    stream = f"catalogue/{owner_id}"
    tally = Tally(outside)

    def conflicting(rows: Sequence[tuple[int, RowProblem]]) -> None:
        tally.conflict(rows)
        if tell is not None:
            tell(tally.read)

    with open_table(found.path, found.format) as table:
        own = OwnFields.of(work.camera_fields.all())
        mapping = resolve(table.columns, found.reading.mapping, own.aliases)
        outside.key_columns = mapping.sources.get("external_key", ())
        checker = Checker(mapping, found.reading.coordinates, own)
        number = 0 if key is None else work.audit.reserve(stream)
        by_class = mandatory(mapping, strict=found.reading.strict)
        writing = Writing(stream, number, work.now, permit.actor, key, by_class, own.mandatory)
        drafts = tally.drafts(table.rows, checker)
        merged = work.cameras.merge(owner_id, drafts, writing, dry_run=key is None, conflicting=conflicting)
    report = tally.report(merged)
    if key is None or not report.inserted + report.updated:
        return report, None
    data = {"file": found.name, "owner": str(owner_id), "balance": report.balance, "import": str(key)}
    work.audit.append(permit, (Entry(stream, "catalogue:imported", data),))
    return replace(report, key=key), (stream, number)


def keep_outside(work: UnitOfWork, key: ImportId, found: List, outside: Outside) -> None:
    """Store the rows that stayed outside; where the catalogue had a say, the list is read once more for their cells."""
    again = read_rows(found.path, found.format)
    work.imports.add_rows(key, outside.rows(again))


def mandatory(mapping: ColumnMapping, *, strict: bool) -> Mapping[int, Sequence[str]]:
    """Return by point class what a new point must have.

    A list that has the column promises it; one that does not says nothing about it, unless one is strict.
    """
    wanted: dict[int, list[str]] = {}
    for key, field in RECORD_FIELDS.items():
        for point_class in sorted(field.mandatory):
            if strict or key in mapping.columns:
                wanted.setdefault(point_class, []).append(key)
    return wanted
