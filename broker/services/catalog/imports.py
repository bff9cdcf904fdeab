"""Lists of points: brought in, kept with what stayed outside, corrected, and taken back as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import (
    CatalogImport,
    Fate,
    ImportChange,
    ImportState,
    OutsideRow,
    finish,
    order,
    undo,
)
from broker.domain.ids import ImportId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller
from broker.services.catalog.catalog_files.mapping import resolve
from broker.services.catalog.catalog_files.outside import Outside
from broker.services.catalog.catalog_files.own_fields import OwnFields
from broker.services.catalog.catalog_files.reading import open_table
from broker.services.catalog.catalog_files.report import ImportReport
from broker.services.catalog.catalog_files.writing.corrections import corrections
from broker.services.catalog.catalog_files.writing.tables import Written
from broker.services.catalog.import_engine import bring_in, keep_outside
from broker.services.catalog.import_intake import Asked, Intake, list_of, new_import
from broker.services.catalog.import_reach import IMPORT, require_import, require_owner
from broker.services.people.subtrees import paths_allowed
from policies.authorizer import Authorizer
from storage.blobs.base import BlobStore
from storage.db.unit_of_work import UnitOfWork, Work

FIRST_CHANGED = 20
CORRECTED_AT_ONCE = 1000


class Imports:
    """Imports of lists, as far as the caller may import into the department that owns the points."""

    def __init__(self, work: Work, policy: Authorizer, blobs: BlobStore) -> None:
        self._work = work
        self._policy = policy
        self._intake = Intake(work, policy, blobs)

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

        def queue(work: UnitOfWork, new: CatalogImport) -> ImportChange:
            work.jobs.import_list(new.id)
            return order(replace(new, state=ImportState.QUEUED, dry_run=dry_run))

        return self._intake.take(caller, path, asked, queue)

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
