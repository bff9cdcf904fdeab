"""What the workers have to do, as who runs the house may see it: kinds, states and ids, never what a job carries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class JobState(StrEnum):
    """Where a job stands; one that ended well is gone."""

    WAITING = "todo"
    RUNNING = "doing"
    FAILED = "failed"


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes:
        number: of the job engine.
        kind: what is to be done.
        queue: whose slots it waits for.
        state: where it stands.
        tries: how often it was begun and did not end well.
        due: not before then; None: as soon as there is a slot.
        since: when it came into its state.
        worker: which one is about it.
        subjects: what it is about, by id.
        fault: slug of what went wrong at the latest try, "" where nothing did.
        by_clock: whether the clock brings the next one, so that nobody has to try this one again.
    """

    number: int
    kind: str
    queue: str
    state: JobState
    tries: int
    due: datetime | None
    since: datetime
    worker: int | None
    subjects: Sequence[UUID]
    fault: str
    by_clock: bool

    @property
    def may_retry(self) -> bool:
        """Whether it is of use to give it to the workers once more."""
        return self.state is JobState.FAILED and not self.by_clock


@dataclass(frozen=True)
class Worker:
    """One worker: the slots of one queue in one process."""

    number: int
    heard_at: datetime
    running: int


@dataclass(frozen=True)
class Workload:
    """How much there is to do: (queue, kind) -> state -> jobs; and who is there to do it."""

    counts: Mapping[tuple[str, str], Mapping[JobState, int]]
    workers: Sequence[Worker]
