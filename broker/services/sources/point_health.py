"""Who reads how points are and were: single points, whole departments and divisions, and what is aimed at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.divisions import read_code
from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import Invalid, Unknown
from broker.domain.ids import CameraId, DepartmentId, new_id
from broker.domain.people.accounts import Caller, Department
from broker.domain.sources.health_targets import Target, aimed
from broker.domain.sources.point_health import Availability, PointDay, PointState, Trouble
from broker.domain.sources.source_health import HealthState
from broker.services.oversight.measure_reach import reach_of
from broker.services.sources.source_reach import require_source
from policies import facts
from policies.authorizer import Authorizer
from storage.db.sources.health_targets import Alert
from storage.db.sources.point_health import OpenTrouble
from storage.db.unit_of_work import UnitOfWork, Work

LONGEST_DAYS = 1100
MOST_LINES = 2000
DAYS_BY_DAY, DAYS_BY_WEEK = timedelta(days=16), timedelta(days=100)


class By(StrEnum):
    """By what availability is told."""

    DAY = "day"
    DEPARTMENT = "department"
    DIVISION = "division"


@dataclass(frozen=True)
class Question:
    """Days in [begin, end); of a department with all below it, of a division, or of both; all of them when empty."""

    begin: date
    end: date
    department: str | None = None
    division: str | None = None
    by: By | None = None


@dataclass(frozen=True)
class Answer:
    """The whole, and its parts by name: a day, the code of a department or of a county."""

    whole: Availability
    parts: Mapping[str, Availability]
    more: int = 0


Step = Literal["day", "week", "month"]


@dataclass(frozen=True)
class Heat:
    """Availability by department or county (by key, with the names they have) and by the first day of each step."""

    step: Step
    starts: Sequence[date]
    rows: Mapping[str, Mapping[date, Availability]]
    names: Mapping[str, str]
    more: int


@dataclass(frozen=True)
class PointNow:
    """How a point is: its own trouble, the state of its source, and when somebody looked last.

    `state` None: nobody can tell, because it has no source or nobody has asked that yet.
    """

    camera: Camera
    state: PointState | None
    trouble: Trouble | None
    source: HealthState | None
    looked_at: datetime | None
    picture_at: datetime | None
    recorded_to: date | None


class PointHealth:
    """Reading is by reach: a point by whoever may know of it, sums by who answers for the departments."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def now(self, caller: Caller, key: CameraId) -> PointNow:
        """Return how a point is."""
        with self._work() as work:
            camera = self._camera(work, caller, key)
            trouble = next(iter(work.point_health.page(key, before=None, limit=1)), None)
            trouble = trouble if trouble and trouble.until is None else None
            spell = work.source_health.current(camera.source_id) if camera.source_id else None
            seen = work.point_watch.of(key)
            return PointNow(
                camera, _state(trouble, spell.state if spell else None), trouble, spell.state if spell else None,
                *(seen or (None, None, None)),
            )  # fmt: skip

    def page(self, caller: Caller, key: CameraId, *, before: int | None, limit: int) -> Sequence[Trouble]:
        """Return the troubles of a point, newest first."""
        with self._work() as work:
            self._camera(work, caller, key)
            return work.point_health.page(key, before=before, limit=limit)

    def days(self, caller: Caller, key: CameraId, begin: date, end: date) -> Sequence[PointDay]:
        """Return the days of a point in [begin, end)."""
        _check(begin, end)
        with self._work() as work:
            self._camera(work, caller, key)
            return work.point_days.of_point(key, begin, end)

    def troubles(
        self, caller: Caller, *, state: PointState | None, before: int | None, limit: int
    ) -> Sequence[OpenTrouble]:
        """Return the troubles that last, of the points that the caller answers for, the newest first."""
        with self._work() as work:
            paths = self._paths(work, caller)
            return work.point_health.lasting(paths, state=state, before=before, limit=limit)

    def availability(self, caller: Caller, question: Question) -> Answer:
        """Return sums over days and points.

        Raises:
            Invalid: the period is empty or too long, or the division is none.
            Unknown: there is no such department, or the caller does not answer for it.
        """
        _check(question.begin, question.end)
        division = read_code(question.division, "#query/division") if question.division else ""
        with self._work() as work:
            paths = self._paths(work, caller)
            if question.department:
                paths = [self._department(work, paths, question.department).path]
            whole = work.point_days.availability(question.begin, question.end, paths=paths, division=division)
            parts = _parts(work, question, paths, division)
            return Answer(whole, dict(list(parts.items())[:MOST_LINES]), max(0, len(parts) - MOST_LINES))

    def heat(self, caller: Caller, question: Question, most: int) -> Heat:
        """Return availability by department or county and by step of time, at most so many rows.

        Raises:
            Invalid, Unknown: as for `availability`.
        """
        _check(question.begin, question.end)
        division = read_code(question.division, "#query/division") if question.division else ""
        step = _step(question.end - question.begin)
        with self._work() as work:
            paths = self._paths(work, caller)
            if question.department:
                paths = [self._department(work, paths, question.department).path]
            by: Literal["owner_id", "county"] = "county" if question.by is By.DIVISION else "owner_id"
            found = work.point_days.grid(question.begin, question.end, by=by, step=step, paths=paths, division=division)
            rows: dict[str, dict[date, Availability]] = {}
            for key, start, sums in found:
                rows.setdefault(key, {})[start] = sums
            shown = dict(list(rows.items())[:most])
            if by == "owner_id":
                homes = work.departments.load_many([DepartmentId(UUID(key)) for key in shown])
                names = {str(key): home.name for key, home in homes.items()}
            else:
                names = work.divisions.named(shown)
            starts = tuple(sorted({start for _, start, _ in found}))
            return Heat(step, starts, shown, names, len(rows) - len(shown))

    def below(self, caller: Caller, day: date, limit: int) -> Sequence[Alert]:
        """Return departments and sources that fell below target on a day, those that miss most first."""
        with self._work() as work:
            return work.health_targets.told(day, self._paths(work, caller), limit)

    def targets(self, caller: Caller, *, after: UUID | None, limit: int) -> Sequence[Target]:
        """Return what is aimed at."""
        with self._work() as work:
            self._policy.require(caller, "health:read", caller.roles(work.now), facts.of_person(caller))
            return work.health_targets.page(after=after, limit=limit)

    def aim(self, caller: Caller, per_mille: int, *, department: str | None, source: str | None) -> Target:
        """Say what a department with all below it, or a source, is to reach; nought takes that back.

        Raises:
            Invalid: neither or both are named, or it is no share of the whole.
        """
        if (department is None) == (source is None):
            raise Invalid("one-subject-needed", pointer="/department")
        with self._work() as work:
            if source is not None:
                found, permit = require_source(self._policy, work, caller, "health:aim", source, lock=True)
                fresh = Target(new_id(), None, found.id, 0)
                called = f"source {source}"
            else:
                home = work.departments.by_code(department or "")
                roles = caller.roles_at(home.path, work.now)
                permit = self._policy.require(caller, "health:aim", roles, facts.of_person(caller))
                fresh, called = Target(new_id(), home.id, None, 0), f"department {home.code}"
            before = work.health_targets.of(fresh.subject, lock=True) or fresh
            after, entries = aimed(before, per_mille, called)
            work.health_targets.save(after)
            work.audit.append(permit, entries)
            work.commit(permit)
            return after

    def _camera(self, work: UnitOfWork, caller: Caller, key: CameraId) -> Camera:
        self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
        return work.cameras.load(key, Viewer.of(caller, work.now))

    def _paths(self, work: UnitOfWork, caller: Caller) -> list[str]:
        self._policy.require(caller, "health:read", caller.roles(work.now), facts.of_person(caller))
        return list(reach_of(caller, work))

    def _department(self, work: UnitOfWork, paths: Sequence[str], code: str) -> Department:
        found = work.departments.by_code(code)
        if not found.path.startswith(tuple(paths)):
            raise Unknown("unknown-department", department=code)
        return found


