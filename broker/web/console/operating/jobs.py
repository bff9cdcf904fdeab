"""What the workers have to do: the queue by kind and state, who works, what failed and why, once more."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from broker.domain.house.jobs import JobState, Worker
from broker.web.api.house.jobs import JobOut
from broker.web.console.forms import Refusal
from broker.web.console.operating.shift import Shift, ShiftDep
from broker.web.console.routes import OncePageRoute
from broker.web.paging import ByNumber, Window

JOBS = "/jobs"
SILENT = timedelta(seconds=10)
"""After so long without a sign of life the others take a worker's jobs over."""

router = APIRouter(prefix=JOBS, route_class=OncePageRoute)

Kind = Annotated[str, Query(max_length=80)]
State = Annotated[JobState, Query()]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("")
def list_jobs(shift: ShiftDep, window: ByNumber, state: State = JobState.FAILED, kind: Kind = "") -> Response:
    """后台任务：按类型和状态计数、执行进程、失败原因。The queue by kind and state, the workers, what failed."""
    return _page(shift, window, state, kind)


def _page(
    shift: Shift, window: Window[int], state: JobState, kind: str = "", refusal: Refusal | None = None
) -> Response:
    load = shift.broker.jobs.workload(shift.caller)
    found = shift.broker.jobs.page(shift.caller, state, kind=kind, before=window.after or 0, limit=window.wanted)
    page = window.page(found, lambda it: it.number, lambda rows: [JobOut.of(it, shift.screen.language) for it in rows])
    now = shift.screen.instants.now
    return shift.show(
        "jobs", page=page, first=not window.after, state=state, kind=kind, states=JobState, refusal=refusal,
        counts=load.counts, workers=load.workers, silent=[it.number for it in load.workers if _silent(it, now)],
        may_retry=shift.may("job:retry"),
    )  # fmt: skip


def _silent(worker: Worker, now: datetime) -> bool:
    return now - worker.heard_at > SILENT


@router.post("/{number}/retry")
def retry_job(number: Number, shift: ShiftDep) -> Response:
    """重试一个失败的任务。Give a failed job to the workers once more."""

    def again(refusal: Refusal) -> Response:
        return _page(shift, Window(0, 50), JobState.FAILED, refusal=refusal)

    return shift.screen.carried_out(
        lambda: shift.broker.jobs.retry(shift.caller, number), to=JOBS, said="job-retried", again=again
    )
