"""Ten thousand worlds made by chance: the program decides in each what the oracle reads off the world."""

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from broker.domain.errors import Forbidden
from broker.domain.footage.grants import Action, Condition, Grant, GrantState, Level
from broker.domain.footage.locks import Lock, LockKind
from broker.domain.footage.media import Ask, ClipAsk, SnapshotAsk
from broker.domain.footage.retrievals import amount_of
from broker.domain.ids import CameraId, DepartmentId, PersonId
from broker.domain.people.accounts import Assignment, Caller, DepartmentKind, Person, Role
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.time import TimeSpan
from broker.services.deciding.approvals import require_center
from broker.services.deciding.policies import Policies
from broker.services.footage.grants import require_over
from broker.services.footage.locks import _levels
from broker.services.people.accounts import Accounts
from broker.services.requests.access_requests import AccessRequests
from broker.services.requests.attachments import Attachments
from broker.services.requests.request_items import require_owner
from policies import facts
from policies.authorizer import Authorizer
from policies.vocabulary import Fact
from tests.policies.in_memory import unit_of_work
from tests.policies.offices import CENTER, OWNER, SECURITY
from tests.policies.oracle import may
from tests.policies.relations import Factor, Life, Part, Permit, Relation, Target
from tests.policies.worlds import NOW, WINDOWS, Office, World, lineage, made_by
from tests.proofs import FULL

WORLDS = 10_000 if FULL else 400
TARGETS = {LockKind.PERSON: Target.PERSON, LockKind.CAMERA: Target.CAMERA, LockKind.DEPARTMENT: Target.DEPARTMENT}
UNUSED: Any = None


class Question:
    """One person in one world, and the things that chance has chosen to ask about."""

    def __init__(self, chance: Random, world: World, policy: Authorizer) -> None:
        self.chance, self.world, self.policy = chance, world, policy
        self.who = chance.choice(list(world.people))
        self.caller = world.caller(self.who)
        self.work = unit_of_work(world)

    # What the oracle reads off the world, going up the tree from department to department.

    def offices(self, place: DepartmentId, who: PersonId | None = None) -> list[Office]:
        """Return the offices that reach a department now."""
        above = set(lineage(self.world, place))
        held = self.world.people[who or self.who].offices
        return [it for it in held if it.department in above and (it.span is None or it.span.begin <= NOW < it.span.end)]

    def places(self, who: PersonId) -> set[DepartmentId]:
        """Return where somebody works and has an office now or later: whoever acts on the account acts there too."""
        person = self.world.people[who]
        return {person.home, *(it.department for it in person.offices if it.span is None or it.span.end > NOW)}

    def roles(self, place: DepartmentId) -> frozenset[Role]:
        return frozenset(office.role for office in self.offices(place))

    def ways(self, role: Role, place: DepartmentId) -> list[PersonId | None]:
        """Return for whom the person may decide there: for nobody else where the office is the person's own."""
        lenders = {office.lender for office in self.offices(place) if office.role is role}
        return [None] if None in lenders else list(lenders)

    def part(self, request: AccessRequest, who: PersonId | None) -> Part:
        if who == request.requester_id:
            return Part.REQUESTER
        if who in request.investigators:
            return Part.INVESTIGATOR
        return Part.APPROVER if who in request.deciders else Part.NOTHING

    def standing(self, request: AccessRequest, lender: PersonId | None) -> Relation:
        stands_for = None if lender is None else self.part(request, lender)
        return Relation(part=self.part(request, self.who), stands_for=stands_for)

    def factor(self) -> Factor:
        until = self.world.people[self.who].shown_until
        return Factor.NONE if until is None else Factor.FRESH if until > NOW else Factor.STALE

    # What the program answers.

    def decided(self, roles: frozenset[Role], act: str, known: Fact) -> bool:
        return self.policy.decide(roles, act, known).allowed


def permitted(ask: Callable[[], object]) -> Any:
    """Return what a service answers; None when the policy refuses."""
    try:
        return ask()
    except Forbidden:
        return None


Answer = tuple[str, object, object]


