"""Jobs: deferred in the transaction of the business change, so that one never exists without the other."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from procrastinate import App, SyncPsycopgConnector
from procrastinate.types import JSONDict
from sqlalchemy import Connection, text

from broker.domain.catalog.catalog import Source
from broker.domain.ids import EscrowId, ImportId, PackageId, PersonId, RequestId, RetrievalId, SourceId

RETRIEVE, QUEUE_AGAIN = "retrieve", "queue_again"
REFRESH_COVERAGE = "refresh_coverage"
PLAN_ESCROW, SEAL, SEAL_LATER = "plan_escrow", "seal", "seal_later"
LAST = -10_000
"""The priority of what nobody waits for."""
DELIVER_NOTICES, MAIL_NOTICE, CALL_WEBHOOK = "deliver_notices", "mail_notice", "call_webhook"
BUILD_PACKAGE = "build_package"
IMPORT_LIST = "import_list"
FOOTAGE_QUEUE = "default"
NOTICES_QUEUE = "notices"
SOURCES_QUEUE = "sources"
"""Notices have slots of their own: a mail server that hangs keeps no footage waiting, nor a long fetch a notice."""

_app = App(connector=SyncPsycopgConnector())
"""Only for writing jobs over a connection that is handed in; it opens none of its own."""


class JobQueue:
    """Puts jobs into the queue of the worker."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def retrieve(self, key: RetrievalId, source: Source, priority: int = 0) -> None:
        """Queue the fetch of a retrieval under one of the slots of its source; higher priorities come first."""
        _app.configure_task(
            RETRIEVE,
            lock=self._emptiest_slot(source),
            priority=priority,
            connection=self._connection.connection.driver_connection,
        ).defer(retrieval=str(key))

    def retrieve_later(self, key: RetrievalId, at: datetime) -> None:
        """Queue a retrieval again at an instant.

        Until then it keeps no slot of its source: a job that waits for its time would hold up all behind it.
        """
        self._notices(QUEUE_AGAIN, {"retrieval": str(key)}, at=at)

    def hurry(self, sources: Collection[SourceId], limit: int) -> None:
        """Let at most `limit` retrievals that wait for one of these sources come now, the longest waiting first."""
        waiting = text(
            "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE id IN ("
            " SELECT job.id FROM procrastinate_jobs job"
            " JOIN retrieval ON retrieval.id = (job.args ->> 'retrieval')::uuid"
            " JOIN camera ON camera.id = retrieval.camera_id"
            " WHERE job.status = 'todo' AND job.task_name = :task AND job.scheduled_at > now()"
            " AND camera.source_id = ANY(:sources) ORDER BY retrieval.id LIMIT :most FOR UPDATE OF job SKIP LOCKED)",
        )
        self._connection.execute(waiting, {"task": QUEUE_AGAIN, "sources": list(sources), "most": limit})

    def plan_escrow(self, key: RequestId) -> None:
        """Queue the look whether anything a request asks for has to be sealed."""
        connection = self._connection.connection.driver_connection
        _app.configure_task(PLAN_ESCROW, queue=SOURCES_QUEUE, connection=connection).defer(request=str(key))

    def seal(self, key: EscrowId, source: Source) -> None:
        """Queue the making of a sealed copy under one of the slots of its source, behind all that people wait for."""
        _app.configure_task(
            SEAL,
            lock=self._emptiest_slot(source),
            priority=LAST,
            connection=self._connection.connection.driver_connection,
        ).defer(escrow=str(key))

    def seal_later(self, key: EscrowId, at: datetime) -> None:
        """Queue the making of a sealed copy at an instant; until then it keeps no slot of its source."""
        self._notices(SEAL_LATER, {"escrow": str(key)}, at=at)

    def build_package(self, key: PackageId) -> None:
        """Queue the building of an evidence package, beside the fetches."""
        connection = self._connection.connection.driver_connection
        _app.configure_task(BUILD_PACKAGE, connection=connection).defer(package=str(key))

    def import_list(self, key: ImportId) -> None:
        """Queue the import of a list; imports come one after the other, for each takes the whole catalogue."""
        connection = self._connection.connection.driver_connection
        _app.configure_task(IMPORT_LIST, lock=IMPORT_LIST, connection=connection).defer(key=str(key))

    def deliver_notices(self, keys: Collection[UUID]) -> None:
        """Queue the delivery of notices that were just written."""
        self._notices(DELIVER_NOTICES, {"notices": [str(key) for key in keys]})

    def mail_notices(self, wanted: Collection[tuple[UUID, PersonId]], attempt: int, at: datetime | None = None) -> None:
        """Queue an attempt to mail each notice to its person, not before `at`."""
        told: list[JSONDict] = [{"notice": str(key), "person": str(who), "attempt": attempt} for key, who in wanted]
        if told:
            self._notices(MAIL_NOTICE, *told, at=at)

    def call_webhook(self, key: UUID, webhook: UUID, attempt: int, at: datetime | None = None) -> None:
        """Queue an attempt at a delivery, not before `at`.

        First attempts at one webhook come one after the other; a later one waits for nobody, and nobody for it.
        """
        lock = f"webhook:{webhook}" if at is None else None
        self._notices(CALL_WEBHOOK, {"delivery": str(key), "attempt": attempt}, at=at, lock=lock)

    def refresh_coverage(self, key: RequestId) -> None:
        """Queue that the sources behind a request are asked anew what is recorded, unless that waits already."""
        waiting = text(
            "SELECT 1 FROM procrastinate_jobs"
            " WHERE status = 'todo' AND task_name = :task AND args ->> 'request' = :request LIMIT 1",
        )
        named = {"task": REFRESH_COVERAGE, "request": str(key)}
        if self._connection.execute(waiting, named).first() is None:
            connection = self._connection.connection.driver_connection
            _app.configure_task(REFRESH_COVERAGE, queue=SOURCES_QUEUE, connection=connection).defer(request=str(key))

    def _notices(self, task: str, *jobs: JSONDict, at: datetime | None = None, lock: str | None = None) -> None:
        _app.configure_task(
            task,
            queue=NOTICES_QUEUE,
            lock=lock,
            schedule_at=at,
            connection=self._connection.connection.driver_connection,
        ).batch_defer(*jobs)

    def _emptiest_slot(self, source: Source) -> str:
        """Return the slot of the source with the fewest jobs; a slot runs one job at a time."""
        slots = [f"source:{source.id}:{number}" for number in range(source.sessions)]
        waiting = text(
            "SELECT lock, count(*) AS jobs FROM procrastinate_jobs"
            " WHERE status IN ('todo', 'doing') AND lock = ANY(:slots) GROUP BY lock",
        )
        load = {row.lock: row.jobs for row in self._connection.execute(waiting, {"slots": slots})}
        return min(slots, key=lambda slot: load.get(slot, 0))
