"""Who will have to decide on a request, by which route and by when: the same answer before and at submission."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations

from broker.domain.access_requests import AccessRequest, Line, RequestItem
from broker.domain.accounts import Department, Role, fitting_centers
from broker.domain.catalog import Camera
from broker.domain.decisions import Passage
from broker.domain.errors import Invalid
from broker.domain.ids import CameraId, DepartmentId, ItemId, LineId, PersonId, new_id
from broker.domain.routes import Journey, Route, choose
from broker.domain.rulebook import Rulebook
from storage.db.unit_of_work import UnitOfWork

TRIED = 20
"""How many approvers of one center are tried for a pair that leaves every owner somebody to authorize."""


@dataclass(frozen=True)
class Plan:
    """How a request would travel: its passage, its parts with their routes, and who they belong to."""

    passage: Passage
    center: Department | None
    items: tuple[RequestItem, ...]
    owners: Mapping[DepartmentId, Department]
    routes: Mapping[DepartmentId, Route]


def plan(work: UnitOfWork, request: AccessRequest, rules: Rulebook) -> Plan:
    """Return how the request would travel if it were submitted now.

    Raises:
        Invalid: no route fits, the terms are wider than a route allows, or nobody is left who may decide once duties
            are separated: at the center and at every center above it, or at an owner and everywhere above it.
    """
    cameras = work.cameras.load_many({line.camera_id for line in request.asked})
    items = _by_owner(request, cameras)
    owners = work.departments.load_many({item.department_id for item in items})
    routes = {item.department_id: _route(request, item, owners[item.department_id], cameras, rules) for item in items}
    for route in routes.values():
        _check_terms(request, route)
    approvals = max((route.center_approvals for route in routes.values()), default=1)
    center = _center(work, request, owners, routes, approvals)
    asking = [route for route in routes.values() if route.center_approvals]
    due = min((due_by(rules, work.now, route.deadlines.center, route) for route in asking), default=None)
    timed = tuple(_on_route(item, routes[item.department_id], rules, work.now, direct=not approvals) for item in items)
    return Plan(Passage(center.id if center else None, approvals, rules.version, due), center, timed, owners, routes)


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


def _route(
    request: AccessRequest, item: RequestItem, owner: Department, cameras: Mapping[CameraId, Camera], rules: Rulebook
) -> Route:
    points = [cameras[line.camera_id] for line in item.lines]
    journey = Journey(
        basis=request.purpose.basis,
        matter=request.purpose.matter,
        urgent=request.urgent,
        own=item.department_id == request.department_id,
        owner=owner.code,
        point_classes=frozenset(point.point_class for point in points if point.point_class is not None),
        sensitive=any(point.sensitive for point in points),
    )
    route = choose(rules.routes, journey)
    if route is None:
        raise Invalid("no-route", pointer="/purpose/basis", department=owner.name)
    return route


def _check_terms(request: AccessRequest, route: Route) -> None:
    if not request.terms.actions <= route.actions:
        allowed = ", ".join(sorted(route.actions))
        raise Invalid("route-actions", pointer="/terms/actions", route=route.code, allowed=allowed)
    if request.terms.validity > route.longest_validity:
        longest = route.longest_validity.days
        raise Invalid("route-validity", pointer="/terms/valid_days", route=route.code, longest=longest)


def _center(
    work: UnitOfWork,
    request: AccessRequest,
    owners: Mapping[DepartmentId, Department],
    routes: Mapping[DepartmentId, Route],
    approvals: int,
) -> Department | None:
    """Return the lowest center that can decide: its jurisdiction holds every owner and it has somebody left to do so."""
    authorizers: dict[DepartmentId, set[PersonId]] = {}
    for key, owner in owners.items():  # one question a department: a handful, and the answer names the department
        authorizers[key] = work.persons.holders(Role.DEPARTMENT_AUTHORIZER, owner.path, work.now, request.parties)
        if len(authorizers[key]) < routes[key].owner_authorizations:
            raise Invalid("no-authorizer", pointer="/lines", department=owner.name)
    if not approvals or not owners:
        return None
    centers = fitting_centers(work.departments.centers(), frozenset(owner.path for owner in owners.values()))
    if not centers:
        raise Invalid("no-center", pointer="/lines")
    needs = {key: route.owner_authorizations for key, route in routes.items()}
    for center in centers:
        approvers = work.persons.holders(Role.CENTER_APPROVER, center.path, work.now, request.parties)
        if _separable(approvers, approvals, authorizers, needs):
            return center
    raise Invalid("no-approver", pointer="/lines", department=centers[0].name)


def _separable(
    approvers: Collection[PersonId],
    approvals: int,
    authorizers: Mapping[DepartmentId, set[PersonId]],
    needs: Mapping[DepartmentId, int],
) -> bool:
    """Say whether some of the approvers can decide and still leave every owner enough persons of its own."""
    busy = sorted(approvers, key=lambda person: sum(person in able for able in authorizers.values()))
    return any(
        all(len(able - set(chosen)) >= needs[owner] for owner, able in authorizers.items())
        for chosen in combinations(busy[:TRIED], approvals)
    )
