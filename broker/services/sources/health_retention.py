"""How long is kept what was seen of points: their troubles, and what their days came to."""

import logging
from datetime import timedelta, tzinfo

from broker.domain.people.accounts import Caller, Role, system_caller
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work

NIGHT = range(1, 6)
"""Hours of the city in which old rows are deleted: nobody waits for the disk then."""

logger = logging.getLogger(__name__)


class HealthRetention:
    """Deletes by the clock; what was seen of sources stays, because it says why footage could not be had."""

    def __init__(self, work: Work, policy: Authorizer, zone: tzinfo, troubles: timedelta, days: timedelta) -> None:
        """Take the zone of the city, and how long troubles that have ended and sums of days are kept."""
        self._work = work
        self._policy = policy
        self._zone = zone
        self._troubles = troubles
        self._days = days
        self._caller: Caller = system_caller(Role.WORKER, "worker")

    def tick(self) -> dict[str, int]:
        """Delete at night some of what is older than it is kept; returns how many rows of which table."""
        with self._work() as work:
            permit = self._policy.require(self._caller, "source:watch", {Role.WORKER})
            local = work.now.astimezone(self._zone)
            if local.hour not in NIGHT:
                return {}
            gone = work.health_pruning.days(local.date() - self._days)
            troubles = work.health_pruning.troubles(work.now - self._troubles)
            if troubles:
                gone["point_health"] = troubles
            if gone:
                work.commit(permit)
                logger.info("deleted what was kept long enough: %s", gone)
            return gone