def of_the_center(ask: Question) -> Answer:
    request = ask.chance.choice(list(ask.world.requests.values()))
    # Only a first approval comes before another decision of the center.
    verb = ask.chance.choice(("return", "reject", "ratify", "disavow")) if not request.deciders else "approve"
    found = permitted(lambda: require_center(ask.policy, ask.work, ask.caller, f"access_request:{verb}", request))
    # The step after the policy refuses a second approval by whoever gave the first.
    twice = request.deciders if verb == "approve" else frozenset()
    expected = any(
        may(frozenset({CENTER}), f"access_request:{verb}", ask.standing(request, lender))
        and not {ask.who, lender} & twice
        for place in (request.center_id, request.escalated_to)
        if place is not None
        for lender in ask.ways(CENTER, place)
    )
    return "the center's decision", found is not None and not found[1].persons & twice, expected


def of_the_owner(ask: Question) -> Answer:
    verb = ask.chance.choice(("authorize", "authorize", "refuse", "return", "veto"))
    request = ask.chance.choice(list(ask.world.requests.values()))
    item = ask.chance.choice(request.items)
    act = f"request_item:{verb}"
    found = permitted(lambda: require_owner(ask.policy, ask.work, ask.caller, act, request, item))
    expected = any(
        may(frozenset({OWNER}), act, ask.standing(request, lender)) and not {ask.who, lender} & item.deciders
        for lender in ask.ways(OWNER, item.department_id)
    )
    return "the owner's decision", found is not None and not found[1].persons & item.deciders, expected


def of_a_grant(ask: Question) -> Answer:
    act = f"grant:{ask.chance.choice(('revoke', 'suspend', 'resume', 'renew'))}"
    grant = ask.chance.choice(ask.world.grants)
    request = ask.world.requests[grant.request_id]
    found = permitted(lambda: require_over(ask.policy, ask.work, ask.caller, act, grant))
    centers = {key for key in (request.center_id, request.escalated_to) if key is not None}
    owners = {grant.department_id} | {ask.world.owners[line.camera_id] for line in grant.lines}
    levels = [
        level
        for level, role, places in ((Level.CENTER, CENTER, centers), (Level.OWNER, OWNER, owners))
        for place in places
        for lender in ask.ways(role, place)
        if may(frozenset({role}), act, ask.standing(request, lender))
    ]
    own = may(ask.roles(request.department_id) & {Role.REQUESTER}, act, ask.standing(request, None))
    if act in {"grant:suspend", "grant:resume"}:  # the level counts only where it is asked about
        return "a grant rests or goes on", found and found[1], max(levels, default=None)
    return "a grant ends or is renewed", found is not None, own or bool(levels)


def of_the_requester(ask: Question) -> Answer:
    verb = ask.chance.choice(("edit", "submit", "withdraw", "close", "add", "remove"))
    request = ask.chance.choice(list(ask.world.requests.values()))
    act = f"{'attachment' if verb in {'add', 'remove'} else 'access_request'}:{verb}"
    attachments = Attachments(UNUSED, ask.policy, UNUSED, UNUSED)
    service: Any = attachments if verb in {"add", "remove"} else AccessRequests(UNUSED, ask.policy)
    found = permitted(lambda: service._require(ask.work, ask.caller, act, request))
    expected = may(ask.roles(request.department_id), act, ask.standing(request, None))
    return "the requester's own", found is not None, expected


def of_a_new_request(ask: Question) -> Answer:
    act = ask.chance.choice(("access_request:draft", "access_request:open_emergency"))
    place = ask.chance.choice([ask.world.people[ask.who].home, ask.chance.choice(list(ask.world.departments))])
    known = facts.of_draft(ask.caller, ask.world.departments[place].path) | facts.of_second_factor(ask.caller, NOW)
    found = ask.decided(ask.caller.roles_at(ask.world.departments[place].path, NOW), act, known)
    relation = Relation(home=place == ask.world.people[ask.who].home, factor=ask.factor())
    return "a new request", found, may(ask.roles(place), act, relation)


def asked_of(chance: Random, span: TimeSpan | None = None) -> Ask:
    span = span or chance.choice(WINDOWS)
    if chance.random() < 0.5:
        return ClipAsk("", span)
    return SnapshotAsk("", chance.choice((span.begin, span.begin, span.end)))


def of_an_order(ask: Question) -> Answer:
    line = ask.chance.choice(ask.chance.choice(ask.world.grants).lines)
    span = line.window if ask.chance.random() < 0.7 else None
    camera, wanted = line.camera_id, asked_of(ask.chance, span)
    grants = ask.chance.sample(ask.world.grants, len(ask.world.grants))
    home = ask.world.people[ask.who].home
    act = "footage:clip" if isinstance(wanted, ClipAsk) else "footage:snapshot"
    _, known = facts.best_grant(grants, ask.who, camera, wanted, amount_of(wanted), NOW)
    known |= facts.of_locks(ask.work.locks.over(ask.who, camera))
    found = ask.decided(ask.caller.roles_at(ask.caller.path, NOW), act, known)
    shut = locked(ask, camera)
    permits = [permit_of(grant, ask.who, camera, wanted) for grant in grants]
    expected = any(may(ask.roles(home), act, Relation(permit=permit, locked=shut)) for permit in permits)
    return "an order of footage", found, expected


