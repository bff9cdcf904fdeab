"""What somebody may do about a request now: policy and tables of steps are asked, and no step is taken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from broker.domain.errors import Forbidden
from broker.domain.footage.grants import TRANSITIONS, Grant, GrantCommand
from broker.domain.ids import ItemId
from broker.domain.people.accounts import Caller, Role
from broker.domain.requests.access_requests import AccessRequest, RequestItem
from broker.domain.requests.request_states import REQUEST_TRANSITIONS, ItemState, RequestCommand, RequestState
from broker.services.deciding.approvals import require_center
from broker.services.footage.grants import Office, around
from broker.services.requests.access_requests import require_home
from broker.services.requests.request_items import as_owner
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork

OF_REQUESTER: Mapping[str, frozenset[RequestCommand]] = {
    "edit": frozenset({RequestCommand.EDIT}),
    "submit": frozenset({RequestCommand.SUBMIT, RequestCommand.RESUBMIT}),
    "withdraw": frozenset({RequestCommand.WITHDRAW}),
    "close": frozenset({RequestCommand.CLOSE}),
}
OF_CENTER = ("approve", "return", "reject")
OF_OWNER = ("authorize", "refuse", "return")
OF_EMERGENCY = ("ratify", "disavow")
VETOED = frozenset({ItemState.PROVISIONAL, ItemState.RATIFIED})
OF_GRANT: Mapping[str, GrantCommand] = {
    "suspend": GrantCommand.SUSPEND,
    "resume": GrantCommand.RESUME,
    "revoke": GrantCommand.REVOKE,
}
FACTOR = frozenset({"mfa_fresh", "mfa_met"})
"""Who lacks nothing but these may go on: the second factor is asked for on the way."""


@dataclass(frozen=True)
class Moves:
    """The acts that are open to somebody: on the request, and on the parts of owning departments."""

    request: frozenset[str]
    items: Mapping[ItemId, frozenset[str]]


def moves_of(policy: Authorizer, work: UnitOfWork, caller: Caller, request: AccessRequest) -> Moves:
    """Return what the policy and the state of a request leave open to the caller."""
    state = request.standing(work.now)
    acts = {
        act
        for act, commands in OF_REQUESTER.items()
        if any((state, command) in REQUEST_TRANSITIONS for command in commands)
        and _may(partial(require_home, policy, work, caller, f"access_request:{act}", request))
    }
    of_center = {RequestState.CENTER_REVIEW: OF_CENTER, RequestState.EMERGENCY: OF_EMERGENCY}.get(state, ())
    if of_center and not (state is RequestState.EMERGENCY and _spoke(caller, request)):
        acts |= {
            act
            for act in of_center
            if _may(partial(require_center, policy, work, caller, f"access_request:{act}", request))
        }
    open_items = request.items if state is RequestState.DEPARTMENT_REVIEW or request.emergency else ()
    owners = work.departments.load_many({item.department_id for item in open_items}) if open_items else {}
    items = {
        item.id: _of_item(policy, caller, request, item, owners[item.department_id].path, work.now)
        for item in open_items
    }
    return Moves(frozenset(acts), {key: found for key, found in items.items() if found})


def _of_item(
    policy: Authorizer, caller: Caller, request: AccessRequest, item: RequestItem, owner: str, at: datetime
) -> frozenset[str]:
    stands = item.standing(at)
    acts = OF_OWNER if stands is ItemState.PENDING else ("veto",) if stands in VETOED and request.emergency else ()
    if not acts or caller.person_id in item.deciders:
        return frozenset()
    roles, known, _ = as_owner(owner, caller, request, item, at)
    return frozenset(act for act in acts if _may(partial(policy.require, caller, f"request_item:{act}", roles, known)))


def _spoke(caller: Caller, request: AccessRequest) -> bool:
    """Say whether the caller decided on a part: whoever vetoed one does not stand up for the rest."""
    return any(caller.person_id in item.deciders for item in request.items)


def grant_moves_of(policy: Authorizer, work: UnitOfWork, caller: Caller, grant: Grant) -> frozenset[str]:
    """Return how the caller may end or interrupt a grant now, or let it go on."""
    request, roles, office = around(work, caller, grant)
    return moves_over(policy, caller, grant, request, roles, office, work.now)


def moves_over(
    policy: Authorizer, caller: Caller, grant: Grant, request: AccessRequest, roles: frozenset[Role], office: Office,
    at: datetime,
) -> frozenset[str]:  # fmt: skip
    """Return the same where it is known in which office the caller acts: for many grants at once."""
    known = facts.of_request(caller, request, office.persons) | facts.of_second_factor(caller, at)
    state = grant.state_at(at)
    below = grant.suspended_by is not None and office.level < grant.suspended_by
    return frozenset(
        act
        for act, command in OF_GRANT.items()
        if (state, command) in TRANSITIONS
        and not (act == "resume" and below)
        and _may(partial(policy.require, caller, f"grant:{act}", roles, known))
    )


def _may(ask: Callable[[], object]) -> bool:
    try:
        but_for_the_factor(ask)
    except Forbidden:
        return False
    return True


def but_for_the_factor(ask: Callable[[], object]) -> None:
    """Ask the policy, and let pass whoever lacks nothing but the second factor: that is asked for on the way.

    Raises:
        Forbidden: something else is lacking.
    """
    try:
        ask()
    except Forbidden as refused:
        if not _lacks_only_factor(refused):
            raise


def _lacks_only_factor(refused: Forbidden) -> bool:
    return bool(refused.missing) and set(refused.missing) <= FACTOR
