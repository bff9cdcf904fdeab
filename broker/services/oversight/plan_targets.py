"""What a city plans to reach in a year, set by those who set the house up."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from broker.domain.catalog.divisions import read_code
from broker.domain.errors import Invalid
from broker.domain.ids import new_id
from broker.domain.oversight.audit import Entry
from broker.domain.oversight.measures import INDICATORS, PLAN
from broker.domain.people.accounts import Caller
from broker.services.oversight.measure_reach import reach_of
from policies import facts
from policies.authorizer import Authorizer
from storage.db.oversight.plan_targets import PlanTarget
from storage.db.unit_of_work import Work

MOST_POINTS = 100_000_000
WHOLE = 1000  # a share of one in thousandths
FIRST_YEAR, LAST_YEAR = 2000, 2199


@dataclass(frozen=True)
class NewTarget:
    """A target as it is asked for: by the code of a department or of a division; value None takes it back."""

    year: int
    indicator: str
    value: int | None
    department: str | None = None
    division: str | None = None


class PlanTargets:
    """Targets of departments and divisions by year."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def page(self, caller: Caller, year: int, *, after: UUID | None, limit: int) -> Sequence[PlanTarget]:
        """Return the targets of a year: those of divisions, and of departments in the caller's reach."""
        with self._work() as work:
            self._policy.require(caller, "measures:read", caller.roles(work.now), facts.of_person(caller))
            return work.plan_targets.page(year, paths=reach_of(caller, work), after=after, limit=limit)

    def set(self, caller: Caller, new: NewTarget) -> PlanTarget:
        """Set a target, or take it back.

        Raises:
            Invalid: there is no such indicator, the value cannot be, or not exactly one place is named.
            Unknown: there is no such department.
        """
        with self._work() as work:
            _check(new)
            home = work.departments.by_code(new.department) if new.department else None
            roots = [home] if home else work.departments.roots()
            reaching = [caller.roles_at(each.path, work.now) for each in roots] or [caller.roles(work.now)]
            roles = frozenset.intersection(*reaching)
            permit = self._policy.require(caller, "measures:plan", roles, facts.of_person(caller))
            division = read_code(new.division) if new.division else None
            stream = f"plan/{new.year}"
            version = work.audit.reserve(stream)  # one change of a year at a time
            key = home.id if home else None
            known = work.plan_targets.find(new.year, new.indicator, department_id=key, division=division)
            if known is not None and known.value == new.value:
                return known
            target = PlanTarget(
                known.id if known else new_id(), new.year, key, division, new.indicator, new.value,
                home.code if home else None, home.path if home else None,
            )  # fmt: skip
            if known is None:
                work.plan_targets.add(target, stream, version)
            else:
                work.plan_targets.change(target.id, new.value, stream, version)
            told = {
                "year": new.year, "indicator": new.indicator, "value": new.value,
                "before": known.value if known else None, "department": target.department, "division": division,
            }  # fmt: skip
            work.audit.append(permit, (Entry(stream, "plan:set", told),))
            work.commit(permit)
            return target


def _check(new: NewTarget) -> None:
    if new.indicator not in INDICATORS:
        raise Invalid("plan-indicator", pointer="/indicator", value=new.indicator[:40], allowed=", ".join(INDICATORS))
    if (new.department is None) == (new.division is None):
        raise Invalid("plan-place", pointer="/department")
    most = MOST_POINTS if new.indicator == PLAN else WHOLE
    if new.value is not None and not 0 <= new.value <= most:
        raise Invalid("plan-value", pointer="/value", value=new.value, most=most)
    if not FIRST_YEAR <= new.year <= LAST_YEAR:
        raise Invalid("plan-year", pointer="/year", first=FIRST_YEAR, last=LAST_YEAR)
