"""The memoised decision against Casbin's own enforcer, and everything that must fail closed."""

import random
import threading

import casbin
import pytest

from broker.domain.errors import Forbidden, Invalid
from broker.domain.people.accounts import ASSIGNABLE, Caller, Role, system_caller
from policies.authorizer import Authorizer
from policies.reading import fixed_rows
from policies.snapshot import build_enforcer
from policies.vocabulary import ACTS, FACTS, Fact, has_role, holds, role_mask
from tests.proofs import FULL

QUESTIONS = 10_000 if FULL else 800


@pytest.fixture(scope="module")
def policy() -> Authorizer:
    return Authorizer()


def test_the_memoised_answer_is_casbins_answer(policy: Authorizer) -> None:
    """Casbin's enforcer, built anew from the same rows, is the oracle; every question is put twice."""
    oracle = build_enforcer(policy.rules)
    chosen = random.Random(20261121)  # noqa: S311  # a fixed sequence, not a secret
    acts = [f"{obj}:{act}" for obj, names in ACTS.items() for act in sorted(names)]
    allowed = 0
    for _ in range(QUESTIONS):
        act = chosen.choice(acts)
        roles = frozenset(chosen.sample(list(Role), chosen.randint(0, 3)))
        rows = [rule for rule in policy.rules if rule[1:3] == tuple(act.split(":"))]
        needed = chosen.choice(rows)[3] if rows and chosen.random() < 0.7 else "-"
        facts = Fact.NONE if needed == "-" else Fact(sum(FACTS[name] for name in needed.split("+")))
        facts |= Fact(chosen.getrandbits(15) & sum(Fact))
        expected = oracle.enforce(role_mask(roles), *act.split(":"), int(facts))
        assert policy.decide(roles, act, facts).allowed is expected, (roles, act, facts)
        assert policy.decide(roles, act, facts).allowed is expected
        allowed += expected
    assert QUESTIONS * 0.1 < allowed < QUESTIONS * 0.9, "the sample says nothing when it is one-sided"


def test_a_refusal_names_what_was_missing(policy: Authorizer) -> None:
    found = policy.decide({Role.INVESTIGATOR}, "footage:clip", Fact.G_PERSON | Fact.G_CAMERA | Fact.G_LIVE)
    assert found.missing[:3] == ("g_action", "g_window", "g_quota")
    assert policy.decide((), "footage:clip").missing == ("role",)
    assert policy.decide({Role.CENTER_APPROVER}, "access_request:approve", Fact.IS_PARTY).missing == (
        "denied:is_party",
    )


def test_who_administers_or_audits_sees_no_footage(policy: Authorizer) -> None:
    everything = ~(Fact.SUBJECT_LOCKED | Fact.CAMERA_LOCKED | Fact.DEPARTMENT_LOCKED)
    assert policy.decide({Role.INVESTIGATOR}, "footage:clip", everything).allowed
    for role in (Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.OPERATOR):
        for act in ("snapshot", "clip", "deliver"):
            assert not policy.decide({Role.INVESTIGATOR, role}, f"footage:{act}", everything).allowed


def test_an_unknown_act_or_role_is_refused(policy: Authorizer) -> None:
    assert not policy.decide(set(Role), "footage:stream", Fact(sum(Fact))).allowed
    assert not policy.decide(set(Role), "camera:", Fact(sum(Fact))).allowed
    assert not has_role(role_mask(Role), "")
    assert not has_role(role_mask(Role), "root")
    for need in ("", "g_person+", "root", "G_PERSON"):
        assert not holds(int(Fact(sum(Fact))), need)


