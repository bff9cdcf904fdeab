"""What open requests do when departments stand elsewhere: the owners are the same, those above them are others.

A request that waits for a center goes on to the lowest one that holds all its owners, when the one it waits for no
longer does. What a center has approved stays approved: it was the right one, of the same points and the same owners.
Parts that wait for an owner stay with it, and those above it from now on may decide in its place.
"""

from collections.abc import Mapping, Sequence

from broker.domain.errors import Invalid
from broker.domain.ids import DepartmentId
from broker.domain.notices.notices import Notice
from broker.domain.people.accounts import Department, Role
from broker.domain.permits import Permit
from broker.domain.requests.access_requests import AccessRequest, Change
from broker.domain.requests.forwarding import hand_back, redirect, redirected
from broker.domain.requests.request_states import ItemState, RequestState
from broker.services.deciding.rules import rules_of
from broker.services.notices.notices import tell
from broker.services.requests.access_requests import store
from broker.services.requests.passages import Survey, supplement_due, survey
from storage.db.requests.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork

COMMENT = "部门“{department}”的隶属关系已调整，没有综治中心能够审批全部点位，请核对后重新提交。"
"""What a request is returned with; like every comment it is kept in the words in which it was written."""


def reroute(work: UnitOfWork, permit: Permit, moved: Sequence[Department], name: str) -> None:
    """Let the open requests of departments that have moved go on their way; `name` is what the first of them is called.

    Raises:
        Invalid: one would be left without anybody who may decide for an owner.
    """
    for key in work.access_requests.undecided_in({each.id for each in moved}):  # a city moves few departments in a year
        request = work.access_requests.load(key, EVERYTHING, lock=True)
        match request.standing(work.now):
            case RequestState.CENTER_REVIEW:
                _to_its_center(work, permit, request, name)
            case RequestState.DEPARTMENT_REVIEW:
                _require_authorizers(work, request, {each.id: each for each in moved})
            case _:
                pass  # its deadline has passed: nobody decides on it any more


def _to_its_center(work: UnitOfWork, permit: Permit, request: AccessRequest, name: str) -> None:
    found = survey(work, request, rules_of(work, request.rulebook))
    for fault in found.plan.deciders.faults:
        if fault.slug == "no-authorizer":
            raise Invalid("no-authorizer", pointer="/parent", department=fault.facts["department"])
    if _holds_all(work, request, found):
        return
    if found.plan.passage.center is None:
        due = supplement_due(rules_of(work, request.rulebook), request, work.now)
        store(work, permit, request, hand_back(request, COMMENT.format(department=name), {}, work.now, due))
        return
    after = redirect(request, found.plan.passage, work.now)
    store(work, permit, request, Change(after, (redirected(request, after),)))
    if found.plan.center is not None:
        told = {"number": request.number, "department": found.plan.center.name}
        tell(work, Notice("item.forwarded", request.id, told, frozenset({request.requester_id})))


def _holds_all(work: UnitOfWork, request: AccessRequest, found: Survey) -> bool:
    """Say whether the center that a request waits for still speaks for the place of every owner."""
    if request.center_id is None:
        return True
    place = work.departments.load(request.center_id).jurisdiction
    return all(owner.path.startswith(place) for owner in found.plan.owners.values())


def _require_authorizers(work: UnitOfWork, request: AccessRequest, moved: Mapping[DepartmentId, Department]) -> None:
    avoid = request.parties | request.deciders
    for item in request.items:
        owner = moved.get(item.department_id)
        if owner is None or item.standing(work.now) is not ItemState.PENDING:
            continue
        able = work.persons.holders(Role.DEPARTMENT_AUTHORIZER, owner.path, work.now, avoid)
        if len(able) < item.authorizations:
            raise Invalid("no-authorizer", pointer="/parent", department=owner.name)
