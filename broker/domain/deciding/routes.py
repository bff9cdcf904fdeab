"""Routes (流程): which stages a request goes through, how many persons decide, by when, and under which conditions.

The part of each owning department travels its own route, chosen by the first that fits; the center's stage of the
whole request is the strictest of them. A request keeps the rulebook version that it was submitted under.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from broker.domain.footage.grants import Action, Condition


@dataclass(frozen=True)
class Journey:
    """What decides on the route of one owning department's part."""

    basis: str
    matter: str
    urgent: bool
    own: bool
    owner: str
    point_classes: frozenset[int]
    sensitive: bool


@dataclass(frozen=True)
class Match:
    """When a route fits; an empty set or None does not ask. All that is asked has to hold."""

    bases: frozenset[str] = frozenset()
    matters: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    point_classes: frozenset[int] = frozenset()
    urgent: bool | None = None
    own: bool | None = None
    sensitive: bool | None = None

    def fits(self, journey: Journey) -> bool:
        return (
            (not self.bases or journey.basis in self.bases)
            and (not self.matters or journey.matter in self.matters)
            and (not self.owners or journey.owner in self.owners)
            and (not self.point_classes or bool(journey.point_classes & self.point_classes))
            and self.urgent in {None, journey.urgent}
            and self.own in {None, journey.own}
            and self.sensitive in {None, journey.sensitive}
        )


@dataclass(frozen=True)
class Deadlines:
    """By when each stage has to be done; `business` counts working days, otherwise the hours of the clock."""

    center: timedelta = timedelta(hours=24)
    owner: timedelta = timedelta(hours=48)
    supplement: timedelta = timedelta(days=7)
    business: bool = True


@dataclass(frozen=True)
class Route:
    """One way a request can go.

    `center_approvals` is 0 (no center), 1 or 2 persons of the center; `owner_authorizations` 1 or 2 of the owner.
    `actions` is the most that may be asked for; `conditions` are laid on every grant of this route.
    """

    code: str
    name: str
    name_en: str
    match: Match
    center_approvals: int = 1
    owner_authorizations: int = 1
    deadlines: Deadlines = Deadlines()
    actions: frozenset[Action] = frozenset(Action)
    conditions: frozenset[Condition] = frozenset()
    longest_validity: timedelta = timedelta(days=30)


def choose(routes: Iterable[Route], journey: Journey) -> Route | None:
    """Return the first route that fits, or None."""
    return next((route for route in routes if route.match.fits(journey)), None)
