"""Days are settled by the clock, and whoever falls below what is aimed at is told of, once a day."""

import logging
from datetime import date, datetime, time, timedelta, tzinfo

from broker.domain.ids import DepartmentId, PersonId
from broker.domain.notices.notices import Notice
from broker.domain.people.accounts import Caller, Role, system_caller
from broker.domain.sources.point_judgement import day_span
from broker.services.notices.notices import tell
from policies.authorizer import Authorizer
from storage.db.sources.health_targets import Alert
from storage.db.sources.point_settling import Written
from storage.db.unit_of_work import UnitOfWork, Work

EVERY = timedelta(minutes=30)
LATE = timedelta(minutes=30)
"""So long after midnight the day before is settled for good: then every look of it was written down."""

DAYS_A_TURN, MOST_DAYS = 3, 31
ALERTS_A_TURN = 100
KEEPERS = (Role.SYSTEM_ADMINISTRATOR, Role.DEPARTMENT_AUTHORIZER)
"""Who is told: those who can do something about it, where their role reaches."""

logger = logging.getLogger(__name__)


class PointSettlement:
    """Adds up what looks and probes have seen."""

    def __init__(self, work: Work, policy: Authorizer, zone: tzinfo) -> None:
        """Take the zone in which the city counts its days."""
        self._work = work
        self._policy = policy
        self._zone = zone
        self._caller: Caller = system_caller(Role.WORKER, "worker")

    def tick(self) -> Written | None:
        """Settle the days that are over, and today so far, if it is time; who is low today is told of."""
        with self._work() as work:
            permit = self._policy.require(self._caller, "source:watch", {Role.WORKER})
            try:
                last = work.point_settling.due(work.now, EVERY)
            except LookupError:
                return None
            local = work.now.astimezone(self._zone)
            today = local.date()
            over = today - timedelta(days=1 if local - datetime.combine(today, time(), self._zone) >= LATE else 2)
            settled = self._settle_old(work, last, over)
            written = self._settle(work, today)
            self._alert(work, today)
            work.point_settling.done(work.now, settled)
            work.commit(permit)
        logger.debug("settled %s: %s", today, written)
        return written

    def _settle_old(self, work: UnitOfWork, last: date | None, over: date) -> date:
        """Settle days up to `over`, some a turn; returns the last one that is settled now."""
        if last is None:
            return over - timedelta(days=1)
        day = max(last + timedelta(days=1), over - timedelta(days=MOST_DAYS))
        settled = day - timedelta(days=1)
        for _ in range(DAYS_A_TURN):
            if day > over:
                break
            self._settle(work, day)
            self._alert(work, day)
            settled, day = day, day + timedelta(days=1)
        return settled

    def _settle(self, work: UnitOfWork, day: date) -> Written:
        span = day_span(day, self._zone)
        return work.point_settling.settle(day, span.begin, min(span.end, work.now))

    def _alert(self, work: UnitOfWork, day: date) -> None:
        low = work.health_targets.alerts(day, work.now, ALERTS_A_TURN)
        if low:
            heard = work.health_targets.keepers({alert.path for alert in low}, KEEPERS, work.now)
            tell(work, *(_notice(alert, day, frozenset(heard[alert.path])) for alert in low))


def _notice(alert: Alert, day: date, recipients: frozenset[PersonId]) -> Notice:
    facts: dict[str, str | int | datetime] = {
        "day": day.isoformat(),
        "percent": _percent(alert.online * 1000 // alert.watched),
        "target": _percent(alert.per_mille),
    }
    home = frozenset({DepartmentId(alert.department_id)})
    if alert.source:
        told = {**facts, "source": alert.source, "department": alert.department}
        return Notice("health.source_below", None, told, recipients, home)
    return Notice("health.department_below", None, {**facts, "department": alert.department}, recipients, home)


def _percent(per_mille: int) -> str:
    return f"{per_mille / 10:.1f}%"
