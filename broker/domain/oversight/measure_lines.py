"""From counts to the lines of the four measures: what belongs to a place, what is planned for it, and its target."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from broker.domain.ids import DepartmentId
from broker.domain.oversight.measures import (
    COUNTIES,
    INDICATORS,
    PLAN,
    SERVED,
    SHIPPED_TARGETS,
    Kind,
    Line,
    Tally,
    figures_of,
    sums,
)


@dataclass(frozen=True)
class Place:
    """What a line is about.

    Attributes:
        paths: of the departments that its plans are made for.
        areas: the digits that the codes of its divisions begin with; empty where nobody knows where it lies.
        members: the departments in it that may ask for footage.
    """

    kind: Kind
    code: str
    name: str
    paths: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    members: frozenset[DepartmentId] = frozenset()


@dataclass(frozen=True)
class Plans:
    """What is to be reached in a year, by indicator and place; `departments` by path, `divisions` by digits."""

    departments: Mapping[str, Mapping[str, int]]
    divisions: Mapping[str, Mapping[str, int]]

    def planned(self, place: Place) -> tuple[bool, dict[str, int]]:
        """Return the planned points that count for a place, the nearest at or below it, none twice.

        The flag says whether they are by division; those of departments go first where both are there.
        """
        own = _nearest(place.paths, self.departments.get(PLAN, {}))
        if own and place.kind is not Kind.DIVISION:
            return False, own
        return True, _nearest(place.areas, self.divisions.get(PLAN, {}))

    def targets(self, place: Place) -> dict[str, int]:
        """Return the shares to be reached: set for the place, else for the nearest above it, else as shipped."""
        found = dict(SHIPPED_TARGETS)
        for key in INDICATORS:
            if key == PLAN:
                continue
            for beginnings, plans in ((place.areas, self.divisions), (place.paths, self.departments)):
                value = _above(beginnings, plans.get(key, {}))
                if value is not None:
                    found[key] = value
        return found


def _nearest(beginnings: Sequence[str], plans: Mapping[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for path in sorted(plans):  # what stands above comes first
        inside = any(path.startswith(beginning) for beginning in beginnings)
        if inside and not any(path.startswith(taken) for taken in found):
            found[path] = plans[path]
    return found


def _above(beginnings: Sequence[str], plans: Mapping[str, int]) -> int | None:
    """Return the target that all of some places share; of several places with different ones, none."""
    told = {
        max(((len(path), value) for path, value in plans.items() if beginning.startswith(path)), default=None)
        for beginning in beginnings
    }
    values = {None if each is None else each[1] for each in told}
    return values.pop() if len(values) == 1 else None


@dataclass(frozen=True)
class Ground:
    """What figures stand on: the paths of the departments, and the counties (or towns, or villages) there are."""

    paths: Mapping[DepartmentId, str]
    counties: Sequence[str]

    def inside(self, tally: Tally, planned: Mapping[str, int], *, by_division: bool) -> bool:
        """Say whether a count belongs to one of the places that have a plan."""
        return (tally.county if by_division else self.paths[tally.department]).startswith(tuple(planned))


def line(
    place: Place, tallies: Sequence[Tally], served: AbstractSet[DepartmentId], ground: Ground, plans: Plans
) -> Line:
    """Return the figures of a place out of the counts that belong to it."""
    counted = sums(tallies)
    points = [tally for tally in tallies if tally.key == "coverage.records"]
    by_division, planned = plans.planned(place)
    if planned and points:
        there = sum(tally.whole for tally in points if ground.inside(tally, planned, by_division=by_division))
        counted[PLAN] = (there, sum(planned.values()))
    known = [code for code in ground.counties if code.startswith(place.areas)] if place.areas else []
    if known and points:
        reached = {tally.county for tally in points if tally.whole}
        counted[COUNTIES] = (len(reached.intersection(known)), len(known))
    if place.members:
        counted[SERVED] = (len(place.members & served), len(place.members))
    return Line(place.kind, place.code, place.name, figures_of(counted, plans.targets(place)))
