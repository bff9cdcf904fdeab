"""`xueliang job`: what the workers have to do, what failed and why, a failed one once more."""

from typing import Annotated

from typer import Argument, Option

from broker.cli import screen
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import shown
from broker.cli.machine import Data, at_the_machine
from broker.cli.texts import language
from broker.domain.house.jobs import Job, JobState
from broker.locale import gist

COLUMNS = ("number", "kind", "since", "tries", "subjects", "fault")
Number = Annotated[int, Argument(metavar="NUMBER", min=1)]

app = Noun()


@app.verb("list")
def list_jobs(
    *,
    state: Annotated[JobState, Option("--state", metavar="todo|doing|failed")] = JobState.FAILED,
    kind: Annotated[str, Option("--kind", metavar="KIND")] = "",
    limit: Limit = 50,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List the jobs in a state, newest first."""
    with at_the_machine(data) as (broker, me):
        found = broker.jobs.page(me, state, kind=kind, before=0, limit=limit)
    screen.rows(COLUMNS, map(_record, found), as_json=as_json)


@app.verb("show")
def show(number: Number, *, data: Data = None, as_json: Json = False) -> None:
    """Show a job; one that ended well is gone."""
    with at_the_machine(data) as (broker, me):
        found = broker.jobs.read(me, number)
    screen.fields(_record(found), as_json=as_json)


@app.verb("retry")
def retry(number: Number, *, data: Data = None, as_json: Json = False) -> None:
    """Give a failed job to the workers once more."""
    with at_the_machine(data) as (broker, me):
        broker.jobs.retry(me, number)
        found = broker.jobs.read(me, number)
    screen.fields(_record(found), as_json=as_json)


def _record(job: Job) -> dict[str, object]:
    return {
        "number": job.number, "kind": job.kind, "queue": job.queue, "state": job.state.value, "tries": job.tries,
        "due": job.due and shown(job.due), "since": shown(job.since), "worker": job.worker,
        "subjects": [str(key) for key in job.subjects], "fault": gist(job.fault, language()),
        "may_retry": job.may_retry,
    }  # fmt: skip
