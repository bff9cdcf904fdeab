"""One use case, one transaction: leaving the block rolls back, commit happens once and needs a permit."""

import time
from collections.abc import Callable
from functools import cached_property
from types import TracebackType
from typing import Self

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from broker.domain.errors import Unavailable
from broker.domain.permits import Permit
from broker.domain.time import Clock
from storage.db.catalog.camera_fields import CameraFieldRepository
from storage.db.catalog.camera_history import CameraHistoryRepository
from storage.db.catalog.cameras import CameraRepository
from storage.db.catalog.divisions import DivisionRepository
from storage.db.catalog.finding import FindingRepository
from storage.db.catalog.import_profiles import ImportProfileRepository
from storage.db.catalog.import_undoing import ImportUndoing
from storage.db.catalog.imports import ImportRepository
from storage.db.catalog.map_rows import MapRowRepository
from storage.db.catalog.reconciliations import ReconciliationRepository
from storage.db.deciding.absences import AbsenceRepository
from storage.db.deciding.deadlines import DeadlineRepository
from storage.db.deciding.delegations import DelegationRepository
from storage.db.deciding.policies import PolicyRepository
from storage.db.deciding.rulebooks import RulebookRepository
from storage.db.faults import translate
from storage.db.footage.deletions import DeletionRepository
from storage.db.footage.escrows import EscrowRepository
from storage.db.footage.grants import GrantRepository
from storage.db.footage.locks import LockRepository
from storage.db.footage.originals import OriginalRepository
from storage.db.footage.packages import PackageRepository
from storage.db.footage.retrievals import RetrievalRepository
from storage.db.footage.revocations import Barrier, StopRepository
from storage.db.house.idempotency import IdempotencyRepository, current_write
from storage.db.house.job_lines import JobLines
from storage.db.house.jobs import JobQueue
from storage.db.notices.live import LiveRepository
from storage.db.notices.outbox import OutboxRepository
from storage.db.notices.webhooks import WebhookRepository
from storage.db.oversight.audit import AuditRepository
from storage.db.oversight.holds import HoldRepository
from storage.db.oversight.measures import MeasureRepository
from storage.db.oversight.measures_below import MeasuresBelow
from storage.db.oversight.plan_targets import PlanTargetRepository
from storage.db.oversight.register import RegisterRepository
from storage.db.oversight.retention import RetentionRepository
from storage.db.oversight.statistics import StatisticsRepository
from storage.db.oversight.trace_exports import TraceExportRepository
from storage.db.people.accounts import PersonRepository
from storage.db.people.callers import CallerRepository
from storage.db.people.departments import DepartmentRepository
from storage.db.people.guesses import GuessRepository
from storage.db.people.identities import IdentityRepository
from storage.db.people.invites import InviteRepository
from storage.db.people.second_factor import SecondFactorRepository
from storage.db.people.sessions import SessionRepository
from storage.db.requests.access_requests import AccessRequestRepository
from storage.db.requests.attachments import AttachmentRepository
from storage.db.requests.inbox import InboxRepository
from storage.db.requests.inbox_counts import InboxCounts
from storage.db.requests.sketches import SketchRepository
from storage.db.sources.health_pruning import HealthPruning
from storage.db.sources.health_targets import HealthTargets
from storage.db.sources.maintenance import MaintenanceRepository
from storage.db.sources.point_days import PointDays
from storage.db.sources.point_health import PointHealthRepository
from storage.db.sources.point_recordings import PointRecordings
from storage.db.sources.point_settling import PointSettling
from storage.db.sources.point_watch import PointWatch
from storage.db.sources.recordings import RecordingRepository
from storage.db.sources.source_health import SourceHealthRepository
from storage.db.sources.sources import SourceRepository


