"""`xueliang user`: accounts and their roles, by the machine's operator."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from typer import Argument, Option

from broker.bootstrap import Broker
from broker.cli import screen
from broker.cli.grammar import Json, Noun
from broker.cli.instants import shown
from broker.cli.machine import Data, at_the_machine
from broker.cli.paging import every
from broker.cli.passwords import FromInput, Generated, new_password
from broker.cli.people import credentials, entrances, own_account
from broker.cli.people.departments import departments
from broker.domain.errors import Invalid
from broker.domain.ids import PersonId
from broker.domain.people.accounts import Caller
from broker.services.people.accounts import Account, NewPerson

COLUMNS = ("login", "name", "department", "roles", "active")

Login = Annotated[str, Argument(metavar="LOGIN")]

app = Noun()
roles = Noun()
app.add_typer(roles, name="role")
app.add_typer(own_account.app)
app.add_typer(entrances.app)
app.add_typer(credentials.app)


@app.verb("add")
def add(
    login: Login,
    *,
    name: Annotated[str, Option("--name")],
    department: Annotated[str, Option("--department", metavar="CODE")],
    role: Annotated[list[str], Option("--role", metavar="ROLE[@CODE]")],
    email: Annotated[str | None, Option("--email", metavar="ADDRESS")] = None,
    language: Annotated[str | None, Option("--language", metavar="zh_CN|en")] = None,
    stdin: FromInput = False,
    generate: Generated = False,
    invite: Annotated[bool, Option("--invite")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Open an account with its roles."""
    password = None if invite else new_password(stdin=stdin, generate=generate)
    wanted = tuple(_role(each, department) for each in role)
    with at_the_machine(data) as (broker, me):
        new = NewPerson(login, name, department, password.get() if password else None, wanted, email, language)
        found = broker.accounts.add_person(me, new)
        told = _record(found, _codes(broker, me))
        if invite:
            issued = broker.invites.issue(me, found.person.id, mail=email is not None)
            told |= entrances.told_of(issued, as_json=as_json)
    screen.fields(told | ({"password": password.get()} if generate and password else {}), as_json=as_json)


@app.verb("list")
def list_all(data: Data = None, *, as_json: Json = False) -> None:
    """Show all accounts."""
    with at_the_machine(data) as (broker, me):
        codes = _codes(broker, me)
        screen.rows(COLUMNS, (_record(found, codes) for found in _people(broker, me)), as_json=as_json)


@app.verb("disable")
def disable(login: Login, data: Data = None, *, as_json: Json = False) -> None:
    """Close an account: its sessions end, its tokens stop."""
    with at_the_machine(data) as (broker, me):
        found = broker.accounts.disable(me, broker.accounts.as_person(me, login).person.id)
        screen.fields(_record(found, _codes(broker, me)), as_json=as_json)


@app.verb("enable")
def enable(login: Login, data: Data = None, *, as_json: Json = False) -> None:
    """Open an account that was closed, with the roles it had."""
    with at_the_machine(data) as (broker, me):
        found = broker.people.enable(me, broker.accounts.as_person(me, login).person.id)
        screen.fields(_record(found, _codes(broker, me)), as_json=as_json)


@app.verb("reset-password")
def reset_password(login: Login, data: Data = None, *, as_json: Json = False) -> None:
    """Hand out a password for one sign-in."""
    with at_the_machine(data) as (broker, me):
        handed = broker.accounts.reset_password(me, broker.accounts.as_person(me, login).person.id)
    until = handed.until.isoformat() if as_json else shown(handed.until.isoformat())
    screen.fields({"login": login, "password": handed.text, "valid_until": until}, as_json=as_json)


@app.verb("reset-second-factor")
def reset_second_factor(login: Login, data: Data = None) -> None:
    """Take a lost second factor away."""
    with at_the_machine(data) as (broker, me):
        broker.second_factor.reset(me, broker.accounts.as_person(me, login).person.id)
    screen.note("second-factor.reset", login=login)


@roles.verb("add")
def assign(
    login: Login,
    role: Annotated[str, Argument(metavar="ROLE[@CODE]")],
    *,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Give a role."""
    with at_the_machine(data) as (broker, me):
        known = broker.accounts.as_person(me, login)
        found = broker.accounts.assign(me, known.person.id, *_role(role, known.department.code))
        screen.fields(_record(found, _codes(broker, me)), as_json=as_json)


@roles.verb("withdraw")
def withdraw(
    login: Login,
    role: Annotated[str, Argument(metavar="ROLE[@CODE]")],
    *,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Take a role away."""
    with at_the_machine(data) as (broker, me):
        known = broker.accounts.as_person(me, login)
        found = broker.accounts.withdraw(me, known.person.id, *_role(role, known.department.code))
        screen.fields(_record(found, _codes(broker, me)), as_json=as_json)


def _role(text: str, home: str) -> tuple[str, str]:
    """Read ROLE or ROLE@CODE; a role without a place is held at home.

    Raises:
        Invalid: one of the two is empty.
    """
    role, at, code = text.partition("@")
    if not role or (at and not code):
        raise Invalid("role-malformed", pointer="/role", value=text[:80])
    return role, code or home


def _people(broker: Broker, me: Caller) -> Iterator[Account]:
    def page(after: PersonId | None, limit: int) -> Sequence[Account]:
        return broker.accounts.people(me, after=after, limit=limit)

    return every(page, lambda account: account.person.id, None)


def _codes(broker: Broker, me: Caller) -> dict[str, str]:
    """Return path -> code of every department: a role is told with the place it is held in."""
    return {department.path: department.code for department in departments(broker, me)}


def _record(account: Account, codes: dict[str, str]) -> dict[str, object]:
    return {
        "id": str(account.person.id),
        "login": account.person.login,
        "name": account.person.name,
        "department": account.department.code,
        "roles": [f"{held.role.value}@{codes.get(held.path, held.path)}" for held in account.roles],
        "active": account.person.active,
        "email": account.person.email,
        "language": account.person.language,
    }
