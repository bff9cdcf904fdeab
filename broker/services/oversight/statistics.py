"""Figures over many requests, for those who answer for how the flow runs."""

from broker.domain.errors import Invalid
from broker.domain.oversight.statistics import Statistics
from broker.domain.people.accounts import Caller, Role
from broker.domain.time import TimeSpan
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work

LONGEST_DAYS = 1100


class Figures:
    """Statistics over the departments in the caller's reach."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def read(self, caller: Caller, period: TimeSpan) -> Statistics:
        """Return the tables of a period; a center's approver sees the place that the center speaks for.

        Raises:
            Invalid: the period is longer than three years.
        """
        with self._work() as work:
            self._policy.require(caller, "statistics:read", caller.roles(work.now), facts.of_person(caller))
            if period.duration.days > LONGEST_DAYS:
                raise Invalid("period-too-long", pointer="#query/from", longest=LONGEST_DAYS)
            own = (*caller.paths_of(Role.AUDITOR, work.now), *caller.paths_of(Role.DEPARTMENT_AUTHORIZER, work.now))
            held = caller.paths_of(Role.CENTER_APPROVER, work.now)
            centers = {center.jurisdiction for center in work.departments.centers() if center.path.startswith(held)}
            return work.statistics.read(sorted({*own, *centers}), period)