def test_an_exception_in_the_engine_means_no(policy: Authorizer, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Authorizer()

    def fail(*_: object) -> bool:
        raise RuntimeError("engine")

    with monkeypatch.context() as patched:
        patched.setattr(casbin.Enforcer, "enforce", fail)
        found = broken.decide({Role.AUDITOR}, "audit:read")
        assert (found.allowed, found.missing) == (False, ("policy",))
    assert broken.decide({Role.AUDITOR}, "audit:read").allowed, "a fault is not remembered as an answer"
    assert policy.decide({Role.AUDITOR}, "audit:read").allowed


@pytest.mark.parametrize(
    ("row", "column", "value", "allowed"),
    [
        ("root, camera, list, -, allow", "role", "root", "auditor"),
        ("auditor, cameras, list, -, allow", "object", "cameras", "camera"),
        ("auditor, camera, lists, -, allow", "act", "lists", "list"),
        ("auditor, *, list, -, allow", "act", "list", "*"),
        ("auditor, camera, list, is_god, allow", "need", "is_god", "is_person"),
        ("auditor, camera, list, , allow", "need", "-", "is_person"),
        ("auditor, camera, list, -, Deny", "effect", "Deny", "deny"),
        ("auditor, camera, list, -", "-", 4, "role, object, act, need, effect"),
        ('auditor, camera, list, -, "allow', "effect", '"allow', "allow"),
    ],
)
def test_a_row_with_an_unknown_word_is_refused_at_load(row: str, column: str, value: object, allowed: str) -> None:
    with pytest.raises(Invalid) as refused:
        Authorizer(f"auditor, audit, read, -, allow\n{row}\n")
    assert (refused.value.slug, refused.value.pointer, refused.value.facts["row"]) == ("policy-faulty", "/text", 2)
    (fault,) = refused.value.faults
    assert (fault.facts["row"], fault.facts["column"], fault.facts["value"]) == (2, column, value)
    assert allowed in str(fault.facts["allowed"])


def test_a_policy_without_an_allow_is_refused() -> None:
    for text in ("", "# nothing\n", "*, camera, *, -, deny\n"):
        with pytest.raises(Invalid) as refused:
            Authorizer(text)
        assert [fault.slug for fault in refused.value.faults] == ["policy-empty"]


def test_the_fixed_rows_are_part_of_every_policy() -> None:
    tiny = Authorizer("auditor, audit, read, -, allow")
    assert {row.rule for row in fixed_rows()} < set(tiny.rules)
    assert tiny.decide((), "session:open").allowed
    assert tiny.decide({Role.OPERATOR}, "policy:reset").allowed


def test_deny_wins_wherever_it_stands() -> None:
    text = "auditor, camera, list, -, deny\nauditor, camera, list, -, allow\nauditor, audit, read, -, allow"
    for rows in (text, "\n".join(reversed(text.splitlines()))):
        assert not Authorizer(rows).decide({Role.AUDITOR}, "camera:list").allowed


def test_a_token_does_only_what_its_scopes_say(policy: Authorizer) -> None:
    token = Caller(name="app", scopes=frozenset({"camera", "grant:list"}))
    assert policy.require(token, "camera:list", {Role.REQUESTER}).policy == policy.version
    with pytest.raises(Forbidden, match="token-scope"):
        policy.require(token, "access_request:list", {Role.REQUESTER}, Fact.IS_PERSON)
    with pytest.raises(Forbidden, match="token-scope"):
        policy.require(token, "grant:revoke", {Role.CENTER_APPROVER})


def test_a_permit_names_who_acted_and_under_which_policy(policy: Authorizer) -> None:
    permit = policy.require(system_caller(Role.OPERATOR, "root"), "source:list", {Role.OPERATOR})
    assert (permit.actor, permit.act, permit.policy) == ("operator:root", "source:list", policy.version)
    assert Authorizer("auditor, audit, read, -, allow").version != policy.version


def test_many_threads_ask_at_once() -> None:
    shared = Authorizer()
    acts = [f"{obj}:{act}" for obj, names in ACTS.items() for act in sorted(names)]
    expected = {(role, act): build_enforcer(shared.rules).enforce(role_mask({role}), *act.split(":"), 0)
                for role in ASSIGNABLE for act in acts[:8]}  # fmt: skip
    wrong: list[object] = []

    def ask() -> None:
        wrong.extend(key for key, allowed in expected.items() if shared.decide({key[0]}, key[1]).allowed is not allowed)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_engine_is_switched_on_and_its_model_is_the_shipped_one(policy: Authorizer) -> None:
    enforcer = build_enforcer(policy.rules)
    assert isinstance(enforcer, casbin.Enforcer)
    assert enforcer.enabled is True
    effect = enforcer.model["e"]["e"].value
    assert effect == "some(where (p_eft == allow)) && !some(where (p_eft == deny))"