class UnitOfWork:
    """The repositories over one transaction."""

    def __init__(self, engine: Engine, clock: Clock, follow: Callable[[PolicyRepository], None] | None = None) -> None:
        """Open nothing yet; `follow` brings the process to the policy in force, before anybody can ask it."""
        self._engine = engine
        self._follow = follow
        self.now = clock.now()
        self._connection: Connection | None = None
        self._barrier: Barrier | None = None

    def __enter__(self) -> Self:
        try:
            self._connection = self._engine.connect()
        except DBAPIError as error:
            raise translate(error) from error
        except PoolTimeout as error:
            raise Unavailable("database-unreachable", detail="no free connection") from error
        if self._follow is not None:
            try:
                self._follow(self.policies)
            except BaseException as error:
                self.__exit__(type(error), error, None)
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            if self._barrier is not None:
                self._barrier.wait(self._connection)
            try:
                self._connection.close()
            except DBAPIError as lost:  # nobody is there any more to roll back
                error = error or lost
            self._connection = None
        if isinstance(error, DBAPIError | psycopg.Error):
            raise translate(error) from error

    def commit(self, permit: Permit, *, done: bool = True) -> None:
        """End the transaction for good; the permit is the proof that the policy allowed it.

        When it stops footage, leaving the block then waits until no process can deliver any more.

        `done` is False where only a refusal is written down: the call was not carried out, so its idempotency key
        stays free.

        Raises:
            Conflict: somebody else's change came first, or the same idempotency key was used at the same time.
            Unavailable: the database is gone; nothing was written.
        """
        assert permit.act, "a permit names its act"  # noqa: S101  # the type says it, this says it at run time
        write = current_write.get()
        if write is not None and done:
            self.idempotency.mark(write, self.now)
        seq = self.stops.write(self.now)
        self._open.commit()
        if seq is not None:
            self._barrier = Barrier(seq, time.monotonic())

    @property
    def _open(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("a unit of work is used inside its with block")
        return self._connection

    @cached_property
    def departments(self) -> DepartmentRepository:
        return DepartmentRepository(self._open)

    @cached_property
    def persons(self) -> PersonRepository:
        return PersonRepository(self._open)

    @cached_property
    def callers(self) -> CallerRepository:
        return CallerRepository(self._open)

    @cached_property
    def delegations(self) -> DelegationRepository:
        return DelegationRepository(self._open)

    @cached_property
    def absences(self) -> AbsenceRepository:
        return AbsenceRepository(self._open)

    @cached_property
    def sessions(self) -> SessionRepository:
        return SessionRepository(self._open)

    @cached_property
    def guesses(self) -> GuessRepository:
        return GuessRepository(self._open)

    @cached_property
    def identities(self) -> IdentityRepository:
        return IdentityRepository(self._open)

    @cached_property
    def invites(self) -> InviteRepository:
        return InviteRepository(self._open)

    @cached_property
    def second_factors(self) -> SecondFactorRepository:
        return SecondFactorRepository(self._open)

    @cached_property
    def cameras(self) -> CameraRepository:
        return CameraRepository(self._open)

    @cached_property
    def camera_history(self) -> CameraHistoryRepository:
        return CameraHistoryRepository(self._open, self.now)

    @cached_property
    def camera_fields(self) -> CameraFieldRepository:
        return CameraFieldRepository(self._open)

    @cached_property
    def divisions(self) -> DivisionRepository:
        return DivisionRepository(self._open)

    @cached_property
    def imports(self) -> ImportRepository:
        return ImportRepository(self._open)

    @cached_property
    def import_undoing(self) -> ImportUndoing:
        return ImportUndoing(self._open)

    @cached_property
    def import_profiles(self) -> ImportProfileRepository:
        return ImportProfileRepository(self._open)

    @cached_property
    def finding(self) -> FindingRepository:
        return FindingRepository(self._open)

    @cached_property
    def map_rows(self) -> MapRowRepository:
        return MapRowRepository(self._open)

    @cached_property
    def sources(self) -> SourceRepository:
        return SourceRepository(self._open)

    @cached_property
    def source_health(self) -> SourceHealthRepository:
        return SourceHealthRepository(self._open)

    @cached_property
    def point_watch(self) -> PointWatch:
        return PointWatch(self._open)

    @cached_property
    def point_health(self) -> PointHealthRepository:
        return PointHealthRepository(self._open)

    @cached_property
    def point_recordings(self) -> PointRecordings:
        return PointRecordings(self._open)

    @cached_property
    def point_settling(self) -> PointSettling:
        return PointSettling(self._open)

    @cached_property
    def health_targets(self) -> HealthTargets:
        return HealthTargets(self._open)

    @cached_property
    def health_pruning(self) -> HealthPruning:
        return HealthPruning(self._open)

    @cached_property
    def maintenance(self) -> MaintenanceRepository:
        return MaintenanceRepository(self._open)

    @cached_property
    def point_days(self) -> PointDays:
        return PointDays(self._open)

    @cached_property
    def reconciliations(self) -> ReconciliationRepository:
        return ReconciliationRepository(self._open)

    @cached_property
    def recordings(self) -> RecordingRepository:
        return RecordingRepository(self._open)

    @cached_property
    def access_requests(self) -> AccessRequestRepository:
        return AccessRequestRepository(self._open)

    @cached_property
    def rulebooks(self) -> RulebookRepository:
        return RulebookRepository(self._open)

    @cached_property
    def grants(self) -> GrantRepository:
        return GrantRepository(self._open, self.stops)

    @cached_property
    def stops(self) -> StopRepository:
        return StopRepository(self._open)

    @cached_property
    def locks(self) -> LockRepository:
        return LockRepository(self._open)

    @cached_property
    def deadlines(self) -> DeadlineRepository:
        return DeadlineRepository(self._open)

    @cached_property
    def inbox(self) -> InboxRepository:
        return InboxRepository(self._open)

    @cached_property
    def inbox_counts(self) -> InboxCounts:
        return InboxCounts(self._open)

    @cached_property
    def live(self) -> LiveRepository:
        return LiveRepository(self._open)

    @cached_property
    def measures(self) -> MeasureRepository:
        return MeasureRepository(self._open)

    @cached_property
    def measures_below(self) -> MeasuresBelow:
        return MeasuresBelow(self._open)

    @cached_property
    def plan_targets(self) -> PlanTargetRepository:
        return PlanTargetRepository(self._open)

    @cached_property
    def statistics(self) -> StatisticsRepository:
        return StatisticsRepository(self._open)

    @cached_property
    def retrievals(self) -> RetrievalRepository:
        return RetrievalRepository(self._open)

    @cached_property
    def escrows(self) -> EscrowRepository:
        return EscrowRepository(self._open)

    @cached_property
    def originals(self) -> OriginalRepository:
        return OriginalRepository(self._open)

    @cached_property
    def packages(self) -> PackageRepository:
        return PackageRepository(self._open)

    @cached_property
    def holds(self) -> HoldRepository:
        return HoldRepository(self._open)

    @cached_property
    def retention(self) -> RetentionRepository:
        return RetentionRepository(self._open)

    @cached_property
    def deletions(self) -> DeletionRepository:
        return DeletionRepository(self._open)

    @cached_property
    def policies(self) -> PolicyRepository:
        return PolicyRepository(self._open)

    @cached_property
    def register(self) -> RegisterRepository:
        return RegisterRepository(self._open, self.now)

    @cached_property
    def attachments(self) -> AttachmentRepository:
        return AttachmentRepository(self._open)

    @cached_property
    def sketches(self) -> SketchRepository:
        return SketchRepository(self._open)

    @cached_property
    def audit(self) -> AuditRepository:
        return AuditRepository(self._open, self.now)

    @cached_property
    def trace_exports(self) -> TraceExportRepository:
        return TraceExportRepository(self._open)

    @cached_property
    def idempotency(self) -> IdempotencyRepository:
        return IdempotencyRepository(self._open)

    @cached_property
    def jobs(self) -> JobQueue:
        return JobQueue(self._open)

    @cached_property
    def job_lines(self) -> JobLines:
        return JobLines(self._open)

    @cached_property
    def outbox(self) -> OutboxRepository:
        return OutboxRepository(self._open, self.now)

    @cached_property
    def webhooks(self) -> WebhookRepository:
        return WebhookRepository(self._open)


Work = Callable[[], UnitOfWork]
