"""Looks at points by the clock: a few of many, those that wait longest first, never more than their sources bear."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from adapters.base import Capability
from adapters.gateway import Gateway
from broker.domain.catalog.catalog import Source
from broker.domain.errors import BrokerError
from broker.domain.ids import CameraId, SourceId
from broker.domain.people.accounts import Role
from broker.domain.permits import Permit
from broker.domain.sources.point_health import MOST_FAILURES, Course, PointState, Verdict, observed, pause
from broker.domain.sources.point_judgement import AWAY, BEFORE, QUIET, Known, day_span, first_day, judged, recorded_days
from broker.domain.sources.point_looks import Look, LookAsk
from broker.domain.time import TimeSpan
from broker.services.sources.source_secrets import SourceSecrets
from broker.services.sources.watch import Watch, all_at_once
from policies.authorizer import Authorizer
from storage.db.sources.point_watch import DuePoint, Watched
from storage.db.sources.source_slots import SourceSlots
from storage.db.unit_of_work import UnitOfWork, Work

SOURCES_A_TURN = 12
EACH = 16
"""Points of one source that are looked at in one turn, one after the other in one of its sessions."""

AT_ONCE = 4
"""Sources that are looked at side by side."""

PAGE = 20_000
"""Points of the catalogue that are gone through in one turn, to see which are to be watched."""

SHOWN_A_TURN = 2_000
"""Points whose status follows that of their source in one turn."""

LISTED_A_TURN = 10
LIST_EVERY = timedelta(minutes=30)
HELD = timedelta(minutes=10)
"""How long nobody else looks at the points of a turn; who dies meanwhile keeps nobody from looking later."""

BUSY = timedelta(minutes=2)
BROKEN = timedelta(minutes=30)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Errand:
    """One source with the points of it that are to be looked at."""

    source: Source
    points: Sequence[DuePoint]
    ahead: timedelta
    now: datetime
    today: date

    def kept_days(self, point: DuePoint) -> int | None:
        days = point.days or ""
        return int(days) if days.isascii() and days.isdigit() and len(days) <= len("3660") else self.source.keeps_days

    def first(self, point: DuePoint) -> date:
        return min(first_day(point.recorded_to, self.kept_days(point), self.today), self.today)

    def asked(self, point: DuePoint, zone: tzinfo) -> TimeSpan:
        """Return the span of which it is asked what is recorded: the days that are due, and enough to judge by."""
        begin = min(day_span(self.first(point), zone).begin, self.now - BEFORE - QUIET)
        return TimeSpan(begin, self.now)


class PointLooks(Watch):
    """Watches over points. No picture is kept."""

    def __init__(
        self, work: Work, policy: Authorizer, gateway: Gateway, secrets: SourceSecrets, slots: SourceSlots, zone: tzinfo
    ) -> None:
        super().__init__(work, policy, gateway, secrets, slots)
        self._zone = zone

    def tick(self) -> int:
        """Take one turn; returns how many points were looked at. Several processes may, each looks at its own."""
        with self._work() as work:
            permit = self._permit()
            work.point_watch.follow_page(work.now, self._today(work.now), PAGE)
            work.point_health.follow_sources(work.now, SHOWN_A_TURN)
            work.commit(permit)
        self._list()
        return sum(all_at_once("look", AT_ONCE, self._look, self._errands()))

    def _permit(self) -> Permit:
        return self._policy.require(self._caller, "source:watch", {Role.WORKER})

    def _today(self, now: datetime) -> date:
        return now.astimezone(self._zone).date()

    def _list(self) -> None:
        """Ask some sources which channels they have: a point on a channel that is not there is not there."""
        with self._work() as work:
            permit = self._permit()
            due = work.point_health.to_list(work.now, work.now + LIST_EVERY, LISTED_A_TURN)
            sources = work.sources.load_many(due)
            work.commit(permit)
        able = [it for it in sources.values() if Capability.POINTS in self._gateway.capabilities(it.adapter)]
        for _ in all_at_once("list", AT_ONCE, self._list_one, able):
            pass  # each writes down what it was told

    def _list_one(self, source: Source) -> None:
        try:
            with self._session(source) as options:
                if options is None:
                    return
                points = self._gateway.points(source.adapter, options)
        except BrokerError as fault:  # how the source is, its own probe tells
            logger.info("source %s did not list its channels: %s", source.code, fault)
            return
        with self._work() as work:
            permit = self._permit()
            gone, back = work.point_health.listed(source.id, [point.channel for point in points], work.now)
            work.commit(permit)
        if gone or back:
            logger.info("source %s: %d points are not listed any more, %d are again", source.code, gone, back)

    def _errands(self) -> list[Errand]:
        with self._work() as work:
            permit = self._permit()
            due = work.point_watch.due(work.now, sources=SOURCES_A_TURN, each=EACH)
            sources = work.sources.load_many(due)
            ahead = work.sources.ahead_many({SourceId(key): work.now for key in due})
            work.point_watch.put_off([point for points in due.values() for point in points], work.now + HELD)
            work.commit(permit)
            return [
                Errand(
                    sources[key], points, ahead[key].ahead if key in ahead else timedelta(0), work.now,
                    self._today(work.now),
                )
                for key, points in due.items()
            ]  # fmt: skip

    def _look(self, errand: Errand) -> int:
        """Look at the points of one source, unless all its sessions are in use."""
        source = errand.source
        asks = [
            LookAsk(it.channel, errand.asked(it, self._zone), pictures=not it.shut, ahead=errand.ahead)
            for it in errand.points
        ]
        try:
            with self._session(source) as options:
                if options is None:
                    return self._put_off(errand, BUSY)
                looks = self._gateway.look(source.adapter, options, asks)
        except BrokerError as fault:
            logger.warning("nobody could look at points of source %s: %s", source.code, fault)
            return self._put_off(errand, BROKEN)
        self._note(errand, looks)
        return len(looks)

    def _put_off(self, errand: Errand, pause: timedelta) -> int:
        with self._work() as work:
            permit = self._permit()
            work.point_watch.put_off(errand.points, work.now + pause)
            work.commit(permit)
        return 0

    def _note(self, errand: Errand, looks: Sequence[Look]) -> None:
        """Write down what was seen of the points of one source, all in one transaction of a few statements."""
        answered = any(look.fault not in AWAY for look in looks)
        with self._work() as work:
            permit = self._permit()
            verdicts = {
                point.camera_id: judged(
                    look,
                    Known(point.camera_id, point.picture_at, errand.asked(point, self._zone), errand.now),
                    others_answer=answered,
                )
                for point, look in zip(errand.points, looks, strict=True)
            }
            courses = _log(work, errand, verdicts)
            days = self._keep(work, errand, looks)
            work.point_watch.looked([self._watched(errand, it, verdicts, courses, days) for it in errand.points])
            if not answered:
                work.source_health.ask_soon(errand.source.id, work.now)
            work.commit(permit)

    def _keep(self, work: UnitOfWork, errand: Errand, looks: Sequence[Look]) -> Mapping[CameraId, date]:
        """Keep what is recorded of the days that are over; returns up to which day that is known now."""
        told = {
            point.camera_id: days
            for point, look in zip(errand.points, looks, strict=True)
            if look.recorded is not None
            and (days := recorded_days(look.recorded, errand.first(point), errand.today, self._zone))
        }
        length = {day: round(day_span(day, self._zone).seconds) for days in told.values() for day in days}
        work.point_recordings.keep(told, length)
        return {key: max(days) for key, days in told.items()}

    def _watched(
        self,
        errand: Errand,
        point: DuePoint,
        verdicts: Mapping[CameraId, Verdict | None],
        courses: Mapping[CameraId, Course],
        days: Mapping[CameraId, date],
    ) -> Watched:
        key, verdict = point.camera_id, verdicts[point.camera_id]
        if verdict is None:
            again = errand.now + pause(1, self._chance.uniform(-1, 1))
            return Watched(key, again, point.failures, point.suspected, None, None, days.get(key))
        failures = 0 if verdict.state is PointState.ONLINE else min(point.failures + 1, MOST_FAILURES)
        return Watched(
            key, errand.now + pause(failures, self._chance.uniform(-1, 1)), failures, courses[key].suspected,
            errand.now, verdict.picture_at, days.get(key),
        )  # fmt: skip


def _log(work: UnitOfWork, errand: Errand, verdicts: Mapping[CameraId, Verdict | None]) -> Mapping[CameraId, Course]:
    """Write down what changed, and let the catalogue show it; returns what became of each point with a verdict."""
    current = work.point_health.current(list(verdicts))
    suspected = {point.camera_id: point.suspected for point in errand.points}
    told = {key: verdict for key, verdict in verdicts.items() if verdict is not None}
    courses = {key: observed(current.get(key), suspected[key], verdict, errand.now) for key, verdict in told.items()}
    work.point_health.save(
        [it.changed for it in courses.values() if it.changed], [it.begun for it in courses.values() if it.begun]
    )
    away = {PointState.OFFLINE, PointState.SILENT}
    work.point_health.show([(key, "off" if verdict.state in away else "on") for key, verdict in told.items()])
    return courses
