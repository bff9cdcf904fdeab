"""The work of the workers, looked at by whoever runs the house: what waits, runs and failed; a failed one once more."""

from collections.abc import Sequence

from broker.domain.errors import BrokerError
from broker.domain.house.jobs import Job, JobState, Workload
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Role, system_caller
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work

LONGEST_SLUG = 80


class Jobs:
    """Jobs by number and kind; what they carry beyond ids is told to nobody."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy
        self._caller: Caller = system_caller(Role.WORKER, "worker")

    def workload(self, caller: Caller) -> Workload:
        """Return how much there is to do, and who is there to do it."""
        with self._work() as work:
            self._policy.require(caller, "job:list", caller.roles(work.now), facts.of_person(caller))
            return Workload(work.job_lines.counts(), work.job_lines.workers())

    def page(self, caller: Caller, state: JobState, *, kind: str, before: int, limit: int) -> Sequence[Job]:
        """Return jobs in a state, of one kind or (empty) of all, the newest first."""
        with self._work() as work:
            self._policy.require(caller, "job:list", caller.roles(work.now), facts.of_person(caller))
            return work.job_lines.page(state, kind=kind, before=before, limit=limit)

    def read(self, caller: Caller, number: int) -> Job:
        """Return one job.

        Raises:
            Unknown: there is none of this number; one that ended well is gone.
        """
        with self._work() as work:
            self._policy.require(caller, "job:list", caller.roles(work.now), facts.of_person(caller))
            return work.job_lines.read(number)

    def retry(self, caller: Caller, number: int) -> None:
        """Give a failed job to the workers once more.

        Raises:
            Unknown: there is none of this number.
            Conflict: it has not failed, or the clock brings the next one anyway.
        """
        with self._work() as work:
            permit = self._policy.require(caller, "job:retry", caller.roles(work.now), facts.of_person(caller))
            kind = work.job_lines.again(number)
            work.audit.append(permit, (Entry(f"job/{number}", "job:retried", {"kind": kind}),))
            work.commit(permit)

    def note_fault(self, number: int, fault: Exception) -> None:
        """Keep why a try of a job failed: the slug of an error of ours, of any other one only what it is."""
        slug = fault.slug if isinstance(fault, BrokerError) else type(fault).__name__
        with self._work() as work:
            permit = self._policy.require(self._caller, "job:note", {Role.WORKER})
            work.job_lines.note_fault(number, slug[:LONGEST_SLUG], work.now)
            work.commit(permit)
