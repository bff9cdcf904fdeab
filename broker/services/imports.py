"""Lists of points: looked at, brought in, kept with what stayed outside, corrected, and taken back as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from broker.domain.accounts import Caller, Department
from broker.domain.audit import Entry
from broker.domain.catalog import RowProblem
from broker.domain.coordinates import System
from broker.domain.errors import Forbidden, Unknown
from broker.domain.ids import ImportId, new_id
from broker.domain.imports import (
    CatalogImport,
    Fate,
    ImportProfile,
    ImportState,
    OutsideRow,
    finish,
    order,
    undo,
)
from broker.domain.permits import Permit
from broker.services.catalog_files.borders import far_outside
from broker.services.catalog_files.check import Checked, Checker
from broker.services.catalog_files.mapping import resolve
from broker.services.catalog_files.outside import Outside
from broker.services.catalog_files.own_fields import OwnFields
from broker.services.catalog_files.reading import format_of, open_table
from broker.services.catalog_files.report import ImportReport
from broker.services.catalog_files.writing.corrections import corrections
from broker.services.catalog_files.writing.tables import Written
from broker.services.import_engine import List, bring_in, keep_outside
from broker.services.import_profiles import reading_of, suggested
from broker.services.keeping import expect, keep
from policies import facts
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
            department, permit = self._required(caller, work, asked.owner)
            found = _list(work, path, asked)
            key = None if dry_run else ImportId(new_id())
            report, written = bring_in(work, permit, found, department.id, key, outside)
            if key is None or not (written or report.quarantined or report.rejected):
                return report
            kept = _new(key, department, found, permit, work)
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
            self._required(caller, work, asked.owner)
            reading = _list(work, path, asked).reading
            with open_table(path, asked.format) as table:  # what cannot be read, or lacks a column, is told at once
                resolve(table.columns, reading.mapping, OwnFields.of(work.camera_fields.all()).aliases)
        blob = self._blobs.put_file(path)
        with self._work() as work:
            permit = self._required(caller, work, asked.owner)[1]
            expect(work, (blob.digest,))
            work.commit(permit)
        with self._work() as work:
            department, permit = self._required(caller, work, asked.owner)
            keep(work, self._blobs, (blob.digest,))
            new = _new(ImportId(new_id()), department, _list(work, path, asked), permit, work)
            change = order(replace(new, state=ImportState.QUEUED, dry_run=dry_run, digest=blob.digest))
            work.imports.save(None, change.after)
            work.audit.append(permit, change.entries)
            work.jobs.import_list(change.after.id)
            work.commit(permit)
            return change.after

    def preview(self, caller: Caller, path: Path, asked: Asked, *, rows: int) -> Preview:
        """Show how the first rows of a list would be read; nothing is written and the catalogue is not asked."""
        with self._work() as work:
            self._required(caller, work, asked.owner)
            with open_table(path, asked.format) as table:
                fitting = suggested(work.import_profiles.page(), table.columns)
                found = _list(work, path, asked)
                own = OwnFields.of(work.camera_fields.all())
                mapping = resolve(table.columns, found.reading.mapping, own.aliases)
                checker = Checker(mapping, found.reading.coordinates, own)
                seen = [(row.where, checker.check(row)) for row in islice(table.rows, rows)]
            return Preview(table.columns, mapping.pairs, fitting, tuple(_shown(seen)))

    def page(self, caller: Caller, owner: str, *, after: ImportId | None, limit: int) -> Sequence[CatalogImport]:
        """Return the imports of one department, the newest first."""
        with self._work() as work:
            department, _ = self._required(caller, work, owner)
            return work.imports.page(department.id, after=after, limit=limit)

    def read(self, caller: Caller, key: ImportId) -> CatalogImport:
        """Return one import."""
        with self._work() as work:
            return self._seen(caller, work, key)[0]

    def rows(
        self, caller: Caller, key: ImportId, *, fate: Fate | None, after: int, limit: int
    ) -> Sequence[OutsideRow]:  # fmt: skip
        """Return the rows that an import tells of, in the order of the list."""
        with self._work() as work:
            self._seen(caller, work, key)
            return work.imports.rows(key, fate=fate, after=after, limit=limit)

    def correction(self, caller: Caller, key: ImportId, list_format: str, language: str) -> Written:
        """Return the part of a list that is quarantined, with the reasons beside it: corrected, it is brought in again.

        The rows are read page by page while the file is written.
        """
        with self._work() as work:
            self._seen(caller, work, key)
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
            found, permit = self._seen(caller, work, key, lock=True)
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

    def _required(self, caller: Caller, work: UnitOfWork, owner: str) -> tuple[Department, Permit]:
        department = work.departments.by_code(owner)
        roles = caller.roles_at(department.path, work.now)
        return department, self._policy.require(caller, "camera:import", roles, facts.of_person(caller))

    def _seen(
        self, caller: Caller, work: UnitOfWork, key: ImportId, *, lock: bool = False
    ) -> tuple[CatalogImport, Permit]:  # fmt: skip
        """Return an import; where one may not import into its department there is none."""
        found = work.imports.load(key, lock=lock)
        roles = caller.roles_at(work.departments.load(found.owner_id).path, work.now)
        try:
            permit = self._policy.require(caller, "camera:import", roles, facts.of_person(caller))
        except Forbidden:
            raise Unknown("unknown-import", key=key) from None
        return found, permit


SHOWN = (
    *("gb_code", "external_key", "name", "latitude", "longitude", "division", "address", "direction", "point_class"),
    *("sensitive", "edition", "lifecycle", "tags", "record", "custom", "extra"),
)
"""The fields of a draft that a preview shows."""


def _shown(seen: Sequence[tuple[str, Checked]]) -> Iterator[PreviewRow]:
    far = far_outside([checked.draft for _, checked in seen])
    for place, (where, checked) in enumerate(seen):
        draft = checked.draft
        values = None if draft is None else {name: getattr(draft, name) for name in SHOWN}
        yield PreviewRow(where, values, (*checked.problems, *([far[place]] if place in far else ())))


def _list(work: UnitOfWork, path: Path, asked: Asked) -> List:
    profile = None if asked.profile is None else work.import_profiles.named(asked.profile)
    reading = reading_of(profile, asked.mapping, asked.coordinates, strict=asked.strict)
    return List(path, path.name[:NAME_SHOWN], asked.format, reading)


def _new(key: ImportId, department: Department, found: List, permit: Permit, work: UnitOfWork) -> CatalogImport:
    return CatalogImport(
        id=key, owner_id=department.id, file=found.name, format=format_of(found.path, found.format),
        reading=found.reading, dry_run=False, actor=permit.actor, at=work.now, state=ImportState.RUNNING,
    )  # fmt: skip
