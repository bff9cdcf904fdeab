"""The way of one list into the catalogue, inside an open unit of work: read, check, merge, keep what stays outside."""

import gc
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from broker.domain.catalog.camera_record import RECORD_FIELDS
from broker.domain.catalog.imports import Reading
from broker.domain.ids import DepartmentId, ImportId
from broker.domain.oversight.audit import Entry
from broker.domain.permits import Permit
from broker.services.catalog.catalog_files.check import Checker
from broker.services.catalog.catalog_files.mapping import ColumnMapping, resolve
from broker.services.catalog.catalog_files.outside import Outside
from broker.services.catalog.catalog_files.own_fields import OwnFields
from broker.services.catalog.catalog_files.reading import open_table, read_rows
from broker.services.catalog.catalog_files.report import ImportReport, Tally
from storage.db.catalog.camera_merge import Writing
from storage.db.unit_of_work import UnitOfWork

A_TURN, USUAL_TURN = 0.0005, 0.005
"""Seconds after which a thread lets another one go on, where both have something to do."""


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

    `tell` is called now and then with the number of rows that are through. Returns what became of the rows, and the
    event under which cameras were written, if any were.
    """
    stream = f"catalogue/{owner_id}"
    work.departments.keep_open(owner_id)
    tally = Tally(outside, work.divisions.abolished())

    with open_table(found.path, found.format) as table, _making_way():
        own = OwnFields.of(work.camera_fields.all())
        mapping = resolve(table.columns, found.reading.mapping, own.aliases)
        outside.key_columns = mapping.sources.get("external_key", ())
        checker = Checker(mapping, found.reading.coordinates, own)
        number = 0 if key is None else work.audit.reserve(stream)
        by_class = mandatory(mapping, strict=found.reading.strict)
        writing = Writing(stream, number, work.now, permit.actor, key, by_class, own.mandatory)
        drafts = tally.drafts(table.rows, checker)
        merged = work.cameras.merge(
            owner_id, drafts, writing, dry_run=key is None, conflicting=tally.conflict, merged=tell
        )  # fmt: skip
    report = tally.report(merged)
    if key is None or not report.inserted + report.updated:
        return report, None
    data = {"file": found.name, "owner": str(owner_id), "balance": report.balance, "import": str(key)}
    work.audit.append(permit, (Entry(stream, "catalogue:imported", data),))
    return replace(report, key=key), (stream, number)


@contextmanager
def _making_way() -> Iterator[None]:
    """Let reading a list and writing it, a thread each, stand in each other's way as little as can be.

    The collector of garbage looks only at what came since: each full collection walks through the whole program, and a
    million rows bring on a hundred of them. The thread that hands lines to the database need not wait 5 ms for its turn
    each time the database can take more.
    """
    gc.freeze()
    sys.setswitchinterval(A_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(USUAL_TURN)
        gc.unfreeze()


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
