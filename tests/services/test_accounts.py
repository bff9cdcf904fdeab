"""Departments, people, roles, passwords and tokens through the services."""

from datetime import timedelta

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.errors import BrokerError, Conflict, Forbidden, Invalid, Unauthenticated, Unknown
from broker.domain.ids import PersonId, new_id
from broker.domain.people.accounts import DepartmentKind, Role
from broker.services.people.accounts import NewDepartment, NewPerson
from tests.city import PASSWORD, City

ME = operator("tests")


def person(login: str = "new.person", **changes: object) -> NewPerson:
    values: dict[str, object] = {"name": "新人", "department": "dh-cg", "password": PASSWORD, "roles": ()}
    return NewPerson(login=login, **(values | changes))  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("new", "kind", "slug", "pointer"),
    [
        (person("a"), Invalid, "malformed", "/login"),
        (person("Upper"), Invalid, "malformed", "/login"),
        (person(name=" "), Invalid, "field-empty", "/name"),
        (person(password="short"), Invalid, "password-length", "/password"),
        (person(password="x" * 129), Invalid, "password-length", "/password"),
        (person(password="aaaaaaaaaaaaaa"), Invalid, "password-guessable", "/password"),
        (person(password="xxnew.personxx"), Invalid, "password-guessable", "/password"),
        (person(department="nowhere"), Invalid, "unknown-department", "/department"),
        (person(roles=(("king", "dh-cg"),)), Invalid, "unknown-role", "/roles/0/role"),
        (person(roles=(("operator", "dh-cg"),)), Invalid, "unknown-role", "/roles/0/role"),
        (person(roles=(("auditor", "nowhere"),)), Unknown, "unknown-department", "/roles/0/department"),
        (person("asker"), Conflict, "login-taken", "/login"),
        (
            person(roles=(("auditor", "jc"), ("system_administrator", "jc"))),
            Conflict,
            "administrators-apart",
            "/roles",
        ),
    ],
)
def test_a_wrong_account_is_refused_and_nothing_is_left(
    broker: Broker, new: NewPerson, kind: type[BrokerError], slug: str, pointer: str
) -> None:
    with pytest.raises(kind) as refused:
        broker.accounts.add_person(ME, new)
    assert (refused.value.slug, refused.value.pointer) == (slug, pointer)
    if slug != "login-taken":
        with pytest.raises(Unknown):
            broker.accounts.as_person(ME, new.login)


def test_the_security_administrator_keeps_accounts_but_not_the_own_one(broker: Broker, city: City) -> None:
    security = city.caller(broker, "secadmin")
    made = broker.accounts.add_person(security, person(roles=(("requester", "dh-cg"),)))
    assert [held.role for held in made.roles] == [Role.REQUESTER]
    assert len(broker.accounts.assign(security, made.person.id, "investigator", "dh-cg").roles) == 2
    assert len(broker.accounts.withdraw(security, made.person.id, "requester", "dh-cg").roles) == 1
    with pytest.raises(Unknown, match="role-not-held"):
        broker.accounts.withdraw(security, made.person.id, "requester", "dh-cg")
    with pytest.raises(Forbidden):
        broker.accounts.assign(security, city.persons["secadmin"], "requester", "jc")
    with pytest.raises(Forbidden):
        broker.accounts.disable(security, city.persons["secadmin"])
    with pytest.raises(Forbidden):
        broker.accounts.add_person(city.caller(broker, "sysadmin"), person("other"))


def test_a_disabled_account_is_out_at_once(broker: Broker, city: City) -> None:
    signed = broker.sign_in.open("looker", PASSWORD, "127.0.0.1")
    _, secret = broker.accounts.issue_token(
        broker.sign_in.by_session(signed.secret), "app", ["camera"], timedelta(days=1)
    )
    assert not broker.accounts.disable(city.caller(broker, "secadmin"), city.persons["looker"]).person.active
    for attempt in (
        lambda: broker.sign_in.by_session(signed.secret),
        lambda: broker.sign_in.by_token(secret),
        lambda: broker.sign_in.open("looker", PASSWORD, "127.0.0.1"),
    ):
        with pytest.raises(Unauthenticated):
            attempt()


