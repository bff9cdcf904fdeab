"""Lists that lie there to be looked at: which column feeds which field, how the first rows would be read, tried, begun.

The file is handed in once. It lies in the store until somebody goes on with it, puts it away, or leaves it lying.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path

from broker.domain.catalog.camera_fields import CustomField
from broker.domain.catalog.catalog import RowProblem
from broker.domain.catalog.imports import (
    CatalogImport,
    ImportChange,
    ImportProfile,
    ImportState,
    Reading,
    discard,
    go_on,
    lay,
    order,
    read_otherwise,
)
from broker.domain.errors import BrokerError
from broker.domain.ids import ImportId, new_id
from broker.domain.people.accounts import Caller, Role, system_caller
from broker.services.catalog.catalog_files.borders import far_outside
from broker.services.catalog.catalog_files.check import Checker
from broker.services.catalog.catalog_files.mapping import ColumnMapping, resolve
from broker.services.catalog.catalog_files.own_fields import OwnFields
from broker.services.catalog.catalog_files.reading import open_table
from broker.services.catalog.catalog_files.rows import Row
from broker.services.catalog.import_intake import Asked, Intake, list_of
from broker.services.catalog.import_profiles import suggested
from broker.services.catalog.import_reach import require_import, require_owner
from broker.services.footage.keeping import keep
from policies.authorizer import Authorizer
from storage.blobs.base import BlobStore
from storage.db.unit_of_work import UnitOfWork, Work

LEFT_LYING = timedelta(days=7)
AT_ONCE = 100
TRIED = 5
"""Trial runs of a file that are told of."""

SHOWN = (
    *("gb_code", "external_key", "name", "latitude", "longitude", "division", "address", "direction", "point_class"),
    *("sensitive", "edition", "lifecycle", "tags", "record", "custom", "extra"),
)
"""The fields of a draft that are shown."""


@dataclass(frozen=True)
class PreviewRow:
    """One row as it would go in: its fields by name, or what is wrong with it."""

    place: str
    values: Mapping[str, object] | None
    problems: tuple[RowProblem, ...]


@dataclass(frozen=True)
class Look:
    """The head of a list as it would be read now.

    Attributes:
        found: the import that was not ordered yet.
        columns: of the list, in their order.
        mapping: which of them feed which field; only what was said by hand where there is a fault.
        fault: why it cannot be read so.
        profile: the kept way of reading that fits best.
        own: the fields that the city defined, by target.
        cells: the first rows as they stand there.
        rows: the same as they would go in; none where there is a fault.
        tried: the trial runs of this file, the newest first.
    """

    found: CatalogImport
    columns: tuple[str, ...]
    mapping: Mapping[str, str]
    fault: BrokerError | None
    profile: ImportProfile | None
    own: Mapping[str, CustomField]
    cells: tuple[Mapping[str, object], ...]
    rows: tuple[PreviewRow, ...]
    tried: Sequence[CatalogImport]


class ImportPreviews:
    """What may be done about a list before it is brought in, by whoever may import into the department."""

    def __init__(self, work: Work, policy: Authorizer, blobs: BlobStore, folder: Path) -> None:
        self._work = work
        self._policy = policy
        self._blobs = blobs
        self._folder = folder
        self._intake = Intake(work, policy, blobs)
        self._caller: Caller = system_caller(Role.WORKER, "worker")

    def lay(self, caller: Caller, path: Path, asked: Asked, reading: Reading | None = None) -> CatalogImport:
        """Lay a list there, to be read as `asked` says or, where there is one, as `reading` does.

        Raises:
            Invalid: the file cannot be read at all; which columns it lacks is told by `look`.
        """
        with self._work() as work:
            require_owner(self._policy, work, caller, asked.owner)
            list_of(work, path, asked)
            with open_table(path, asked.format) as table:
                next(table.rows, None)  # much of what is wrong with a file shows at its first row

        def begin(_work: UnitOfWork, new: CatalogImport) -> ImportChange:
            return lay(replace(new, reading=reading or new.reading, state=ImportState.PREVIEW))

        return self._intake.take(caller, path, asked, begin)

    def look(self, caller: Caller, key: ImportId, *, rows: int) -> Look:
        """Show how the first rows of a list would be read; the catalogue is not asked.

        Raises:
            Conflict: it is looked at no longer.
        """
        with self._work() as work:
            found, _ = require_import(self._policy, work, caller, key)
            own = OwnFields.of(work.camera_fields.all())
            profiles = work.import_profiles.page()
            tried = work.imports.of_file(found.owner_id, found.digest or "", TRIED + 1)
        discard(found, found.at)  # raises where it is looked at no longer
        with self._file(found) as path, open_table(path, found.format) as table:
            head, fault = _head(table.rows, rows)
            mapping = None
            if fault is None:
                mapping, fault = _resolved(table.columns, found.reading, own)
            seen = _read(found, head, mapping, own) if mapping else ()
            return Look(
                found, table.columns, mapping.pairs if mapping else found.reading.mapping, fault,
                suggested(profiles, table.columns), own.fields, tuple(row.values for row in head), tuple(seen),
                [it for it in tried if it.dry_run],
            )  # fmt: skip

    def read_otherwise(self, caller: Caller, key: ImportId, reading: Reading) -> CatalogImport:
        """Say how a list is to be read; whether it can be is told by `look`."""
        with self._work() as work:
            found, permit = require_import(self._policy, work, caller, key, lock=True)
            change = read_otherwise(found, reading)
            work.imports.save(found, change.after)
            work.audit.append(permit, change.entries)
            work.commit(permit)
            return change.after

    def go_on(self, caller: Caller, key: ImportId, *, dry_run: bool) -> CatalogImport:
        """Have a worker bring the list in; with `dry_run` it only tries, and the list lies there as before.

        Raises:
            Invalid: the list cannot be read so.
            Conflict: it is looked at no longer.
        """
        with self._work() as work:
            found, _ = require_import(self._policy, work, caller, key)
            own = OwnFields.of(work.camera_fields.all())
        with self._file(found) as path, open_table(path, found.format) as table:
            resolve(table.columns, found.reading.mapping, own.aliases)
        with self._work() as work:
            current, permit = require_import(self._policy, work, caller, key, lock=True)
            keep(work, self._blobs, (current.digest or "",))
            change = go_on(current)
            if dry_run:
                change = order(
                    replace(
                        current, id=ImportId(new_id()), state=ImportState.QUEUED, dry_run=True, actor=permit.actor,
                        at=work.now, version=0,
                    )
                )  # fmt: skip
            work.imports.save(None if dry_run else current, change.after)
            work.audit.append(permit, change.entries)
            work.jobs.import_list(change.after.id)
            work.commit(permit)
            return change.after

    def discard(self, caller: Caller, key: ImportId) -> CatalogImport:
        """Put a list away.

        Raises:
            Conflict: it is looked at no longer.
        """
        with self._work() as work:
            found, permit = require_import(self._policy, work, caller, key, lock=True)
            change = discard(found, work.now)
            work.imports.save(found, change.after)
            work.audit.append(permit, change.entries)
            self._let_go(work, found)
            work.commit(permit)
            return change.after

    def tick(self) -> int:
        """Put away what was left lying; returns how many lists."""
        with self._work() as work:
            permit = self._policy.require(self._caller, "camera:import", {Role.WORKER})
            left = work.imports.left_lying(work.now - LEFT_LYING, AT_ONCE)
            for found in left:
                change = discard(found, work.now)
                work.imports.save(found, change.after)
                work.audit.append(permit, change.entries)
                self._let_go(work, found)
            work.commit(permit)
            return len(left)

    def _let_go(self, work: UnitOfWork, found: CatalogImport) -> None:
        if found.digest is not None:
            work.deletions.add((found.digest,), None, work.now)

    @contextmanager
    def _file(self, found: CatalogImport) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="look-", dir=self._folder) as folder:
            path = Path(folder) / "list"
            with path.open("wb") as file:
                for chunk in self._blobs.read(found.digest or ""):
                    file.write(chunk)
            yield path


def _head(rows: Iterator[Row], most: int) -> tuple[list[Row], BrokerError | None]:
    """Return the first rows; what is wrong with the file behind them is told when it is brought in."""
    try:
        return list(islice(rows, most)), None
    except BrokerError as fault:
        return [], fault


def _resolved(
    columns: tuple[str, ...], reading: Reading, own: OwnFields
) -> tuple[ColumnMapping | None, BrokerError | None]:
    try:
        return resolve(columns, reading.mapping, own.aliases), None
    except BrokerError as fault:
        return None, fault


def _read(found: CatalogImport, head: Sequence[Row], mapping: ColumnMapping, own: OwnFields) -> Iterator[PreviewRow]:
    checker = Checker(mapping, found.reading.coordinates, own)
    seen = [(row.where, checker.check(row)) for row in head]
    far = far_outside([checked.draft for _, checked in seen])
    for place, (where, checked) in enumerate(seen):
        draft = checked.draft
        values = None if draft is None else {name: getattr(draft, name) for name in SHOWN}
        yield PreviewRow(where, values, (*checked.problems, *([far[place]] if place in far else ())))
