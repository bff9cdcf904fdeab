"""What is true about a question: computed here from what the database holds, never taken from a body."""

from collections.abc import Iterable
from datetime import datetime

from broker.domain.access_requests import AccessRequest
from broker.domain.accounts import Caller, Role
from broker.domain.grants import Grant, GrantState, Quota
from broker.domain.ids import CameraId, PersonId
from broker.domain.media import Ask
from broker.domain.retrievals import action_of
from policies.vocabulary import Fact

FOOTAGE_ORDER = (Fact.G_PERSON, Fact.G_CAMERA, Fact.G_LIVE, Fact.G_ACTION, Fact.G_WINDOW, Fact.G_QUOTA)
"""The order in which a missing fact is worth telling: the first one lacking is the reason a person reads."""


def of_person(caller: Caller, target: PersonId | None = None) -> Fact:
    """Facts about the caller and, when given, the person acted upon."""
    facts = Fact.IS_PERSON if caller.person_id else Fact.NONE
    if target is None:
        return facts
    return facts | (Fact.IS_SELF if caller.person_id == target else Fact.NOT_SELF)


def of_request(caller: Caller, request: AccessRequest) -> Fact:
    """Facts about the caller's part in a request; party and not party are two faces of one set."""
    facts = of_person(caller)
    if caller.person_id == request.requester_id:
        facts |= Fact.IS_REQUESTER
    facts |= Fact.IS_PARTY if caller.person_id in request.parties else Fact.NOT_PARTY
    if caller.person_id != request.approver_id:
        facts |= Fact.NOT_APPROVER
    return facts


def of_draft(caller: Caller, department_path: str) -> Fact:
    """Facts about asking in the name of the department at `department_path`."""
    return of_person(caller) | (Fact.OWN_DEPARTMENT if caller.path == department_path else Fact.NONE)


def of_footage(grant: Grant | None, person: PersonId, camera: CameraId, ask: Ask, amount: Quota, now: datetime) -> Fact:
    """Facts about one ask under one grant: all from this grant, none borrowed from another."""
    facts = Fact.IS_PERSON
    if grant is None:
        return facts
    if person in grant.persons:
        facts |= Fact.G_PERSON
    if grant.windows_of(camera):
        facts |= Fact.G_CAMERA
    if grant.state_at(now) is GrantState.ACTIVE:
        facts |= Fact.G_LIVE
    if action_of(ask) in grant.terms.actions:
        facts |= Fact.G_ACTION
    if grant.covers(camera, ask):
        facts |= Fact.G_WINDOW
    if grant.leaves(amount):
        facts |= Fact.G_QUOTA
    return facts


def of_delivery(grant: Grant, person: PersonId, now: datetime) -> Fact:
    """Facts about handing over a finished result; its size was checked against the quota when it was taken."""
    facts = Fact.IS_PERSON | Fact.G_QUOTA
    if person in grant.persons:
        facts |= Fact.G_PERSON
    if grant.state_at(now) is GrantState.ACTIVE:
        facts |= Fact.G_LIVE
    return facts


def best_grant(
    grants: Iterable[Grant],
    person: PersonId,
    camera: CameraId,
    ask: Ask,
    amount: Quota,
    now: datetime,
) -> tuple[Grant | None, Fact]:
    """Return the grant with the most facts for this ask; a complete one wins over every partial one."""
    best: tuple[Grant | None, Fact] = (None, of_footage(None, person, camera, ask, amount, now))
    for grant in grants:
        facts = of_footage(grant, person, camera, ask, amount, now)
        if best[0] is None or facts.bit_count() > best[1].bit_count():
            best = (grant, facts)
    return best


def reach(caller: Caller, now: datetime, **paths: str) -> frozenset[Role]:
    """Return the roles that count for a thing with several owners: `role="/path/"` for each role that matters.

    Example:
        reach(caller, now, center_approver=center.path, department_authorizer=owner.path)
    """
    return frozenset(Role(name) for name, path in paths.items() if Role(name) in caller.roles_at(path, now))
