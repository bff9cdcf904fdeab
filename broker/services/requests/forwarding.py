"""What a camera's new owner finds on the table: the open lines of requests follow, or go back to who asked."""

from dataclasses import dataclass, replace

from broker.domain.catalog.catalog import Camera
from broker.domain.deciding.lapses import lapse
from broker.domain.deciding.routes import Route
from broker.domain.errors import Invalid
from broker.domain.ids import RequestId
from broker.domain.notices.notices import Notice
from broker.domain.people.accounts import Department, Role
from broker.domain.permits import Permit
from broker.domain.requests.access_requests import AccessRequest, Change
from broker.domain.requests.forwarding import forward, hand_back, redirect, redirected
from broker.domain.requests.request_states import ItemState, RequestState
from broker.services.deciding.rules import rules_of
from broker.services.notices.notices import tell
from broker.services.requests.access_requests import store
from broker.services.requests.passages import Survey, due_by, supplement_due, survey
from storage.db.requests.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork

TOO_WIDE = frozenset({"route-actions", "route-validity"})
COMMENT = "点位“{camera}”已移交{owner}，原有审批不再适用，请核对后重新提交。"
"""What a request is returned with; like every comment it is kept in the words in which it was written."""


@dataclass(frozen=True)
class Move:
    """One camera and who owns it from now on."""

    camera: Camera
    owner: Department


def follow(work: UnitOfWork, permit: Permit, key: RequestId, move: Move) -> None:
    """Let the open lines of one request follow the camera; return the request where its approval does not reach there.

    Raises:
        Invalid: the new owner has nobody who may decide on it once duties are separated.
    """
    request = _punctual(work, permit, work.access_requests.load(key, EVERYTHING, lock=True))
    if request.standing(work.now) not in {RequestState.CENTER_REVIEW, RequestState.DEPARTMENT_REVIEW}:
        return
    rules = rules_of(work, request.rulebook)
    found = survey(work, replace(request, terms=request.approved_terms or request.terms), rules)
    route = found.plan.routes.get(move.owner.id)
    way = _way(work, request, found, move.owner) if route is not None else None
    if route is None or way is None:
        _return(work, permit, request, move)
        return
    _require_authorizers(work, way.after, route, move.owner)
    approved = request.state is RequestState.DEPARTMENT_REVIEW
    due = due_by(rules, work.now, route.deadlines.owner, route) if approved else None
    part = next(item for item in found.plan.items if item.department_id == move.owner.id)
    change = forward(way.after, move.camera.id, replace(part, due=due), work.now)
    after = store(work, permit, request, Change(change.after, (*way.entries, *change.entries)))
    _tell(work, after, move, waits=approved)


def _punctual(work: UnitOfWork, permit: Permit, request: AccessRequest) -> AccessRequest:
    """Write down first what has lapsed: a late part takes no new lines, and stands in the way of one that would."""
    late = any(item.standing(work.now) is not item.state for item in request.items)
    if request.state is not RequestState.DEPARTMENT_REVIEW or not late:
        return request
    return store(work, permit, request, lapse(request, work.now))


def _way(work: UnitOfWork, request: AccessRequest, found: Survey, owner: Department) -> Change | None:
    """Return the request as it may go on with the new owner; None when its center's approval does not reach there.

    Before the approval another center may take over, afterwards none can.
    """
    route = found.plan.routes[owner.id]
    if any(fault.slug in TOO_WIDE and fault.facts["route"] == route.code for fault in found.faults):
        return None
    center = work.departments.load(request.center_id) if request.center_id else None
    held = route.center_approvals == 0 if center is None else owner.path.startswith(center.jurisdiction)
    enough = route.center_approvals <= request.center_approvals
    if request.state is RequestState.DEPARTMENT_REVIEW:
        return Change(request) if held and enough else None
    if held and enough and center not in found.plan.deciders.skipped:
        return Change(request)
    if found.plan.passage.center is None:
        return None
    after = redirect(request, found.plan.passage, work.now)
    return Change(after, (redirected(request, after),))


def _require_authorizers(work: UnitOfWork, request: AccessRequest, route: Route, owner: Department) -> None:
    avoid = request.parties | request.deciders
    able = work.persons.holders(Role.DEPARTMENT_AUTHORIZER, owner.path, work.now, avoid)
    if len(able) < route.owner_authorizations:
        raise Invalid("no-authorizer", pointer="/to", department=owner.name)


def _return(work: UnitOfWork, permit: Permit, request: AccessRequest, move: Move) -> None:
    comment = COMMENT.format(camera=move.camera.name, owner=move.owner.name)
    pointers = [f"/lines/{place}" for place, line in enumerate(request.asked) if line.camera_id == move.camera.id]
    due = supplement_due(rules_of(work, request.rulebook), request, work.now)
    store(work, permit, request, hand_back(request, comment, dict.fromkeys(pointers, comment), work.now, due))


def _tell(work: UnitOfWork, request: AccessRequest, move: Move, *, waits: bool) -> None:
    """Tell the requester who decides now, and those who do that something waits for them."""
    forwarded = {"number": request.number, "department": move.owner.name}
    tell(work, Notice("item.forwarded", request.id, forwarded, frozenset({request.requester_id})))
    if waits and any(it.department_id == move.owner.id and it.state is ItemState.PENDING for it in request.items):
        avoid = request.parties | request.deciders
        able = work.persons.holders(Role.DEPARTMENT_AUTHORIZER, move.owner.path, work.now, avoid)
        home = work.departments.load(request.department_id)
        waiting = {"number": request.number, "department": home.name}
        tell(work, Notice("item.waiting", request.id, waiting, frozenset(able), frozenset({move.owner.id})))