def of_a_delivery(ask: Question) -> Answer:
    grant, camera = ask.chance.choice(ask.world.grants), ask.chance.choice(list(ask.world.owners))
    act = ask.chance.choice(("footage:deliver", "footage:view"))
    known = facts.of_delivery(grant, ask.who, NOW) | facts.of_locks(ask.work.locks.over(ask.who, camera))
    found = ask.decided(ask.caller.roles_at(ask.caller.path, NOW), act, known)
    permit = permit_of(grant, ask.who, camera, asked_of(ask.chance))
    expected = may(ask.roles(ask.world.people[ask.who].home), act, Relation(permit=permit, locked=locked(ask, camera)))
    return "a delivery of footage", found, expected


def permit_of(grant: Grant, who: PersonId, camera: CameraId, wanted: Ask) -> Permit:
    """Read a grant off its fields."""
    used, most = grant.used, grant.terms.quota
    if isinstance(wanted, ClipAsk):
        action, begin, end = Action.CLIP, wanted.span.begin, wanted.span.end
        enough = used.seconds + (end - begin).total_seconds() <= most.seconds
    else:
        action, begin, end = Action.SNAPSHOT, wanted.instant, None
        enough = used.snapshots + 1 <= most.snapshots
    windows = [line.window for line in grant.lines if line.camera_id == camera]
    fits = [it for it in windows if it.begin <= begin and (end <= it.end if end else begin < it.end)]
    return Permit(
        person=who in grant.persons,
        camera=bool(windows),
        action=action in grant.terms.actions,
        window=bool(fits),
        quota=enough and used.snapshots <= most.snapshots and used.seconds <= most.seconds,
        life=life_of(grant),
        view_only=Condition.VIEW_ONLY in grant.terms.conditions,
        redaction=Condition.REDACTION in grant.terms.conditions,
    )


def life_of(grant: Grant) -> Life:
    if grant.state is GrantState.REVOKED:
        return Life.REVOKED
    if grant.valid.end <= NOW:
        return Life.EXPIRED
    if grant.state is not GrantState.ISSUED:
        return Life[grant.state.name]
    return Life.ACTIVE if grant.valid.begin <= NOW else Life.SCHEDULED


def locked(ask: Question, camera: CameraId) -> frozenset[Target]:
    shut: set[object] = {ask.who, camera, *lineage(ask.world, ask.world.owners[camera])}
    return frozenset(TARGETS[it.kind] for it in ask.world.locks if it.lifted_at is None and it.target_id in shut)


def of_a_lock(ask: Question) -> Answer | None:
    if not ask.world.locks:
        return None
    lock, verb = ask.chance.choice(ask.world.locks), ask.chance.choice(("set", "lift"))
    known = facts.of_lock(ask.caller, lock.kind, lock.target_id)
    levels = list(_levels(ask.caller, ask.work, lock.kind, lock.target_id, lock.path))
    roles = frozenset(role for role, level in levels if verb == "set" or lock.level.startswith(level))
    found = ask.decided(roles, f"lock:{verb}", known)
    relation = Relation(oneself=lock.target_id == ask.who, target=TARGETS[lock.kind])
    return "a lock", found, may(frozenset(_with_a_say(ask, lock, verb)), f"lock:{verb}", relation)


def _with_a_say(ask: Question, lock: Lock, verb: str) -> Iterator[Role]:
    """Yield the roles that reach the lock's target, and for lifting the place whose authority set it too.

    One on a person is the business of who reaches all that the person holds.
    """
    departments = ask.world.departments
    target = next(key for key, it in departments.items() if it.path == lock.path)
    level = next(key for key, it in departments.items() if it.path == lock.level)
    needed = set(lineage(ask.world, target)) if verb == "set" else set(lineage(ask.world, level))
    if lock.kind is LockKind.PERSON:
        for place in ask.places(PersonId(lock.target_id)):
            needed &= set(lineage(ask.world, place))
    for role in (SECURITY,) if lock.kind is LockKind.PERSON else (OWNER,):
        if any(it.role is role and it.department in needed for it in ask.offices(target)):
            yield role
    for key, center in departments.items():
        reached = center.kind is DepartmentKind.CENTER and center.parent_id in needed
        if lock.kind is not LockKind.PERSON and reached and CENTER in ask.roles(key):
            yield CENTER


