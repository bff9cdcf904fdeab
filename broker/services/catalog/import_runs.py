"""The worker's side of an import: one run, in one transaction; what breaks off leaves nothing and is run again."""

import tempfile
from dataclasses import replace
from pathlib import Path

from broker.domain.catalog.imports import WAITING, CatalogImport, ImportState, fail, finish, start
from broker.domain.errors import BrokerError, Unavailable
from broker.domain.ids import ImportId
from broker.domain.people.accounts import Caller, Role, system_caller
from broker.services.catalog.catalog_files.outside import Outside
from broker.services.catalog.import_engine import List, bring_in, keep_outside
from policies.authorizer import Authorizer
from storage.blobs.base import BlobStore
from storage.db.unit_of_work import UnitOfWork, Work


class ImportRuns:
    """Brings lists in that were handed in; any number of workers may, a run is taken over when its worker is gone."""

    def __init__(self, work: Work, policy: Authorizer, blobs: BlobStore, folder: Path) -> None:
        self._work = work
        self._policy = policy
        self._blobs = blobs
        self._folder = folder
        self._caller: Caller = system_caller(Role.WORKER, "worker")

    def run(self, key: ImportId) -> ImportState:
        """Bring one import to its end and return the state it has then."""
        with self._work() as work:
            permit = self._policy.require(self._caller, "camera:import", {Role.WORKER})
            found = work.imports.load(key, lock=True)
            if found.state not in WAITING:
                return found.state
            change = start(found)
            work.imports.save(found, change.after)
            work.audit.append(permit, change.entries)
            work.commit(permit)
        running = change.after
        try:
            return self._brought(running)
        except Unavailable:
            raise  # the broker's own trouble: the job engine tries again
        except BrokerError as error:
            return self._failed(running, error)

    def _brought(self, running: CatalogImport) -> ImportState:
        with tempfile.TemporaryDirectory(prefix="import-", dir=self._folder) as folder, Outside() as outside:
            path = Path(folder) / "list"
            with path.open("wb") as file:
                for chunk in self._blobs.read(running.digest or ""):
                    file.write(chunk)
            listed = List(path, running.file, running.format, running.reading)
            with self._work() as work:
                permit = self._policy.require(self._caller, "camera:import", {Role.WORKER})
                permit = replace(permit, actor=running.actor)  # the worker does what this person ordered
                key = None if running.dry_run else running.id
                report, written = bring_in(
                    work, permit, listed, running.owner_id, key, outside, lambda done: self._tell(running, done)
                )
                current = work.imports.load(running.id, lock=True)
                if current.state is not ImportState.RUNNING or current.attempt != running.attempt:
                    return current.state  # another worker took over: nothing of this run is kept
                change = finish(current, report.counts, report.reasons, written, work.now)
                work.imports.save(current, change.after)
                keep_outside(work, running.id, listed, outside)
                work.audit.append(permit, change.entries)
                self._let_go(work, running)
                work.commit(permit)
                return change.after.state

    def _failed(self, running: CatalogImport, error: BrokerError) -> ImportState:
        with self._work() as work:
            permit = self._policy.require(self._caller, "camera:import", {Role.WORKER})
            current = work.imports.load(running.id, lock=True)
            if current.attempt != running.attempt:
                return current.state
            facts = {name: str(value)[:200] for name, value in error.facts.items()}
            change = fail(current, error.slug, facts, work.now)
            work.imports.save(current, change.after)
            work.audit.append(permit, change.entries)
            self._let_go(work, running)
            work.commit(permit)
            return change.after.state

    def _tell(self, running: CatalogImport, done: int) -> None:
        with self._work() as work:
            permit = self._policy.require(self._caller, "camera:import", {Role.WORKER})
            work.imports.note_progress(running.id, done)
            work.commit(permit)

    def _let_go(self, work: UnitOfWork, running: CatalogImport) -> None:
        """Have the file deleted: what was to be kept of it is kept."""
        if running.digest is not None:
            work.deletions.add((running.digest,), None, work.now)
