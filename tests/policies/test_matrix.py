"""The whole matrix: every role, act and relation, decided by the program and by the oracle, without a difference."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations, product
from typing import Any, Protocol

import pytest

from broker.domain.errors import Invalid
from broker.domain.people.accounts import Role
from policies import snapshot
from policies.authorizer import Authorizer
from policies.constitution import acts_of
from policies.reading import Row, Rule, fixed_rows, shipped, shipped_rows
from policies.snapshot import Decision, Snapshot
from policies.vocabulary import ACTS, Fact
from tests.policies.oracle import SEES_NO_VIDEO, SENTENCES, Roles, Silent, may
from tests.policies.relations import Factor, Life, Part, Permit, Place, Relation, Target
from tests.policies.staging import KNOWN, put

ACTS_IN_FULL = [f"{thing}:{verb}" for thing, verbs in sorted(ACTS.items()) for verb in sorted(verbs)]
MACHINES = frozenset({Role.OPERATOR, Role.WORKER})
NONE: Roles = frozenset()
ALONE: list[Roles] = [NONE, *(frozenset({role}) for role in Role)]
PAIRS: list[Roles] = [frozenset(pair) for pair in combinations(Role, 2)]
YES_NO = (True, False)


class Decides(Protocol):
    """A policy, in force or put together for a test."""

    def decide(self, roles: Collection[Role], act: str, facts: Fact, /) -> Decision: ...


def every(**asked: Iterable[object]) -> list[Relation]:
    """Return a relation for each combination of what the thing asks about."""
    return [Relation(**dict(zip(asked, chosen, strict=True))) for chosen in product(*asked.values())]  # type: ignore[arg-type]  # fields by name


RIGHT = Permit()
FAULTS: list[dict[str, Any]] = [
    *({name: False} for name in ("person", "camera", "action", "window", "quota")),
    *({name: True} for name in ("view_only", "redaction")),
    *({"life": life} for life in Life if life is not Life.ACTIVE),
]
PERMITS = [
    RIGHT,
    *(replace(RIGHT, **one, **two) for one, two in combinations([{}, *FAULTS], 2) if not one.keys() & two.keys()),
]
"""A grant that holds, and those that fail in one way or in two."""

PARTS = (Part.NOTHING, Part.REQUESTER, Part.INVESTIGATOR, Part.APPROVER)
LOCKED = [frozenset(chosen) for count in range(4) for chosen in combinations(Target, count)]
PLAIN = every(person=YES_NO, place=Place)
SELVES = every(person=YES_NO, place=Place, oneself=YES_NO)
FACTORS = every(person=YES_NO, place=Place, oneself=YES_NO, factor=Factor)
REQUESTS = every(place=Place, part=PARTS, stands_for=(None, *PARTS))
WORLDS: dict[str, list[Relation]] = {
    "account": SELVES, "token": SELVES, "delegation": SELVES, "absence": SELVES, "retrieval": SELVES,
    "package": SELVES,
    "session": FACTORS, "identity": FACTORS, "second_factor": FACTORS, "person": FACTORS,
    "policy": every(place=Place, factor=Factor, proposed=YES_NO),
    "lock": every(person=YES_NO, place=Place, oneself=YES_NO, target=Target),
    "access_request": [*REQUESTS, *every(person=YES_NO, part=PARTS, home=YES_NO, factor=Factor)],
    "request_item": REQUESTS, "grant": [*PLAIN, *REQUESTS], "attachment": [*PLAIN, *REQUESTS],
    "copy": [*PLAIN, *REQUESTS],
    "footage": [
        *every(permit=PERMITS),
        *every(place=Place, permit=(None, RIGHT, replace(RIGHT, window=False)), locked=LOCKED),
    ],
    "escrow": [
        *every(person=YES_NO, permit=PERMITS),
        *every(person=YES_NO, place=Place, permit=(None, RIGHT, replace(RIGHT, window=False)), locked=LOCKED),
    ],
}  # fmt: skip
"""What matters per object; for the others, whether the caller has an account and where the thing lies."""


def worlds(act: str, roles: Roles) -> list[Relation]:
    """Return the relations that can be: what is one's own needs an account, and an account holds no machine's role."""
    return _worlds(act.partition(":")[0], machine=roles <= MACHINES)


@cache
def _worlds(thing: str, *, machine: bool) -> list[Relation]:
    return [
        relation
        for relation in WORLDS.get(thing, PLAIN)
        if relation.person or (machine and not (relation.oneself or relation.party or relation.approved))
        if not _two_requesters(relation)
    ]


def _two_requesters(relation: Relation) -> bool:
    """A request has one requester, and here one approver."""
    return relation.part is relation.stands_for and relation.part in {Part.REQUESTER, Part.APPROVER}


def differences(policy: Decides, acts: Iterable[str], sets: Iterable[Roles]) -> Iterator[tuple[str, Roles, Relation]]:
    """Yield every question that the policy and the oracle answer differently."""
    for act, roles in product(acts, list(sets)):
        for relation in worlds(act, roles):
            if policy.decide(*_asked(roles, act, relation)).allowed is not may(roles, act, relation):
                yield act, roles, relation


def _asked(roles: Roles, act: str, relation: Relation) -> tuple[Roles, str, Fact]:
    reaching, facts = put(roles, act, relation)
    return reaching, act, facts


@pytest.fixture(scope="module")
def policy() -> Authorizer:
    return Authorizer()


def test_the_oracle_has_a_sentence_for_every_act_and_for_no_other() -> None:
    assert SENTENCES.keys() == ACTS.keys() == KNOWN.keys()
    for act in ACTS_IN_FULL:
        may(NONE, act, Relation())
    for thing in SENTENCES:
        with pytest.raises(Silent):
            may(frozenset(Role), f"{thing}:own", Relation())
    with pytest.raises(Silent):
        may(frozenset(Role), "face:recognise", Relation())


@pytest.mark.parametrize("act", ACTS_IN_FULL)
def test_every_role_in_every_relation(policy: Authorizer, act: str) -> None:
    assert list(differences(policy, [act], ALONE)) == []


OPEN = {"session:open", "session:close", "invite:read", "invite:take"}
"""What anybody may ask for, who cannot be known yet."""


@pytest.mark.parametrize("act", ACTS_IN_FULL)
def test_every_act_is_open_to_somebody_and_closed_to_somebody(act: str) -> None:
    """Else the matrix would agree about nothing."""
    answers = {may(roles, act, relation) for roles in ALONE for relation in worlds(act, roles)}
    assert answers == ({True} if act in OPEN else {True, False})


@pytest.mark.parametrize("act", ACTS_IN_FULL)
def test_two_roles_in_one_person(policy: Authorizer, act: str) -> None:
    found = [roles for roles in PAIRS for relation in some(act, roles) if wrong(policy, roles, act, relation)]
    assert found == []


def some(act: str, roles: Roles) -> list[Relation]:
    """Return relations that open an act to one role or another, and one that opens it to none."""
    return _some(act, machine=roles <= MACHINES)


@cache
def _some(act: str, *, machine: bool) -> list[Relation]:
    known = _worlds(act.partition(":")[0], machine=machine)
    return list({frozenset(role for role in Role if may(frozenset({role}), act, it)): it for it in known}.values())


def wrong(policy: Decides, roles: Roles, act: str, relation: Relation) -> bool:
    return policy.decide(*_asked(roles, act, relation)).allowed is not may(roles, act, relation)


def test_whoever_holds_all_roles_sees_no_footage(policy: Authorizer) -> None:
    for verb in sorted(ACTS["footage"]):
        _, facts = put(frozenset({Role.INVESTIGATOR}), f"footage:{verb}", Relation(permit=Permit()))
        assert policy.decide({Role.INVESTIGATOR}, f"footage:{verb}", facts).allowed
        for role in SEES_NO_VIDEO:
            assert not policy.decide({Role.INVESTIGATOR, role}, f"footage:{verb}", facts).allowed
        assert not policy.decide(set(Role), f"footage:{verb}", facts).allowed


# The matrix notices: every one of these policies is wrong by one row.


def policy_of(rows: Iterable[Rule]) -> Snapshot:
    """Return a policy of exactly these rows besides the fixed ones, whatever the constitution says."""
    return Snapshot("", [Row(number, rule) for number, rule in enumerate(rows, start=1)])


def noticed(broken: Snapshot, rule: Rule) -> bool:
    """Say whether a question about what the row speaks of tells the broken policy from the right one."""
    acts = sorted(acts_of(rule))
    sets = ALONE if rule.role == "*" else [frozenset({Role(rule.role)})]
    if next(differences(broken, acts, sets), None):
        return True
    pairs = PAIRS if rule.effect == "deny" else []  # what is allowed shows in one role alone
    return any(wrong(broken, roles, act, relation) for act in acts for roles in pairs for relation in some(act, roles))


SHIPPED = [row.rule for row in shipped_rows()]


@pytest.mark.parametrize("rule", SHIPPED, ids=",".join)
def test_a_row_that_is_missing_is_noticed(rule: Rule) -> None:
    assert noticed(policy_of(row for row in SHIPPED if row != rule), rule)


LOOSER = [
    (rule, left, rule._replace(need="+".join(need for need in rule.need.split("+") if need != left) or "-"))
    for rule in SHIPPED
    for left in rule.need.split("+")
    if left != "-"
]
SPARE = {
    # a fixed row denies the same once more
    *(f"access_request:{verb} not_party" for verb in ("approve", "return", "reject", "ratify", "disavow")),
    *(f"request_item:{verb} not_party" for verb in ("authorize", "refuse", "return", "veto")),
    "lock:lift not_self",
    # another fact of the same row is never true without it
    *(f"footage:{verb} g_camera" for verb in ("snapshot", "clip")),
    *(f"lock:{verb} on_person" for verb in ("set", "lift")),
    # always true: how much is left is asked once more when the bytes are taken from the quota
    *(f"footage:{verb} g_quota" for verb in ("deliver", "view")),
}
"""Facts that a row asks for and could do without, each for the reason above it."""


@pytest.mark.parametrize(
    ("rule", "left", "looser"), LOOSER, ids=[f"{','.join(rule)} {left}" for rule, left, _ in LOOSER]
)
def test_a_row_that_asks_for_one_fact_less_is_noticed(rule: Rule, left: str, looser: Rule) -> None:
    found = noticed(policy_of(looser if row == rule else row for row in SHIPPED), looser)
    assert found is (f"{rule.object}:{rule.act} {left}" not in SPARE)


@pytest.mark.parametrize("act", sorted(set(ACTS_IN_FULL) - OPEN))
def test_an_act_that_is_open_to_all_is_noticed(act: str) -> None:
    thing, verb = act.split(":")
    rule = Rule("*", thing, verb, "-", "allow")
    assert noticed(policy_of([*SHIPPED, rule]), rule)


def test_footage_for_everybody_does_not_even_load() -> None:
    with pytest.raises(Invalid) as refused:
        Authorizer(shipped("baseline.csv") + "*, footage, clip, -, allow\n")
    assert {fault.slug for fault in refused.value.faults} == {"policy-needs-more", "policy-role-barred"}


DOUBLED = {
    Rule("*", thing, verb, "is_party", "deny")
    for thing, verbs in {
        "access_request": ("approve", "return", "reject", "ratify", "disavow"),
        "request_item": ("authorize", "refuse", "return", "veto"),
    }.items()
    for verb in verbs
}
"""Denied once more what the shipped rows do not allow: for the day a policy forgets to ask for not_party."""


def test_a_fixed_row_that_is_missing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    unnoticed = set()
    for row in fixed_rows():
        rest = tuple(other for other in fixed_rows() if other != row)
        monkeypatch.setattr(snapshot, "fixed_rows", lambda rest=rest: rest)
        if not noticed(policy_of(SHIPPED), row.rule):
            unnoticed.add(row.rule)
    assert unnoticed == DOUBLED


@pytest.mark.parametrize("rule", sorted(DOUBLED), ids=",".join)
def test_what_is_denied_twice_is_denied_without_the_shipped_rows(rule: Rule) -> None:
    """Where a policy forgets not_party, the fixed row alone keeps the party out."""
    loose = policy_of(
        row._replace(need="-") if (row.object, row.act) == (rule.object, rule.act) else row for row in SHIPPED
    )
    deciding = frozenset({Role.CENTER_APPROVER, Role.DEPARTMENT_AUTHORIZER})
    for part in (Part.REQUESTER, Part.INVESTIGATOR):
        for relation in (Relation(part=part), Relation(stands_for=part)):
            assert not loose.decide(*_asked(deciding, f"{rule.object}:{rule.act}", relation)).allowed