def test_departments_form_one_tree(broker: Broker, city: City) -> None:
    new = NewDepartment("dh-new", "新局", DepartmentKind.DEPARTMENT, "990102", "dh")
    assert broker.accounts.add_department(ME, new).path == "/jc/dh/dh-new/"
    with pytest.raises(Conflict, match="code-taken"):
        broker.accounts.add_department(ME, new)
    for broken, pointer in (
        (NewDepartment("no space", "x", DepartmentKind.DEPARTMENT, "990102", "dh"), "/code"),
        (NewDepartment("x", "x", DepartmentKind.DEPARTMENT, "99010", "dh"), "/division"),
        (NewDepartment("x", " ", DepartmentKind.DEPARTMENT, "990102", "dh"), "/name"),
    ):
        with pytest.raises(Invalid) as refused:
            broker.accounts.add_department(ME, broken)
        assert refused.value.pointer == pointer
    with pytest.raises(Forbidden):
        broker.accounts.add_department(city.caller(broker, "asker"), new)
    first = broker.accounts.departments(city.caller(broker, "asker"), after="", limit=3)
    second = broker.accounts.departments(city.caller(broker, "asker"), after=first[-1].path, limit=100)
    assert len({node.path for node in (*first, *second)}) == len(first) + len(second) == len(city.departments) + 1


def test_a_requester_finds_the_people_of_the_own_department_only(broker: Broker, city: City) -> None:
    found = broker.accounts.people(city.caller(broker, "asker"), after=None, limit=100)
    assert {account.person.login for account in found} == {"asker", "looker", "looker2"}
    page = broker.accounts.people(city.caller(broker, "secadmin"), after=None, limit=5)
    rest = broker.accounts.people(city.caller(broker, "secadmin"), after=page[-1].person.id, limit=100)
    assert len(page) + len(rest) == len(city.persons)
    with pytest.raises(Forbidden):
        broker.accounts.people(city.caller(broker, "auditor"), after=None, limit=5)


def test_a_changed_password_ends_every_session(broker: Broker, city: City) -> None:
    signed = broker.sign_in.open("asker", PASSWORD, "127.0.0.1")
    asker = city.caller(broker, "asker")
    with pytest.raises(Forbidden, match="wrong-password"):
        broker.accounts.change_password(asker, "not the old one", "another-good-password")
    broker.accounts.change_password(asker, PASSWORD, "another-good-password")
    with pytest.raises(Unauthenticated, match="session-ended"):
        broker.sign_in.by_session(signed.secret)
    with pytest.raises(Unauthenticated, match="wrong-credentials"):
        broker.sign_in.open("asker", PASSWORD, "127.0.0.1")
    assert broker.sign_in.open("asker", "another-good-password", "127.0.0.1").person.login == "asker"


def test_a_token_is_shown_once_limited_and_revocable(broker: Broker, city: City) -> None:
    looker = city.caller(broker, "looker")
    token, secret = broker.accounts.issue_token(looker, "调取程序", ["camera", "grant:list"], timedelta(days=7))
    caller = broker.sign_in.by_token(secret)
    assert (caller.person_id, caller.scopes) == (looker.person_id, frozenset({"camera", "grant:list"}))
    with pytest.raises(Forbidden, match="token-scope"):
        broker.accounts.issue_token(caller, "更多", ["*"], timedelta(days=1))
    listed = broker.accounts.tokens(looker, after=None, limit=10)
    assert [(each.id, each.revoked) for each in listed] == [(token.id, False)]
    assert broker.accounts.tokens(looker, after=token.id, limit=10) == []
    broker.accounts.revoke_token(looker, token.id)
    with pytest.raises(Unauthenticated, match="token-ended"):
        broker.sign_in.by_token(secret)
    with pytest.raises(Unknown, match="unknown-token"):
        broker.accounts.revoke_token(looker, token.id)
    with pytest.raises(Unknown, match="unknown-token"):
        broker.accounts.revoke_token(city.caller(broker, "asker"), token.id)


@pytest.mark.parametrize(
    ("name", "scopes", "days", "pointer"),
    [
        ("", ["camera"], 1, "/name"),
        ("a", [], 1, "/scopes"),
        ("a", ["camera", "kitchen"], 1, "/scopes/1"),
        ("a", ["camera"], 91, "/valid_days"),
        ("a", ["camera"], 0, "/valid_days"),
    ],
)
def test_a_wrong_token_is_not_issued(
    broker: Broker, city: City, name: str, scopes: list[str], days: int, pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        broker.accounts.issue_token(city.caller(broker, "looker"), name, scopes, timedelta(days=days))
    assert refused.value.pointer == pointer


def test_what_only_a_person_can_do_the_operator_cannot(broker: Broker) -> None:
    with pytest.raises(Forbidden):
        broker.accounts.me(ME)
    with pytest.raises(Invalid, match="person-needed"):
        broker.accounts.issue_token(ME, "x", ["camera"], timedelta(days=1))
    with pytest.raises(Unknown):
        broker.accounts.assign(ME, PersonId(new_id()), "auditor", "jc")


def test_my_own_account(broker: Broker, city: City) -> None:
    account = broker.accounts.me(city.caller(broker, "center.dh"))
    assert (account.person.login, account.department.code) == ("center.dh", "dh-center")
    assert [held.path for held in account.roles] == ["/jc/dh/dh-center/"]
