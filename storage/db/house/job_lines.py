"""The jobs of the engine as they stand, and why they failed; `jobs` puts them there."""

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from broker.domain.errors import Conflict, Unknown
from broker.domain.house.jobs import Job, JobState, Worker
from broker.domain.ids import SourceId
from storage.db.requests.request_rows import AnyRow

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_SUBJECTS = 5

_LINE = """
    SELECT job.id, job.task_name, job.queue_name, job.status::text AS status, job.attempts, job.scheduled_at,
           job.worker_id, job.args, job.queueing_lock, coalesce(fault.slug, '') AS fault,
           (SELECT max(event.at) FROM procrastinate_events event WHERE event.job_id = job.id) AS since
    FROM procrastinate_jobs job LEFT JOIN job_fault fault ON fault.job = job.id"""

_LINES = f"""{_LINE}
    WHERE job.status::text = :state AND (:kind = '' OR job.task_name = :kind) AND (:before = 0 OR job.id < :before)
    ORDER BY job.id DESC LIMIT :limit"""


class JobLines:
    """Reads what the engine keeps, and gives it failed jobs once more."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def counts(self) -> dict[tuple[str, str], dict[JobState, int]]:
        """Return how many jobs there are by queue and kind, and by state."""
        rows = self._connection.execute(
            text(
                "SELECT queue_name, task_name, status::text AS status, count(*) AS jobs FROM procrastinate_jobs"
                " WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2, 3 ORDER BY 1, 2"
            )
        )
        found: dict[tuple[str, str], dict[JobState, int]] = {}
        for row in rows:
            found.setdefault((row.queue_name, row.task_name), {})[JobState(row.status)] = row.jobs
        return found

    def workers(self) -> list[Worker]:
        """Return the workers that the engine knows, those heard of last first."""
        rows = self._connection.execute(
            text(
                "SELECT worker.id, worker.last_heartbeat, count(job.id) AS running FROM procrastinate_workers worker"
                " LEFT JOIN procrastinate_jobs job ON job.worker_id = worker.id AND job.status = 'doing'"
                " GROUP BY worker.id ORDER BY worker.last_heartbeat DESC, worker.id LIMIT 200"
            )
        )
        return [Worker(row.id, row.last_heartbeat, row.running) for row in rows]

    def page(self, state: JobState, *, kind: str, before: int, limit: int) -> list[Job]:
        """Return jobs in a state, of one kind or (empty) of all, the newest first, beginning behind a number."""
        given = {"state": state.value, "kind": kind, "before": before, "limit": limit}
        return [_job(row) for row in self._connection.execute(text(_LINES), given)]

    def read(self, number: int) -> Job:
        """Return one job; raises Unknown where there is none of this number, or it is over."""
        asked = text(f"{_LINE} WHERE job.id = :number AND job.status IN ('todo', 'doing', 'failed')")
        row = self._connection.execute(asked, {"number": number}).one_or_none()
        if row is None:
            raise Unknown("unknown-job", job=number)
        return _job(row)

    def again(self, number: int) -> str:
        """Give a failed job to the workers once more, and return its kind.

        Raises:
            Unknown: there is none of this number.
            Conflict: it has not failed, or the clock brings the next one anyway.
        """
        row = self._connection.execute(
            text("SELECT task_name, status::text AS status, queueing_lock FROM procrastinate_jobs WHERE id = :id"),
            {"id": number},
        ).one_or_none()
        if row is None:
            raise Unknown("unknown-job", job=number)
        if row.status != JobState.FAILED or row.queueing_lock is not None:
            raise Conflict("job-not-to-retry", job=number)
        self._connection.execute(
            text("SELECT procrastinate_retry_job_v2(:id, now(), NULL, NULL, NULL)"), {"id": number}
        )
        return str(row.task_name)

    def note_fault(self, number: int, slug: str, at: datetime) -> None:
        """Keep why the latest try of a job failed; what is kept of jobs that are gone goes with it."""
        self._connection.execute(
            text(
                "INSERT INTO job_fault (job, at, slug) VALUES (:job, :at, :slug)"
                " ON CONFLICT (job) DO UPDATE SET at = excluded.at, slug = excluded.slug"
            ),
            {"job": number, "at": at, "slug": slug},
        )
        self._connection.execute(
            text("DELETE FROM job_fault WHERE NOT EXISTS (SELECT FROM procrastinate_jobs WHERE id = job_fault.job)")
        )

    def sessions(self) -> dict[SourceId, int]:
        """Return how many sessions of each source are in use by jobs now."""
        rows = self._connection.execute(
            text(
                "SELECT split_part(lock, ':', 2)::uuid AS source, count(*) AS jobs FROM procrastinate_jobs"
                " WHERE status = 'doing' AND lock LIKE 'source:%' GROUP BY 1"
            )
        )
        return {SourceId(row.source): row.jobs for row in rows}


def _job(row: AnyRow) -> Job:
    ids = [UUID(value) for value in row.args.values() if isinstance(value, str) and _UUID.fullmatch(value)]
    return Job(
        number=row.id, kind=row.task_name, queue=row.queue_name, state=JobState(row.status), tries=row.attempts,
        due=row.scheduled_at, since=row.since, worker=row.worker_id, subjects=tuple(ids[:MOST_SUBJECTS]),
        fault=row.fault, by_clock=row.queueing_lock is not None,
    )  # fmt: skip
