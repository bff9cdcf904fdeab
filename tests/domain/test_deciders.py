"""Who counts when somebody decides: the person, and where the role is lent also whose role it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from broker.domain.deciding.delegations import Standing
from broker.domain.ids import DepartmentId, PersonId, new_id
from broker.domain.people.accounts import Assignment, Caller, Department, DepartmentKind, Person, Role, system_caller
from broker.domain.time import TimeSpan

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)
ME, BOSS, DEPUTY, LATER = sorted(PersonId(new_id()) for _ in range(4))
HERE, ABOVE, ASIDE = "/jc/dh/dh-cg/", "/jc/dh/", "/jc/xs/"
OWNER, CENTER = Role.DEPARTMENT_AUTHORIZER, Role.CENTER_APPROVER
LIVE, OVER, COMING = TimeSpan(NOW - DAY, NOW + DAY), TimeSpan(NOW - DAY, NOW), TimeSpan(NOW + DAY, NOW + 2 * DAY)


def held(path: str = HERE, role: Role = OWNER, lender: PersonId | None = None, span: TimeSpan = LIVE) -> Assignment:
    return Assignment(role, DepartmentId(new_id()), path, span, lender)


def caller(*assignments: Assignment) -> Caller:
    return Caller("某人", person_id=ME, assignments=assignments)


def deciders(who: Caller, *avoid: PersonId) -> set[PersonId]:
    return set(who.deciders_as(OWNER, HERE, NOW, frozenset(avoid)))


def test_own_right_counts_for_oneself_only() -> None:
    for path in (HERE, ABOVE, "/"):
        assert deciders(caller(held(path))) == {ME}
        assert deciders(caller(held(path), held(lender=BOSS))) == {ME}
        assert deciders(caller(held(lender=BOSS), replace(held(path), valid=None))) == {ME}


def test_a_lent_role_counts_for_both() -> None:
    for path in (HERE, ABOVE):
        assert deciders(caller(held(path, lender=BOSS))) == {ME, BOSS}


@pytest.mark.parametrize("own", [held(ASIDE), held(f"{HERE}below/"), held(role=CENTER), held(span=OVER)])
def test_own_right_that_does_not_reach_here_does_not_cover_what_is_lent(own: Assignment) -> None:
    assert deciders(caller(own, held(lender=BOSS))) == {ME, BOSS}
    assert deciders(caller(held(lender=BOSS), own)) == {ME, BOSS}


@pytest.mark.parametrize(
    "lent",
    [
        held(ASIDE, lender=BOSS),
        held(f"{HERE}below/", lender=BOSS),
        held(role=CENTER, lender=BOSS),
        held(lender=BOSS, span=OVER),
        held(lender=BOSS, span=COMING),
    ],
)
def test_what_does_not_reach_here_and_now_counts_for_nobody(lent: Assignment) -> None:
    assert deciders(caller(lent)) == {ME}
    assert deciders(caller(lent, held(lender=DEPUTY))) == {ME, DEPUTY}
    assert lent.role is not OWNER or OWNER not in caller(lent).roles_at(HERE, NOW)


def test_of_several_lenders_one_counts_who_is_no_party() -> None:
    lenders = (BOSS, DEPUTY, LATER)
    for order in (lenders, lenders[::-1]):
        both = caller(*(held(lender=lender) for lender in order))
        for flags in product((False, True), repeat=3):
            avoid = {lender for lender, avoided in zip(lenders, flags, strict=True) if avoided}
            counted = deciders(both, *avoid)
            (stood_for,) = counted - {ME}
            assert ME in counted
            assert stood_for in lenders
            assert stood_for not in avoid or avoid == set(lenders), "a party is stood in for only where all are"


def test_who_only_stands_in_for_parties_counts_with_one_of_them() -> None:
    assert deciders(caller(held(lender=BOSS)), BOSS) == {ME, BOSS}


def test_that_one_is_a_party_oneself_is_not_hidden() -> None:
    assert deciders(caller(held()), ME) == {ME}
    assert deciders(caller(held(lender=BOSS)), ME) == {ME, BOSS}


def test_without_the_role_only_oneself_and_without_an_account_nobody() -> None:
    assert deciders(caller()) == {ME}
    assert deciders(system_caller(Role.OPERATOR, "root")) == set()


def test_a_lent_role_opens_what_the_role_opens() -> None:
    me = caller(held(ABOVE, lender=BOSS))
    assert me.roles_at(HERE, NOW) == me.roles(NOW) == {OWNER}
    assert me.paths_of(OWNER, NOW) == (ABOVE,)
    assert me.roles_at(HERE, NOW + DAY) == me.roles(NOW + DAY) == frozenset()
    assert me.paths_of(OWNER, NOW + DAY) == ()


def test_only_what_is_held_in_own_right_can_be_lent() -> None:
    home = Department(DepartmentId(new_id()), "dh-cg", "城管局", "", DepartmentKind.DEPARTMENT, "990102", None, HERE)
    person = Person(ME, "me", "某人", home.id, active=True, version=1)
    own, coming = held(ABOVE), held(span=COMING)
    standing = Standing(person, home, (own, held(lender=BOSS), coming, held(role=CENTER)))
    assert standing.held(OWNER, NOW) == (own,)
    assert standing.held(OWNER, NOW + DAY) == (coming,)
