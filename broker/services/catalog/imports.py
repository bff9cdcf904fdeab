"""Lists of points: looked at, brought in, kept with what stayed outside, corrected, and taken back as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from broker.domain.catalog.catalog import RowProblem
from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import (
    CatalogImport,
    Fate,
    ImportProfile,
    ImportState,
    OutsideRow,
    finish,
    order,
    undo,
)
from broker.domain.ids import ImportId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Department
from broker.domain.permits import Permit
from broker.services.catalog.catalog_files.borders import far_outside
from broker.services.catalog.catalog_files.check import Checked, Checker
from broker.services.catalog.catalog_files.mapping import resolve
from broker.services.catalog.catalog_files.outside import Outside
from broker.services.catalog.catalog_files.own_fields import OwnFields
from broker.services.catalog.catalog_files.reading import format_of, open_table
from broker.services.catalog.catalog_files.report import ImportReport
from broker.services.catalog.catalog_files.writing.corrections import corrections
from broker.services.catalog.catalog_files.writing.tables import Written
from broker.services.catalog.import_engine import List, bring_in, keep_outside
from broker.services.catalog.import_profiles import reading_of, suggested
from broker.services.catalog.import_reach import IMPORT, require_import, require_owner
from broker.services.footage.keeping import expect, keep
from broker.services.people.subtrees import paths_allowed
from policies.authorizer import Authorizer
from storage.blobs.base import BlobStore
from storage.db.unit_of_work import UnitOfWork, Work

NAME_SHOWN = 200
FIRST_CHANGED = 20
CORRECTED_AT_ONCE = 1000


@dataclass(frozen=True)
class Asked:
    """How somebody wants a list to be read; what is left out is guessed, or taken from the profile."""

    owner: str
    format: str | None = None
    mapping: Mapping[str, str] | None = None
    profile: str | None = None
    coordinates: System | None = None
    strict: bool = False


@dataclass(frozen=True)
class PreviewRow:
    """One row as it would go in: its fields by name, or what is wrong with it."""

    place: str
    values: Mapping[str, object] | None
    problems: tuple[RowProblem, ...]


@dataclass(frozen=True)
class Preview:
    """The head of a list: its columns, which of them feed which field, the profile that fits best, its first rows."""

    columns: tuple[str, ...]
    mapping: Mapping[str, str]
    profile: ImportProfile | None
    rows: tuple[PreviewRow, ...]


class Imports:
    """Imports of lists, as far as the caller may import into the department that owns the points."""

    def __init__(self, work: Work, policy: Authorizer, blobs: BlobStore) -> None:
        self._work = work
        self._policy = policy
        self._blobs = blobs

    def import_file(
        self, caller: Caller, path: Path, *, owner: str, format: str | None = None,  # noqa: A002  # the word people use
        mapping: Mapping[str, str] | None = None, profile: str | None = None, coordinates: System | None = None,
        strict: bool = False, dry_run: bool = False,
    ) -> ImportReport:  # fmt: skip
        """Bring a list of points into the catalogue of one department, whole or, when it cannot be read, not at all.

        Rows that are wrong are reported one by one and stay out; the same list a second time changes nothing.

        Raises:
            Invalid: the file cannot be read, a needed column is not there, or the mapping names an unknown one.
        """
        asked = Asked(owner, format, mapping, profile, coordinates, strict)
        with self._work() as work, Outside() as outside:
            department, permit = require_owner(self._policy, work, caller, asked.owner)
            found = list_of(work, path, asked)
            key = None if dry_run else ImportId(new_id())
            report, written = bring_in(work, permit, found, department.id, key, outside)
            if key is None or not (written or report.quarantined or report.rejected):
                return report
            kept = new_import(key, department, found, permit, work)
            change = finish(kept, report.counts, report.reasons, written, work.now)
            work.imports.save(None, change.after)
            keep_outside(work, key, found, outside)
            work.audit.append(permit, change.entries)
            work.commit(permit)
            return replace(report, key=key)

    def order(self, caller: Caller, path: Path, asked: Asked, *, dry_run: bool = False) -> CatalogImport:
        """Hand a long list in: a worker brings it in, and says how far it has come.

        The file lies in the store until then; it may hold what no database keeps, and is deleted when the run ends.

        Raises:
            Invalid: the file cannot be read, a needed column is not there, or the mapping names an unknown one.
        """
        with self._work() as work:
            require_owner(self._policy, work, caller, asked.owner)
            reading = list_of(work, path, asked).reading
            with open_table(path, asked.format) as table:  # what cannot be read, or lacks a column, is told at once
                resolve(table.columns, reading.mapping, OwnFields.of(work.camera_fields.all()).aliases)
        blob = self._blobs.put_file(path)
        with self._work() as work:
            permit = require_owner(self._policy, work, caller, asked.owner)[1]
            expect(work, (blob.digest,))
            work.commit(permit, done=False)  # what was asked for is done below
        with self._work() as work:
            department, permit = require_owner(self._policy, work, caller, asked.owner)
            keep(work, self._blobs, (blob.digest,))
            new = new_import(ImportId(new_id()), department, list_of(work, path, asked), permit, work)
            change = order(replace(new, state=ImportState.QUEUED, dry_run=dry_run, digest=blob.digest))
            work.imports.save(None, change.after)
            work.audit.append(permit, change.entries)
            work.jobs.import_list(change.after.id)
            work.commit(permit)
            return change.after

    def preview(self, caller: Caller, path: Path, asked: Asked, *, rows: int) -> Preview:
        """Show how the first rows of a list would be read; nothing is written and the catalogue is not asked."""
        with self._work() as work:
            require_owner(self._policy, work, caller, asked.owner)
            with open_table(path, asked.format) as table:
                fitting = suggested(work.import_profiles.page(), table.columns)
                found = list_of(work, path, asked)
                own = OwnFields.of(work.camera_fields.all())
                mapping = resolve(table.columns, found.reading.mapping, own.aliases)
                checker = Checker(mapping, found.reading.coordinates, own)
                seen = [(row.where, checker.check(row)) for row in islice(table.rows, rows)]
            return Preview(table.columns, mapping.pairs, fitting, tuple(rows_of(seen)))

    def page(self, caller: Caller, owner: str, *, after: ImportId | None, limit: int) -> Sequence[CatalogImport]:
        """Return the imports of one department, the newest first."""
        with self._work() as work:
            department, _ = require_owner(self._policy, work, caller, owner)
            return work.imports.page(department.id, after=after, limit=limit)

    def among(
        self, caller: Caller, *, state: ImportState | None, after: ImportId | None, limit: int
    ) -> Sequence[CatalogImport]:
        """Return the imports of all departments that the caller may import into, the newest first."""
        with self._work() as work:
            paths = paths_allowed(self._policy, work, caller, IMPORT)
            return work.imports.among(paths, state=state, after=after, limit=limit)

    def read(self, caller: Caller, key: ImportId) -> CatalogImport:
        """Return one import."""
        with self._work() as work:
            return require_import(self._policy, work, caller, key)[0]

    def rows(
        self, caller: Caller, key: ImportId, *, fate: Fate | None, after: int, limit: int, reason: str = ""
    ) -> Sequence[OutsideRow]:  # fmt: skip
        """Return the rows that an import tells of, in the order of the list; for one reason where it is named."""
        with self._work() as work:
            require_import(self._policy, work, caller, key)
            return work.imports.rows(key, fate=fate, after=after, limit=limit, reason=reason)

    def correction(self, caller: Caller, key: ImportId, list_format: str, language: str) -> Written:
        """Return the part of a list that is quarantined, with the reasons beside it: corrected, it is brought in again.

        The rows are read page by page while the file is written.
        """
        with self._work() as work:
            require_import(self._policy, work, caller, key)
            headings = sorted(work.imports.headings(key))
            pages = partial(self.rows, caller, key, fate=Fate.QUARANTINED, limit=CORRECTED_AT_ONCE)
            return corrections(headings, pages, list_format, language)

    def undo(self, caller: Caller, key: ImportId) -> CatalogImport:
        """Take a whole import back: what it brought goes, what it changed is as it was.

        Raises:
            Conflict: it has not ended well, something refers to a point that would go, or points were changed since;
                `points` names the first of those.
        """
        with self._work() as work:
            found, permit = require_import(self._policy, work, caller, key, lock=True)
            changed, first = work.import_undoing.changed_since(found, FIRST_CHANGED)
            change = undo(found, changed, ", ".join(map(str, first)), work.now)
            stream = f"catalogue/{found.owner_id}"
            number = work.audit.reserve(stream)
            work.imports.save(found, change.after)
            work.import_undoing.take_back(found, stream, number, permit.actor)
            restored = Entry(stream, "catalogue:restored", {"import": str(key), **change.entries[0].data})
            work.audit.append(permit, (*change.entries, restored))
            work.commit(permit)
            return change.after


SHOWN = (
    *("gb_code", "external_key", "name", "latitude", "longitude", "division", "address", "direction", "point_class"),
    *("sensitive", "edition", "lifecycle", "tags", "record", "custom", "extra"),
)
"""The fields of a draft that a preview shows."""


def rows_of(seen: Sequence[tuple[str, Checked]]) -> Iterator[PreviewRow]:
    """Yield rows that were checked as a preview shows them."""
    far = far_outside([checked.draft for _, checked in seen])
    for place, (where, checked) in enumerate(seen):
        draft = checked.draft
        values = None if draft is None else {name: getattr(draft, name) for name in SHOWN}
        yield PreviewRow(where, values, (*checked.problems, *([far[place]] if place in far else ())))


def list_of(work: UnitOfWork, path: Path, asked: Asked) -> List:
    """Return a list with how it is to be read; raises Unknown where there is no profile of that name."""
    profile = None if asked.profile is None else work.import_profiles.named(asked.profile)
    reading = reading_of(profile, asked.mapping, asked.coordinates, strict=asked.strict)
    return List(path, path.name[:NAME_SHOWN], asked.format, reading)


def new_import(key: ImportId, department: Department, found: List, permit: Permit, work: UnitOfWork) -> CatalogImport:
    """Return an import as it begins."""
    return CatalogImport(
        id=key, owner_id=department.id, file=found.name, format=format_of(found.path, found.format),
        reading=found.reading, dry_run=False, actor=permit.actor, at=work.now, state=ImportState.RUNNING,
    )  # fmt: skip
