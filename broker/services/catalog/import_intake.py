"""How a list comes into the store: the file first, then the import of it, so that neither is ever without the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import CatalogImport, ImportChange, ImportState
from broker.domain.ids import ImportId, new_id
from broker.domain.people.accounts import Caller, Department
from broker.domain.permits import Permit
from broker.services.catalog.catalog_files.reading import format_of
from broker.services.catalog.import_engine import List
from broker.services.catalog.import_profiles import reading_of
from broker.services.catalog.import_reach import require_owner
from broker.services.footage.keeping import expect, keep
from policies.authorizer import Authorizer
from storage.blobs.base import BlobStore
from storage.db.unit_of_work import UnitOfWork, Work

NAME_SHOWN = 200

Begin = Callable[[UnitOfWork, CatalogImport], ImportChange]
"""The first step of an import whose file lies in the store."""


@dataclass(frozen=True)
class Asked:
    """How somebody wants a list to be read; what is left out is guessed, or taken from the profile."""

    owner: str
    format: str | None = None
    mapping: Mapping[str, str] | None = None
    profile: str | None = None
    coordinates: System | None = None
    strict: bool = False


class Intake:
    """Takes files in, for whoever may import into the department that owns the points."""

    def __init__(self, work: Work, policy: Authorizer, blobs: BlobStore) -> None:
        self._work = work
        self._policy = policy
        self._blobs = blobs

    def take(self, caller: Caller, path: Path, asked: Asked, begin: Begin) -> CatalogImport:
        """Keep a list that was looked into already, and begin an import of it; returns the import."""
        with self._work() as work:  # a file that nobody may hand in comes into no store
            require_owner(self._policy, work, caller, asked.owner)
        blob = self._blobs.put_file(path)
        with self._work() as work:
            permit = require_owner(self._policy, work, caller, asked.owner)[1]
            expect(work, (blob.digest,))
            work.commit(permit, done=False)  # what was asked for is done below
        with self._work() as work:
            department, permit = require_owner(self._policy, work, caller, asked.owner)
            keep(work, self._blobs, (blob.digest,))
            new = new_import(ImportId(new_id()), department, list_of(work, path, asked), permit, work, blob.digest)
            change = begin(work, new)
            work.imports.save(None, change.after)
            work.audit.append(permit, change.entries)
            work.commit(permit)
            return change.after


def list_of(work: UnitOfWork, path: Path, asked: Asked) -> List:
    """Return a list with how it is to be read; raises Unknown where there is no profile of that name."""
    profile = None if asked.profile is None else work.import_profiles.named(asked.profile)
    reading = reading_of(profile, asked.mapping, asked.coordinates, strict=asked.strict)
    return List(path, path.name[:NAME_SHOWN], asked.format, reading)


def new_import(
    key: ImportId, department: Department, found: List, permit: Permit, work: UnitOfWork, digest: str | None = None
) -> CatalogImport:  # fmt: skip
    """Return an import as it begins."""
    return CatalogImport(
        id=key, owner_id=department.id, file=found.name, format=format_of(found.path, found.format),
        reading=found.reading, dry_run=False, actor=permit.actor, at=work.now, state=ImportState.RUNNING,
        digest=digest,
    )  # fmt: skip
