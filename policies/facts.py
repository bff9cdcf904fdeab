"""What is true about a question: computed here from what the database holds, never taken from a body."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from broker.domain.footage.grants import Condition, Grant, GrantState, Quota
from broker.domain.footage.locks import LockKind
from broker.domain.footage.media import Ask
from broker.domain.footage.retrievals import action_of
from broker.domain.ids import CameraId, PersonId
from broker.domain.people.accounts import Caller, Role
from broker.domain.requests.access_requests import AccessRequest
from policies.vocabulary import Fact

FOOTAGE_ORDER = (
    Fact.G_PERSON,
    Fact.G_CAMERA,
    Fact.G_LIVE,
    Fact.G_CONDITIONS,
    Fact.G_ACTION,
    Fact.G_DOWNLOAD,
    Fact.G_WINDOW,
    Fact.G_QUOTA,
)
"""The order in which a missing fact is worth telling: the first one lacking is the reason a person reads."""

KEPT = frozenset({Condition.VIEW_ONLY, Condition.NO_SOUND})
"""The conditions that every installation can keep; a grant that lays down another one opens nothing."""

KEPT_WITH_FACES = KEPT | {Condition.REDACTION}
"""Those that an installation can keep that finds faces, and those that were kept in any result that is there."""


def of_person(caller: Caller, target: PersonId | None = None) -> Fact:
    """Facts about the caller and, when given, the person acted upon."""
    facts = Fact.IS_PERSON if caller.person_id else Fact.NONE
    if target is None:
        return facts
    return facts | (Fact.IS_SELF if caller.person_id == target else Fact.NOT_SELF)


def of_second_factor(caller: Caller, now: datetime) -> Fact:
    """Facts about the caller's second factor: shown just now, or met because there is none to show."""
    if not caller.second_factor:
        return Fact.MFA_MET
    fresh = caller.fresh_until is not None and now < caller.fresh_until
    return Fact.MFA_FRESH | Fact.MFA_MET if fresh else Fact.NONE


def of_request(caller: Caller, request: AccessRequest, deciders: Collection[PersonId] = frozenset()) -> Fact:
    """Facts about the caller's part in a request; party and not party are two faces of one set.

    `deciders` are the persons who would count if the caller decided: also whom the caller stands in for.
    """
    facts = of_person(caller)
    persons = frozenset(deciders) | ({caller.person_id} if caller.person_id else frozenset())
    if caller.person_id == request.requester_id:
        facts |= Fact.IS_REQUESTER
    facts |= Fact.IS_PARTY if persons & request.parties else Fact.NOT_PARTY
    if not persons & request.deciders:
        facts |= Fact.NOT_APPROVER
    return facts


def of_draft(caller: Caller, department_path: str) -> Fact:
    """Facts about asking in the name of the department at `department_path`."""
    return of_person(caller) | (Fact.OWN_DEPARTMENT if caller.path == department_path else Fact.NONE)


def of_footage(
    grant: Grant | None, person: PersonId, camera: CameraId, ask: Ask, amount: Quota, now: datetime,
    kept: frozenset[Condition] = KEPT,
) -> Fact:  # fmt: skip
    """Facts about one ask under one grant: all from this grant, none borrowed from another.

    `kept` are the conditions that can be kept here.
    """
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
    if grant.terms.conditions <= kept:
        facts |= Fact.G_CONDITIONS
    return facts


def of_delivery(grant: Grant, person: PersonId, now: datetime, kept: frozenset[Condition] = KEPT) -> Fact:
    """Facts about handing over a finished result; its size was checked against the quota when it was taken."""
    facts = Fact.IS_PERSON | Fact.G_QUOTA
    if person in grant.persons:
        facts |= Fact.G_PERSON
    if grant.hands_over(now):
        facts |= Fact.G_LIVE
    if grant.terms.conditions <= kept:
        facts |= Fact.G_CONDITIONS
    if Condition.VIEW_ONLY not in grant.terms.conditions:
        facts |= Fact.G_DOWNLOAD
    return facts


_LOCKED = {
    LockKind.PERSON: Fact.SUBJECT_LOCKED,
    LockKind.CAMERA: Fact.CAMERA_LOCKED,
    LockKind.DEPARTMENT: Fact.DEPARTMENT_LOCKED,
}


def of_locks(kinds: Iterable[LockKind]) -> Fact:
    """Facts about what stands between a person and the footage of a camera."""
    facts = Fact.NONE
    for kind in kinds:
        facts |= _LOCKED[kind]
    return facts


def of_lock(caller: Caller, kind: LockKind, target: UUID) -> Fact:
    """Facts about setting or lifting a lock."""
    if kind is LockKind.PERSON:
        return of_person(caller, PersonId(target)) | Fact.ON_PERSON
    return of_person(caller) | Fact.ON_CAMERAS


def best_grant(
    grants: Iterable[Grant],
    person: PersonId,
    camera: CameraId,
    ask: Ask,
    amount: Quota,
    now: datetime,
    kept: frozenset[Condition] = KEPT,
) -> tuple[Grant | None, Fact]:
    """Return the grant with the most facts for this ask; a complete one wins over every partial one."""
    best: tuple[Grant | None, Fact] = (None, of_footage(None, person, camera, ask, amount, now, kept))
    for grant in grants:
        facts = of_footage(grant, person, camera, ask, amount, now, kept)
        if best[0] is None or facts.bit_count() > best[1].bit_count():
            best = (grant, facts)
    return best


def reach(caller: Caller, now: datetime, **paths: str) -> frozenset[Role]:
    """Return the roles that count for a thing with several owners: `role="/path/"` for each role that matters.

    Example:
        reach(caller, now, center_approver=center.path, department_authorizer=owner.path)
    """
    return frozenset(Role(name) for name, path in paths.items() if Role(name) in caller.roles_at(path, now))
