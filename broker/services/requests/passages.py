"""Who will have to decide on a request, by which route and by when: the same answer before and at submission."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from broker.domain.catalog.catalog import Camera
from broker.domain.deciding.decisions import Passage
from broker.domain.deciding.routes import Journey, Route, choose
from broker.domain.deciding.rulebook import Rulebook
from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import CameraId, DepartmentId, ItemId, LineId, new_id
from broker.domain.people.accounts import Department
from broker.domain.requests.access_requests import AccessRequest, Line, RequestItem
from broker.services.deciding.deciders import Deciders, deciders_of, ratifiers_of
from storage.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Plan:
    """How a request would travel: its passage, its parts with their routes, who they belong to, and who may decide."""

    passage: Passage
    items: tuple[RequestItem, ...]
    owners: Mapping[DepartmentId, Department]
    routes: Mapping[DepartmentId, Route]
    deciders: Deciders

    @property
    def center(self) -> Department | None:
        return self.deciders.center


@dataclass(frozen=True)
class Survey:
    """A plan as far as there is one, and all that stands in its way; without `faults` it is what submission does."""

    plan: Plan
    faults: tuple[Invalid, ...]


def survey(work: UnitOfWork, request: AccessRequest, rules: Rulebook) -> Survey:
    """Return how the request would travel if it were submitted now, with everything that is refused about its way.

    That is: no route fits, the terms are wider than a route allows, or nobody is left who may decide once duties are
    separated, at the center and at every center above it, or at an owner and everywhere above it.
    """
    cameras = work.cameras.load_many({line.camera_id for line in request.asked})
    items = _by_owner(request, cameras)
    owners = work.departments.load_many({item.department_id for item in items})
    routes, faults = _routes(request, items, owners, cameras, rules)
    for route in dict.fromkeys(routes.values()):
        faults += _term_faults(request, route)
    approvals = max((route.center_approvals for route in routes.values()), default=1)
    deciders = deciders_of(work, request, owners, routes, approvals)
    asking = [route for route in routes.values() if route.center_approvals]
    due = min((due_by(rules, work.now, route.deadlines.center, route) for route in asking), default=None)
    timed = tuple(
        _on_route(item, routes[item.department_id], rules, work.now, direct=not approvals)
        for item in items
        if item.department_id in routes
    )
    passage = Passage(deciders.center.id if deciders.center else None, approvals, rules.version, due)
    return Survey(Plan(passage, timed, owners, routes, deciders), (*faults, *deciders.faults))


def emergency_plan(work: UnitOfWork, request: AccessRequest, rules: Rulebook) -> Plan:
    """Return who an emergency concerns: the center that has to ratify it, and each owner, who may veto its part.

    Raises:
        Invalid: no route fits, a route does not allow what is asked, or no center holds all the cameras and has
            somebody left to ratify.
    """
    cameras = work.cameras.load_many({line.camera_id for line in request.asked})
    items = _by_owner(request, cameras)
    owners = work.departments.load_many({item.department_id for item in items})
    routes, faults = _routes(request, items, owners, cameras, rules)
    for route in dict.fromkeys(routes.values()):
        faults += _term_faults(request, route)
    deciders = ratifiers_of(work, request, owners)
    for fault in (*faults, *deciders.faults):
        raise fault
    timed = tuple(replace(item, route=routes[item.department_id].code) for item in items)
    passage = Passage(deciders.center.id if deciders.center else None, 1, rules.version, None)
    plan = Plan(passage, timed, owners, routes, deciders)
    hold_places(work, request, plan)
    return plan


def hold_places(work: UnitOfWork, request: AccessRequest, plan: Plan) -> None:
    """Let none of the departments on a request's way move or close until the transaction ends.

    Raises:
        Conflict: one did so since the way was chosen.
    """
    home = work.departments.load(request.department_id)
    places = {each.id: each for each in (home, *plan.owners.values(), *([plan.center] if plan.center else []))}
    if not work.departments.still(places.values()):
        raise Conflict("changed-meanwhile", subject="department")


def due_by(rules: Rulebook, start: datetime, allowed: timedelta, route: Route) -> datetime:
    """Return the deadline of a stage that begins at `start`."""
    return rules.calendar.due(start, allowed, business=route.deadlines.business)


def owners_due(rules: Rulebook, request: AccessRequest, start: datetime) -> dict[DepartmentId, datetime]:
    """Return by when each owning department has to decide if its stage begins at `start`."""
    routes = {item.department_id: rules.route(item.route) for item in request.items}
    return {owner: due_by(rules, start, route.deadlines.owner, route) for owner, route in routes.items()}


def supplement_due(rules: Rulebook, request: AccessRequest, start: datetime) -> datetime:
    """Return by when a returned request has to be mended: the shortest time that one of its routes gives."""
    routes = [rules.route(item.route) for item in request.items]
    return min(due_by(rules, start, route.deadlines.supplement, route) for route in routes)


def _by_owner(request: AccessRequest, cameras: Mapping[CameraId, Camera]) -> tuple[RequestItem, ...]:
    """Group what is asked by owning department, in the order of the form."""
    groups: dict[DepartmentId, list[Line]] = defaultdict(list)
    for asked in request.asked:
        line = Line(LineId(new_id()), asked.camera_id, asked.span)
        groups[cameras[asked.camera_id].owner_id].append(line)
    return tuple(
        RequestItem(ItemId(new_id()), owner, request.revision, tuple(lines)) for owner, lines in groups.items()
    )


def _on_route(item: RequestItem, route: Route, rules: Rulebook, now: datetime, *, direct: bool) -> RequestItem:
    due = due_by(rules, now, route.deadlines.owner, route) if direct else None
    return replace(item, route=route.code, authorizations=route.owner_authorizations, due=due)


def _routes(
    request: AccessRequest,
    items: tuple[RequestItem, ...],
    owners: Mapping[DepartmentId, Department],
    cameras: Mapping[CameraId, Camera],
    rules: Rulebook,
) -> tuple[dict[DepartmentId, Route], list[Invalid]]:
    """Return the route of each owner's part, and a fault for each part that no route fits."""
    chosen = {it.department_id: choose(rules.routes, _journey(request, it, owners, cameras)) for it in items}
    faults = [
        Invalid("no-route", pointer="/purpose/basis", department=owners[key].name)
        for key, route in chosen.items()
        if route is None
    ]
    return {key: route for key, route in chosen.items() if route is not None}, faults


def _journey(
    request: AccessRequest,
    item: RequestItem,
    owners: Mapping[DepartmentId, Department],
    cameras: Mapping[CameraId, Camera],
) -> Journey:
    points = [cameras[line.camera_id] for line in item.lines]
    return Journey(
        basis=request.purpose.basis,
        matter=request.purpose.matter,
        urgent=request.urgent,
        own=item.department_id == request.department_id,
        owner=owners[item.department_id].code,
        point_classes=frozenset(point.point_class for point in points if point.point_class is not None),
        sensitive=any(point.sensitive for point in points),
    )


def _term_faults(request: AccessRequest, route: Route) -> Iterator[Invalid]:
    if not request.terms.actions <= route.actions:
        allowed = ", ".join(sorted(route.actions))
        yield Invalid("route-actions", pointer="/terms/actions", route=route.code, allowed=allowed)
    if request.terms.validity > route.longest_validity:
        longest = route.longest_validity.days
        yield Invalid("route-validity", pointer="/terms/valid_days", route=route.code, longest=longest)
