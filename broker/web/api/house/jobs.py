"""What the workers have to do: how much, which jobs failed and why, a failed one once more."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query

from broker.domain.house.jobs import Job, JobState, Worker, Workload
from broker.locale import gist
from broker.web.deps import BrokerDep, CallerDep, Language
from broker.web.paging import ByNumber, Page
from broker.web.routes import OnceRoute
from broker.web.values import Out

router = APIRouter(prefix="/jobs", tags=["jobs"], route_class=OnceRoute)

Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
Kind = Annotated[str, Query(max_length=80, description="Of one kind only. 只列一种任务。")]
State = Annotated[JobState, Query(description="todo: waits, doing: runs, failed. 等待、执行中、失败。")]


class JobOut(Out):
    """A job by number and kind; of what it carries only the ids. `fault` tells why the latest try failed."""

    number: int
    kind: str
    queue: str
    state: JobState
    tries: int
    due: datetime | None
    since: datetime
    worker: int | None
    subjects: list[UUID]
    fault: str
    may_retry: bool

    @classmethod
    def of(cls, job: Job, language: str) -> Self:
        return cls(
            number=job.number, kind=job.kind, queue=job.queue, state=job.state, tries=job.tries, due=job.due,
            since=job.since, worker=job.worker, subjects=list(job.subjects), fault=gist(job.fault, language),
            may_retry=job.may_retry,
        )  # fmt: skip


class CountOut(Out):
    """How many jobs of one kind there are, by state."""

    queue: str
    kind: str
    todo: int
    doing: int
    failed: int


class WorkerOut(Out):
    """The slots of one queue in one process; who was not heard of for ten seconds is taken for gone."""

    number: int
    heard_at: datetime
    running: int

    @classmethod
    def of(cls, worker: Worker) -> Self:
        return cls(number=worker.number, heard_at=worker.heard_at, running=worker.running)


class WorkloadOut(Out):
    """How much there is to do, and who is there to do it."""

    counts: list[CountOut]
    workers: list[WorkerOut]

    @classmethod
    def of(cls, load: Workload) -> Self:
        counts = [
            CountOut(queue=queue, kind=kind, **{state.value: found.get(state, 0) for state in JobState})
            for (queue, kind), found in load.counts.items()
        ]
        return cls(counts=counts, workers=[WorkerOut.of(worker) for worker in load.workers])


@router.get("")
def list_jobs(
    caller: CallerDep, broker: BrokerDep, language: Language, window: ByNumber, state: State = JobState.FAILED,
    kind: Kind = "",
) -> Page[JobOut]:  # fmt: skip
    """列出一种状态的后台任务，新的在前。List the jobs in a state, newest first."""
    found = broker.jobs.page(caller, state, kind=kind, before=window.after or 0, limit=window.wanted)
    return window.page(found, lambda it: it.number, lambda shown: [JobOut.of(it, language) for it in shown])


@router.get("/workload")
def read_workload(caller: CallerDep, broker: BrokerDep) -> WorkloadOut:
    """查看任务数量与执行进程。See how much there is to do, and who is there to do it."""
    return WorkloadOut.of(broker.jobs.workload(caller))


@router.get("/{number}")
def read_job(number: Number, caller: CallerDep, broker: BrokerDep, language: Language) -> JobOut:
    """查看一个后台任务。Read a job; one that ended well is gone."""
    return JobOut.of(broker.jobs.read(caller, number), language)


@router.post("/{number}/retry", status_code=204)
def retry_job(number: Number, caller: CallerDep, broker: BrokerDep) -> None:
    """重试一个失败的任务。Give a failed job to the workers once more."""
    broker.jobs.retry(caller, number)
