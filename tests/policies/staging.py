"""From a relation in the domain's words to the program's own things, and from those to the facts the program finds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

from broker.domain.deciding.delegations import DECIDING
from broker.domain.footage.grants import Action, Condition, Grant, GrantedLine, GrantState, Quota, Terms
from broker.domain.footage.locks import LockKind
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from broker.domain.ids import CameraId, DepartmentId, GrantId, ItemId, LineId, PersonId, RequestId
from broker.domain.people.accounts import Assignment, Caller, Role
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan
from policies import facts
from policies.vocabulary import Fact
from tests.policies.oracle import Roles
from tests.policies.relations import Factor, Life, Part, Permit, Place, Relation, Target

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOBODY = UUID(int=0)
ME, LENDER, SOMEBODY, ANOTHER = (PersonId(UUID(int=number)) for number in range(1, 5))
CAMERA, OTHER_CAMERA = CameraId(UUID(int=5)), CameraId(UUID(int=6))
HERE = "/jc/dh/hb/"
PATHS = {Place.OWN: HERE, Place.BELOW: "/jc/dh/hb/team/", Place.ABOVE: "/jc/dh/", Place.ELSEWHERE: "/jc/dh/hb2/"}
KINDS = {Target.PERSON: LockKind.PERSON, Target.CAMERA: LockKind.CAMERA, Target.DEPARTMENT: LockKind.DEPARTMENT}
SPAN = TimeSpan(NOW - 9 * HOUR, NOW - 8 * HOUR)


@cache
def put(roles: Roles, act: str, relation: Relation) -> tuple[Roles, Fact]:
    """Return the roles and the facts with which a service asks when the caller stands in this relation."""
    who = caller(roles, relation)
    return who.roles_at(PATHS[relation.place], NOW), KNOWN[act.partition(":")[0]](act, who, relation)


def caller(roles: Roles, relation: Relation) -> Caller:
    lender = None if relation.stands_for is None else LENDER
    enrolled = relation.factor is not Factor.NONE
    until = {Factor.NONE: None, Factor.STALE: NOW, Factor.FRESH: NOW + HOUR}[relation.factor]
    return Caller(
        name="",
        person_id=ME if relation.person else None,
        path=HERE,
        assignments=tuple(
            Assignment(role, DepartmentId(NOBODY), HERE, None, lender if role in DECIDING else None)
            for role in sorted(roles)
        ),
        second_factor=enrolled,
        fresh_until=until,
    )


def _of_oneself(_: str, who: Caller, relation: Relation) -> Fact:
    target = ME if relation.oneself else SOMEBODY
    return facts.of_person(who, target) | facts.of_second_factor(who, NOW)


def _of_nothing(_: str, who: Caller, __: Relation) -> Fact:
    return facts.of_person(who)


def _of_policy(_: str, who: Caller, relation: Relation) -> Fact:
    known = facts.of_person(who) | facts.of_second_factor(who, NOW)
    return known if relation.proposed else known | Fact.NOT_PROPOSER


def _of_request(_: str, who: Caller, relation: Relation) -> Fact:
    request = _request(relation)
    avoid = request.parties | request.deciders
    # The program asks in one office at a time; the lent ones all come from the same person here.
    offices = [role for role in DECIDING if role in {held.role for held in who.assignments}]
    role = offices[0] if offices else Role.CENTER_APPROVER
    counted = who.deciders_as(role, PATHS[relation.place], NOW, avoid)
    drafting = facts.of_draft(who, HERE if relation.home else PATHS[Place.ELSEWHERE])
    return facts.of_request(who, request, counted) | drafting | facts.of_second_factor(who, NOW)


def _request(relation: Relation) -> AccessRequest:
    parts = {relation.stands_for: LENDER} | ({relation.part: ME} if relation.person else {})
    approver = parts.get(Part.APPROVER)
    lookers = {who for who, part in ((ME, relation.part), (LENDER, relation.stands_for)) if part is Part.INVESTIGATOR}
    return AccessRequest(
        id=RequestId(NOBODY), number="", requester_id=parts.get(Part.REQUESTER, SOMEBODY),
        department_id=DepartmentId(NOBODY), purpose=Purpose("criminal", "other", "1", "1"), terms=Terms(),
        investigators=frozenset(lookers) or frozenset({ANOTHER}), asked=(),
        deciders=frozenset({approver} if approver else ()),
    )  # fmt: skip


def _of_lock(_: str, who: Caller, relation: Relation) -> Fact:
    target = ME if relation.oneself and relation.target is Target.PERSON else SOMEBODY
    return facts.of_lock(who, KINDS[relation.target], target)


def _of_footage(act: str, who: Caller, relation: Relation) -> Fact:
    locks = facts.of_locks(KINDS[target] for target in relation.locked)
    held = None if relation.permit is None else grant(relation.permit, act)
    if act in {"footage:deliver", "footage:view"}:
        return locks | (facts.of_person(who) if held is None else facts.of_delivery(held, ME, NOW))
    ask = SnapshotAsk("", SPAN.begin) if act == "footage:snapshot" else ClipAsk("", SPAN)
    amount = Quota(1, 0, 0) if act == "footage:snapshot" else Quota(0, 3600, 0)
    offered = [] if held is None else [held]
    return locks | facts.best_grant(offered, ME, CAMERA, ask, amount, NOW)[1]


def grant(held: Permit, act: str) -> Grant:
    """Return the grant that stands to the ask as `held` says; what is left is exactly what is asked, or one less."""
    clip = act != "footage:snapshot"
    begin = SPAN.begin if held.window else SPAN.begin + timedelta(seconds=1)
    laid = {Condition.VIEW_ONLY: held.view_only, Condition.REDACTION: held.redaction}
    stored, valid = LIVES[held.life]
    return Grant(
        id=GrantId(NOBODY), item_id=ItemId(NOBODY), request_id=RequestId(NOBODY), department_id=DepartmentId(NOBODY),
        persons=frozenset({ME if held.person else SOMEBODY, ANOTHER}),
        lines=(GrantedLine(LineId(NOBODY), CAMERA if held.camera else OTHER_CAMERA, TimeSpan(begin, SPAN.end)),),
        terms=Terms(
            actions=frozenset({Action.CLIP if clip == held.action else Action.SNAPSHOT}),
            quota=Quota(10, 7200, 10),
            conditions=frozenset(condition for condition, asked in laid.items() if asked),
        ),
        valid=valid,
        state=stored,
        used=Quota(9, 3600, 0) if held.quota else Quota(10, 3601, 0),
    )  # fmt: skip


_AROUND = TimeSpan(NOW, NOW + HOUR)
LIVES = {
    Life.SCHEDULED: (GrantState.ISSUED, TimeSpan(NOW + timedelta(seconds=1), NOW + HOUR)),
    Life.ACTIVE: (GrantState.ISSUED, _AROUND),
    Life.SUSPENDED: (GrantState.SUSPENDED, _AROUND),
    Life.EXHAUSTED: (GrantState.EXHAUSTED, _AROUND),
    Life.EXPIRED: (GrantState.ISSUED, TimeSpan(NOW - HOUR, NOW)),
    Life.REVOKED: (GrantState.REVOKED, _AROUND),
}

KNOWN: dict[str, Callable[[str, Caller, Relation], Fact]] = {
    **dict.fromkeys(
        ("account", "token", "session", "identity", "second_factor", "person", "delegation", "absence"), _of_oneself
    ),
    **dict.fromkeys(
        ("notice", "inbox", "invite", "department", "source", "secret", "webhook", "mail", "rulebook", "camera"),
        _of_nothing,
    ),
    **dict.fromkeys(("camera_field", "reconciliation"), _of_nothing),
    **dict.fromkeys(("register", "audit", "statistics", "division", "measures"), _of_nothing),
    **dict.fromkeys(("health", "maintenance", "job", "setting"), _of_nothing),
    **dict.fromkeys(("access_request", "attachment", "request_item", "grant"), _of_request),
    **dict.fromkeys(("retrieval", "package"), _of_oneself),
    "copy": _of_request,
    "policy": _of_policy,
    "lock": _of_lock,
    "footage": _of_footage,
    "escrow": _of_footage,
}
