"""Planned maintenance: declared by those who run the house, read by those who answer for the points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from broker.domain.catalog.catalog import Source
from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import Invalid
from broker.domain.ids import CameraId, SourceId, new_id
from broker.domain.people.accounts import Caller
from broker.domain.permits import Permit
from broker.domain.sources import maintenance
from broker.domain.sources.maintenance import Maintenance
from broker.services.oversight.measure_reach import reach_of
from broker.services.sources.source_reach import require_source
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work


@dataclass(frozen=True)
class NewMaintenance:
    """What is to be maintained, when and why; exactly one of the three is named."""

    begins: datetime
    ends: datetime
    reason: str
    source: str | None = None
    department: str | None = None
    camera: CameraId | None = None


class MaintenanceWindows:
    """Time that does not count for availability."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def page(self, caller: Caller, *, past: bool, after: UUID | None, limit: int) -> Sequence[Maintenance]:
        """Return the windows of what the caller answers for; those that are over too, with `past`."""
        with self._work() as work:
            self._policy.require(caller, "maintenance:list", caller.roles(work.now), facts.of_person(caller))
            since = None if past else work.now
            return work.maintenance.page(reach_of(caller, work), ending_after=since, after=after, limit=limit)

    def sources_of(self, caller: Caller, found: Sequence[Maintenance]) -> Mapping[SourceId, Source]:
        """Return the sources that windows are of, which the caller was just shown."""
        with self._work() as work:
            self._policy.require(caller, "maintenance:list", caller.roles(work.now), facts.of_person(caller))
            return work.sources.load_many({it.source_id for it in found if it.source_id})

    def declare(self, caller: Caller, new: NewMaintenance) -> Maintenance:
        """Declare a window.

        Raises:
            Invalid: it names no subject or several, begins in the past, is too long, or says no reason.
            Unknown: there is no such thing, or none that the caller's roles reach.
        """
        if sum(it is not None for it in (new.source, new.department, new.camera)) != 1:
            raise Invalid("one-subject-needed", pointer="/source")
        with self._work() as work:
            permit, ids, called = self._subject(work, caller, new)
            plan = Maintenance(new_id(), new.begins, new.ends, new.reason.strip(), permit.actor, work.now, **ids)  # type: ignore[arg-type]  # one id by the name of its field
            kept, entries = maintenance.declared(plan, called, work.now)
            work.maintenance.add(kept)
            work.audit.append(permit, entries)
            work.commit(permit)
            return kept

    def end(self, caller: Caller, key: UUID) -> Maintenance:
        """End a window early, or call it off.

        Raises:
            Unknown: there is none, or none that the caller's roles reach.
            Conflict: it is over.
        """
        with self._work() as work:
            permit = self._policy.require(caller, "maintenance:end", caller.roles(work.now), facts.of_person(caller))
            after, entries = maintenance.ended(work.maintenance.load(key, reach_of(caller, work)), work.now)
            work.maintenance.end(after)
            work.audit.append(permit, entries)
            work.commit(permit)
            return after

    def _subject(self, work: UnitOfWork, caller: Caller, new: NewMaintenance) -> tuple[Permit, dict[str, UUID], str]:
        """Return the permit, the id of what is maintained by the name of its field, and what the trace calls it."""
        act, known = "maintenance:declare", facts.of_person(caller)
        if new.source is not None:
            source, permit = require_source(self._policy, work, caller, act, new.source)
            return permit, {"source_id": source.id}, f"source {source.code}"
        if new.camera is not None:
            camera = work.cameras.load(new.camera, Viewer.of(caller, work.now))
            home = work.departments.load(camera.owner_id)
            permit = self._policy.require(caller, act, caller.roles_at(home.path, work.now), known)
            return permit, {"camera_id": camera.id}, f"camera {camera.id}"
        home = work.departments.by_code(new.department or "")
        permit = self._policy.require(caller, act, caller.roles_at(home.path, work.now), known)
        return permit, {"department_id": home.id}, f"department {home.code}"
