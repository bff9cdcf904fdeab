"""What a preview says is exactly what changes, found the slow way: by asking both policies everything."""

import random
from itertools import combinations

import pytest

from policies.differences import Opening, openings, ways
from policies.reading import Row, Rule, shipped_rows
from policies.snapshot import build_enforcer
from policies.vocabulary import FACTS, ROLE_BITS

ROLES = ("requester", "auditor", "investigator")
NAMES = ("is_person", "is_party", "not_party", "not_self")
OBJECT, ACT = "camera", "list"


def question(roles: tuple[str, ...], facts: tuple[str, ...]) -> tuple[int, str, str, int]:
    return sum(ROLE_BITS[role] for role in roles), OBJECT, ACT, int(sum(FACTS[name] for name in facts))


def subsets(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [chosen for count in range(len(names) + 1) for chosen in combinations(names, count)]


def some_rules(chosen: random.Random) -> list[Rule]:
    found = set()
    for _ in range(chosen.randint(1, 5)):
        need = "+".join(chosen.sample(NAMES, chosen.randint(0, 2))) or "-"
        effect = chosen.choice(("allow", "allow", "deny"))
        found.add(Rule(chosen.choice((*ROLES, "*")), chosen.choice((OBJECT, "*")), "*", need, effect))
    return sorted(found)


@pytest.mark.parametrize("seed", range(6))
def test_openings_are_exactly_what_opens(seed: int) -> None:
    """Each opening is one, none is smaller, and every question that opens lies above one."""
    chosen = random.Random(seed)  # noqa: S311  # a fixed sequence, not a secret
    before, after = some_rules(chosen), some_rules(chosen)
    old, new = build_enforcer(before), build_enforcer(after)
    truly = [
        (set(roles), set(facts))
        for roles in subsets(ROLES)
        for facts in subsets(NAMES)
        if not {"is_party", "not_party"} <= set(facts)
        and new.enforce(*question(roles, facts))
        and not old.enforce(*question(roles, facts))
    ]
    smallest = [
        (roles, facts)
        for roles, facts in truly
        if not any((less, fewer) != (roles, facts) and less <= roles and fewer <= facts for less, fewer in truly)
    ]
    found = [(set(it.roles), set(it.facts)) for it in openings(before, after) if it.act == f"{OBJECT}:{ACT}"]
    assert sorted(map(str, map(sorted_pair, found))) == sorted(map(str, map(sorted_pair, smallest)))


def sorted_pair(pair: tuple[set[str], set[str]]) -> tuple[list[str], list[str]]:
    return sorted(pair[0]), sorted(pair[1])


def test_nothing_opens_between_a_policy_and_itself() -> None:
    rules = [row.rule for row in shipped_rows()]
    assert openings(rules, list(reversed(rules))) == []


def test_one_row_more_and_one_row_less() -> None:
    rules = [row.rule for row in shipped_rows()]
    more = Rule("auditor", "person", "find", "is_person", "allow")
    assert openings(rules, [*rules, more]) == [Opening(("auditor",), "person:find", ("is_person",))]
    assert openings([*rules, more], rules) == []


def test_a_denial_that_falls_opens_for_who_holds_two_roles() -> None:
    """Alone, neither role tells the difference."""
    allow, deny = Rule("requester", OBJECT, ACT, "-", "allow"), Rule("auditor", OBJECT, ACT, "is_person", "deny")
    assert openings([allow, deny], [allow]) == [Opening(("requester", "auditor"), "camera:list", ("is_person",))]


def test_the_ways_of_a_role_to_an_act() -> None:
    rows = [
        Row(4, Rule("requester", OBJECT, ACT, "is_person", "allow")),
        Row(5, Rule("auditor", OBJECT, ACT, "-", "allow")),
        Row(2, Rule("*", OBJECT, "*", "is_party+not_self", "deny"), fixed=True),
    ]
    found = [(way.row.number, way.facts) for way in ways(rows, "requester", "camera:list")]
    assert found == [(2, ("is_party", "not_self")), (4, ("is_person",))]