def _state(trouble: Trouble | None, source: HealthState | None) -> PointState | None:
    if source is None:
        return None
    if source is not HealthState.ONLINE:
        return PointState.OFFLINE
    return trouble.state if trouble else PointState.ONLINE


def _parts(work: UnitOfWork, question: Question, paths: Sequence[str], division: str) -> Mapping[str, Availability]:
    begin, end = question.begin, question.end
    match question.by:
        case By.DAY:
            days = work.point_days.by_day(begin, end, paths=paths, division=division)
            return {day.isoformat(): it for day, it in days.items()}
        case By.DIVISION:
            return work.point_days.by_division(begin, end, paths=paths, division=division)
        case By.DEPARTMENT:
            found = work.point_days.by_department(begin, end, paths=paths, division=division)
            homes: Mapping[DepartmentId, Department] = work.departments.load_many(found)
            return dict(sorted((homes[key].code, it) for key, it in found.items()))
        case None:
            return {}


def _step(long: timedelta) -> Step:
    """Return a step by which a period of this length makes a table that can be read."""
    if long <= DAYS_BY_DAY:
        return "day"
    return "week" if long <= DAYS_BY_WEEK else "month"


def _check(begin: date, end: date) -> None:
    if end <= begin:
        raise Invalid("period-empty", pointer="#query/to", begin=begin, end=end)
    if end - begin > timedelta(days=LONGEST_DAYS):
        raise Invalid("period-too-long", pointer="#query/from", longest=LONGEST_DAYS)