def of_people(ask: Question) -> Answer:
    verb = ask.chance.choice(("create", "disable", "enable", "assign", "reset_password"))
    target = ask.chance.choice(list(ask.world.people))
    home = ask.world.people[target].home
    accounts = Accounts(UNUSED, ask.policy, UNUSED)
    whom = None if verb == "create" else target
    act = f"person:{verb}"
    relation = Relation(oneself=whom == ask.who, factor=ask.factor())
    if whom is None:
        found = permitted(lambda: accounts._require(ask.work, ask.caller, act, ask.world.departments[home], whom))
        return "an account", found is not None, may(ask.roles(home), act, relation)
    person = Person(target, "", "", home, active=True, version=1)
    found = permitted(lambda: accounts._over(ask.work, ask.caller, act, person))
    roles = frozenset.intersection(*(ask.roles(place) for place in ask.places(target)))
    return "an account", found is not None, may(roles, act, relation)


def of_the_policy(ask: Question) -> Answer:
    act = f"policy:{ask.chance.choice(('read', 'propose', 'activate', 'reset'))}"
    proposed = ask.chance.random() < 0.5
    known = facts.of_second_factor(ask.caller, NOW) | (Fact.NONE if proposed else Fact.NOT_PROPOSER)
    found = permitted(lambda: Policies(UNUSED, ask.policy)._require(ask.work, ask.caller, act, known))
    root = next(iter(ask.world.departments))
    return "the policy", found is not None, may(ask.roles(root), act, Relation(proposed=proposed, factor=ask.factor()))


KINDS: tuple[Callable[[Question], Answer | None], ...] = (
    of_the_center, of_the_owner, of_a_grant, of_a_grant, of_the_requester, of_a_new_request, of_an_order, of_an_order,
    of_a_delivery, of_a_lock, of_people, of_the_policy,
)  # fmt: skip


@pytest.fixture(scope="module")
def policy() -> Authorizer:
    return Authorizer()


def answers(policy: Authorizer, worlds: int) -> Iterator[tuple[int, Answer]]:
    """Ask every kind of question in each of so many worlds."""
    for seed in range(worlds):
        chance = Random(seed)  # noqa: S311  # a sequence that can be told again by its number
        world = made_by(chance)
        for kind in KINDS:
            answer = kind(Question(chance, world, policy))
            if answer is not None:
                yield seed, answer


def test_random_worlds_without_a_difference(policy: Authorizer) -> None:
    yes, asked = Counter[str](), Counter[str]()
    for seed, (what, found, expected) in answers(policy, WORLDS):
        assert found == expected, f"world {seed}, {what}: the program says {found}, the oracle {expected}"
        yes[what] += bool(expected)
        asked[what] += 1
    shares = {what: yes[what] / count for what, count in asked.items()}
    assert {what: share for what, share in shares.items() if not 0.005 < share < 0.995} == {}, "these say nothing"


BREAKS: list[tuple[object, str, object]] = [
    (Caller, "deciders_as", lambda caller, *_: frozenset({caller.person_id})),
    (Assignment, "holds_at", lambda *_: True),
    (Assignment, "reaches", lambda held, _, at: held.holds_at(at)),
    (AccessRequest, "parties", property(lambda request: frozenset({request.requester_id}))),
    (facts, "of_locks", lambda _: Fact.NONE),
    (facts, "of_second_factor", lambda *_: Fact.MFA_MET | Fact.MFA_FRESH),
    (Grant, "state_at", lambda *_: GrantState.ACTIVE),
    (Grant, "covers", lambda *_: True),
    (Grant, "leaves", lambda *_: True),
    (Grant, "hands_over", lambda *_: True),
]  # fmt: skip


@pytest.mark.parametrize(("where", "name", "wrong"), BREAKS, ids=[name for _, name, _ in BREAKS])
def test_what_is_found_wrongly_is_noticed(
    policy: Authorizer, monkeypatch: pytest.MonkeyPatch, where: object, name: str, wrong: object
) -> None:
    monkeypatch.setattr(where, name, wrong)
    assert any(found != expected for _, (_, found, expected) in answers(policy, 500))
