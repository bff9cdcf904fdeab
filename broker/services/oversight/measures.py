"""The four measures over the places that the caller answers for, and the daily count of the catalogue behind them."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

from broker.domain.catalog.divisions import GROUPS, Level, prefix, read_code
from broker.domain.errors import Invalid, Unknown
from broker.domain.ids import DepartmentId
from broker.domain.oversight.measure_lines import Ground, Place, Plans, line
from broker.domain.oversight.measures import PLAN, By, Kind, Line, Tally
from broker.domain.people.accounts import Caller, Department, DepartmentKind, Role, system_caller
from broker.domain.time import TimeSpan
from broker.services.oversight.measure_reach import reach_of
from policies import facts
from policies.authorizer import Authorizer
from storage.db.oversight.measures_below import cut
from storage.db.unit_of_work import UnitOfWork, Work
from storage.geography.areas import Sketch, sketch

LONGEST_DAYS = 1100
FIRST_YEAR, LAST_YEAR = 1971, 2199  # beyond them arithmetic on instants overflows
MOST_DEPARTMENTS = 20_000
MOST_LINES = 2000
COUNTY, CITY = GROUPS[2], GROUPS[1]


@dataclass(frozen=True)
class Question:
    """Days in [first, last) as the city counts them; of a department with all below it, of a division, or of both."""

    first: date
    last: date
    department: str | None = None
    division: str | None = None
    by: By = By.NOTHING
    fresh: bool = False


@dataclass(frozen=True)
class Report:
    """The answer: `counted` is the day at whose beginning the catalogue was counted; None: now, or never yet."""

    question: Question
    place: Place
    counted: date | None
    whole: Line
    lines: Sequence[Line]
    more: int = 0


@dataclass(frozen=True)
class Counts:
    """All that was counted: the state of the catalogue at the end of each span, and what happened in them."""

    state: Mapping[int, Sequence[Tally]]
    events: Sequence[Tally]
    served: Sequence[tuple[DepartmentId, int]]
    counted: date | None

    @property
    def newest(self) -> Sequence[Tally]:
        """The state at the end of the period; nothing where it was not counted in its last span."""
        return self.state[max(self.state)] if self.state else ()


class Measures:
    """Figures of places and months."""

    def __init__(self, work: Work, policy: Authorizer, zone: tzinfo, *, outlined: bool) -> None:
        """Take the zone in which the city counts its days; `outlined`: divisions may be drawn by the kept outlines."""
        self._work = work
        self._policy = policy
        self._zone = zone
        self._outlined = outlined

    def read(self, caller: Caller, question: Question) -> Report:
        """Return the measures of a period.

        Raises:
            Invalid: the period is empty or too long, or the division is none.
            Unknown: there is no such department, or the caller does not answer for it.
        """
        with self._work() as work:
            self._policy.require(caller, "measures:read", caller.roles(work.now), facts.of_person(caller))
            asked = _checked(question)
            reading = _Reading(work, asked, self._zone, _paths(caller, work, asked))
            return reading.report()

    def book(self, caller: Caller, question: Question) -> tuple[Report, Report]:
        """Return the measures split up, by department where nothing else is asked, and the same by month."""
        by = By.DEPARTMENT if question.by in {By.NOTHING, By.MONTH} else question.by
        months = replace(question, by=By.MONTH)
        return self.read(caller, replace(question, by=by)), self.read(caller, months)

    def sketch(self, caller: Caller, report: Report) -> Sketch:
        """Return the divisions of a report as a map draws them: those of its lowest level.

        What stands above them (departments of the whole city, among its counties) has no place of its own there.
        """
        with self._work() as work:
            self._policy.require(caller, "measures:read", caller.roles(work.now), facts.of_person(caller))
        codes = [each.code for each in report.lines if each.kind is Kind.DIVISION and each.code]
        lowest = max((len(prefix(code)) for code in codes), default=0)
        shown = frozenset(code for code in codes if len(prefix(code)) == lowest)
        return sketch(shown) if self._outlined else Sketch(unknown=tuple(sorted(shown)))

    def tick(self) -> None:
        """Count the catalogue once a day, so that a period that is over can still be told."""
        me = system_caller(Role.WORKER, "worker")
        with self._work() as work:
            permit = self._policy.require(me, "measures:count", me.roles(work.now), facts.of_person(me))
            if work.measures.keep_catalogue(work.now.astimezone(self._zone).date()):
                work.commit(permit)


class _Reading:
    """One answer while it is made."""

    def __init__(self, work: UnitOfWork, question: Question, zone: tzinfo, paths: tuple[str, ...]) -> None:
        self._work = work
        self._question = question
        self._zone = zone
        self._paths = paths
        self._area = prefix(question.division) if question.division else ""
        everybody = work.departments.page(limit=MOST_DEPARTMENTS)
        self._departments = {each.id: each for each in everybody if each.path.startswith(paths)}
        self._fixed = {key: each.path for key, each in self._departments.items()}
        by_month = question.by is By.MONTH
        self._starts = _months(question.first, question.last) if by_month else [question.first]

    def report(self) -> Report:
        place = self._whole()
        depth = max(COUNTY, len(self._area))
        counts = self._count(depth)
        happened = {of for of, _ in counts.served if of in self._departments}
        whole = line(place, [*counts.newest, *counts.events], happened, self._ground(depth), self._plans(depth))
        digits = self._digits(place)
        deeper = max(depth, digits)
        within = counts if deeper == depth else self._count(deeper)
        ground, plans = self._ground(deeper), self._plans(deeper)
        parts = self._split(place, within, digits)
        lines = [line(each, tallies, served, ground, plans) for each, tallies, served in parts]
        told, more = lines[:MOST_LINES], max(0, len(lines) - MOST_LINES)
        return Report(self._question, place, counts.counted, whole, told, more)

    def _digits(self, whole: Place) -> int:
        """Return how many digits of a division tell the lines of the answer apart."""
        match self._question.by:
            case By.CITY:
                return CITY
            case By.CHILDREN:  # of the division that is asked about, or of the one that everything lies in
                held = len(self._area) if self._area else len(whole.areas[0]) if len(whole.areas) == 1 else 0
                return next((end for end in GROUPS if end > held), held)
            case _:
                return COUNTY

    def _ground(self, depth: int) -> Ground:
        divisions = self._work.divisions
        if depth == COUNTY:
            return Ground(self._fixed, divisions.counties(self._area))
        return Ground(self._fixed, divisions.at_level(self._area, tuple(Level)[GROUPS.index(depth)]))

    def _count(self, depth: int) -> Counts:
        """Count by county, or by town or village where `depth` is the digits of one."""
        first, last = self._question.first, self._question.last
        bounds = [_begin(start, self._zone) for start in self._starts]
        period = TimeSpan(bounds[0], _begin(last, self._zone))
        counties = {key: cut(each.division, depth) for key, each in self._departments.items()}
        now = self._work.now
        events = self._work.measures.cases(period, bounds, now, counties)
        if depth == COUNTY:
            events += self._work.measures.health(first, last, self._starts)
            state, counted = self._state(now.astimezone(self._zone).date())
        else:
            events += self._work.measures_below.health(self._area, depth, first, last, self._starts)
            state, counted = self._present(now.astimezone(self._zone).date(), depth), None
        served = self._work.measures.served(period, bounds)
        inside = {span: self._inside(tallies) for span, tallies in state.items()}
        return Counts(inside, self._inside(events), served, counted)

    def _state(self, today: date) -> tuple[dict[int, list[Tally]], date | None]:
        """Return what the catalogue held at the end of each span: counted that day, or now for the present one."""
        measures, last = self._work.measures, self._question.last
        ends = [*self._starts[1:], last]
        days = measures.days(self._question.first, last)
        newest = {
            span: max((day for day in days if start < day <= end), default=None)
            for span, (start, end) in enumerate(zip(self._starts, ends, strict=True))
        }
        known = measures.catalogue_on(sorted({day for day in newest.values() if day}))
        state = {
            span: [tally for counted in known[day] for tally in counted.tallies(span)]
            for span, day in newest.items()
            if day
        }
        present = max(newest)
        of_now = self._question.first <= today < last
        if of_now and (self._question.fresh or newest[present] != today):
            state[present] = [tally for counted in measures.catalogue() for tally in counted.tallies(present)]
            return state, None
        return state, newest[present]

    def _present(self, today: date, depth: int) -> dict[int, list[Tally]]:
        """Return what the catalogue holds below a county: no day of it is kept, only now is known."""
        if not self._question.first <= today < self._question.last:
            return {}
        span, counted = len(self._starts) - 1, self._work.measures_below.catalogue(self._area, depth)
        return {span: [tally for each in counted for tally in each.tallies(span)]}

    def _inside(self, tallies: Sequence[Tally]) -> list[Tally]:
        return [it for it in tallies if it.department in self._departments and it.county.startswith(self._area)]

    def _plans(self, depth: int) -> Plans:
        """Return what is planned; points that are planned for a place that is not told apart count for none."""
        departments: dict[str, dict[str, int]] = defaultdict(dict)
        divisions: dict[str, dict[str, int]] = defaultdict(dict)
        for target in self._work.plan_targets.of_year((self._question.last - timedelta(days=1)).year):
            if target.value is not None and target.division is not None:
                if target.indicator == PLAN and len(prefix(target.division)) > depth:
                    continue
                divisions[target.indicator][prefix(target.division)] = target.value
            elif target.value is not None and target.path is not None:
                departments[target.indicator][target.path] = target.value
        return Plans(departments, divisions)

    def _whole(self) -> Place:
        tops = [each for each in self._departments.values() if each.parent_path not in self._above()]
        areas = (self._area,) if self._area else tuple(sorted({prefix(each.division) for each in tops}))
        paths = () if self._area else tuple(sorted(each.path for each in tops))
        code = self._question.department or self._question.division or ""
        named = self._work.divisions.named([self._question.division]) if self._question.division else {}
        names = [each.name for each in tops] if not self._area else list(named.values())
        return Place(Kind.WHOLE, code, "、".join(names[:3]) or code, paths, areas, self._members(lambda _: True))

    def _above(self) -> set[str]:
        return {each.path for each in self._departments.values()}

    def _members(self, belongs: Callable[[Department], bool]) -> frozenset[DepartmentId]:
        return frozenset(
            key
            for key, each in self._departments.items()
            if each.kind is DepartmentKind.DEPARTMENT and each.division.startswith(self._area) and belongs(each)
        )

    def _split(
        self, whole: Place, counts: Counts, digits: int
    ) -> list[tuple[Place, Sequence[Tally], frozenset[DepartmentId] | set[DepartmentId]]]:
        by, served = self._question.by, {of for of, _ in counts.served}
        if by is By.NOTHING:
            return []
        if by is By.MONTH:
            return [
                (
                    replace(whole, kind=Kind.MONTH, code=f"{start:%Y-%m}", name=f"{start:%Y-%m}"),
                    [*counts.state.get(span, ()), *(it for it in counts.events if it.span == span)],
                    {of for of, in_span in counts.served if in_span == span},
                )
                for span, start in enumerate(self._starts)
            ]
        buckets: dict[object, list[Tally]] = defaultdict(list)
        for tally in (*counts.newest, *counts.events):
            buckets[tally.department if by is By.DEPARTMENT else tally.county[:digits]].append(tally)
        places = self._by_department(buckets) if by is By.DEPARTMENT else self._by_division(buckets, digits)
        return [(place, buckets[key], served) for key, place in places]

    def _by_department(self, buckets: Mapping[object, Sequence[Tally]]) -> list[tuple[object, Place]]:
        of = sorted((each for key, each in self._departments.items() if key in buckets), key=lambda each: each.path)
        return [
            (
                each.id,
                Place(
                    Kind.DEPARTMENT, each.code, each.name, (each.path,), (prefix(each.division),),
                    self._members(lambda it, each=each: it.id == each.id),  # type: ignore[misc]
                ),
            )
            for each in of
        ]  # fmt: skip

    def _by_division(self, buckets: Mapping[object, Sequence[Tally]], digits: int) -> list[tuple[object, Place]]:
        """Return the divisions that have counts; below a county, what lies in no town stands in a row of the county.

        Nothing is planned for such a row, and nothing lies below it.
        """
        codes = {key: key.ljust(COUNTY, "0") if key else "" for key in sorted(str(key) for key in buckets)}
        names = self._work.divisions.named([code for code in codes.values() if code])

        def place(key: str, code: str) -> Place:
            rest = COUNTY < digits > len(key)
            members = self._members(
                lambda it: bool(key) and (cut(it.division, digits) == key if rest else it.division.startswith(key))
            )
            areas = (prefix(code),) if code and not rest else ()
            return Place(Kind.DIVISION, code, names.get(code, code), (), areas, members)

        return [(key, place(key, code)) for key, code in codes.items()]


def _checked(question: Question) -> Question:
    if not FIRST_YEAR <= question.first.year <= question.last.year <= LAST_YEAR and question.first < question.last:
        raise Invalid("time-out-of-range", pointer="#query/from", first=FIRST_YEAR, last=LAST_YEAR)
    if question.last <= question.first:
        raise Invalid("period-empty", pointer="#query/to", begin=question.first, end=question.last)
    if (question.last - question.first).days > LONGEST_DAYS:
        raise Invalid("period-too-long", pointer="#query/from", longest=LONGEST_DAYS)
    if not question.division:
        return replace(question, division=None)
    return replace(question, division=read_code(question.division, "#query/division"))


def _paths(caller: Caller, work: UnitOfWork, question: Question) -> tuple[str, ...]:
    reach = reach_of(caller, work)
    if question.department is None:
        return reach
    home = work.departments.by_code(question.department)
    if not home.path.startswith(reach):
        raise Unknown("unknown-department", department=question.department)
    return (home.path,)


def _months(first: date, last: date) -> list[date]:
    """Return the days on which the months of [first, last) begin there; the first one is `first` itself."""
    starts, day = [first], first
    while (day := (day.replace(day=1) + timedelta(days=32)).replace(day=1)) < last:
        starts.append(day)
    return starts


def _begin(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)
