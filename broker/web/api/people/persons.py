"""Persons and the roles they hold."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field, SecretStr, StringConstraints

from broker.domain.ids import PersonId
from broker.domain.people.accounts import Assignment, Role
from broker.services.people.accounts import LONGEST_PASSWORD, Account, NewPerson
from broker.services.people.contacts import LONGEST_EMAIL
from broker.services.people.names import Known
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById, Page
from broker.web.refs import DepartmentRef
from broker.web.routes import OnceRoute, StrictRoute
from broker.web.values import CODE, Code, In, Line, Out

router = APIRouter(prefix="/persons", tags=["persons"], route_class=OnceRoute)
issuing = APIRouter(prefix="/persons", tags=["persons"], route_class=StrictRoute)
"""A password that is handed out keeps out of the memory of answers."""

Password = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_PASSWORD)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_EMAIL)]
MOST_ROLES = 50


class RoleIn(In):
    """A role in a department, by its code; it reaches that department's subtree."""

    role: Role
    department: Code


class PersonIn(In):
    """What it takes to open an account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "login": "wang.min",
                    "name": "王敏",
                    "department": "dh-hb",
                    "password": "three-rivers-meet-here",
                    "roles": [{"role": "requester", "department": "dh-hb"}],
                },
            ],
        },
    )

    login: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    name: Line
    department: Code
    password: Password | None = Field(default=None, description="None: the person chooses one by an invite.")
    roles: Annotated[list[RoleIn], Field(max_length=MOST_ROLES)] = Field(default_factory=list)
    email: Email | None = None
    language: Literal["zh_CN", "en"] | None = None

    def new(self) -> NewPerson:
        roles = tuple((held.role.value, held.department) for held in self.roles)
        secret = self.password.get_secret_value() if self.password else None
        email = self.email or None
        return NewPerson(self.login, self.name, self.department, secret, roles, email, self.language)


class RoleOut(Out):
    """A role that is held, and for how long when that is limited."""

    role: Role
    department: DepartmentRef
    valid_from: datetime | None
    valid_until: datetime | None

    @classmethod
    def of(cls, held: Assignment, known: Known) -> Self:
        return cls(
            role=held.role, department=DepartmentRef.named(held.department_id, known),
            valid_from=held.valid.begin if held.valid else None, valid_until=held.valid.end if held.valid else None,
        )  # fmt: skip


class PersonOut(Out):
    """A person with home and roles."""

    id: UUID
    login: str
    name: str
    active: bool
    department: DepartmentRef
    roles: list[RoleOut]

    @classmethod
    def of(cls, account: Account, known: Known) -> Self:
        person = account.person
        return cls(
            id=person.id, login=person.login, name=person.name, active=person.active,
            department=DepartmentRef.of(account.department),
            roles=[RoleOut.of(held, known) for held in account.roles],
        )  # fmt: skip


class HandedOut(Out):
    """A password that was made up, shown this once; its owner has to replace it at the next sign-in."""

    password: str
    valid_until: datetime


def shown(accounts: Sequence[Account], reading: Reading) -> list[PersonOut]:
    """Return persons, the departments of their roles looked up together."""
    known = reading.known(departments={held.department_id for account in accounts for held in account.roles})
    return [PersonOut.of(account, known) for account in accounts]


@router.get("")
def list_persons(caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById) -> Page[PersonOut]:
    """列出您职权范围内的人员。List the persons in your reach."""
    after = None if window.after is None else PersonId(window.after)
    found = broker.accounts.people(caller, after=after, limit=window.wanted)
    return window.page(found, lambda it: it.person.id, lambda accounts: shown(accounts, reading))


@router.post("", status_code=201)
def add_person(body: PersonIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> PersonOut:
    """开立账号。Open an account."""
    return shown([broker.accounts.add_person(caller, body.new())], reading)[0]


@router.post("/{key}/roles")
def assign_role(key: UUID, body: RoleIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> PersonOut:
    """授予角色。Give a person a role in a department."""
    return shown([broker.accounts.assign(caller, PersonId(key), body.role, body.department)], reading)[0]


@router.delete("/{key}/roles/{department}/{role}")
def withdraw_role(
    key: UUID, department: Annotated[str, Path(pattern=CODE)], role: Role, *, caller: CallerDep, broker: BrokerDep,
    reading: ReadingDep,
) -> PersonOut:  # fmt: skip
    """收回角色。Take a role away."""
    return shown([broker.accounts.withdraw(caller, PersonId(key), role, department)], reading)[0]


@router.post("/{key}/disable")
def disable_person(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> PersonOut:
    """停用账号，其会话和令牌立即失效。Close an account; its sessions and tokens end at once."""
    return shown([broker.accounts.disable(caller, PersonId(key))], reading)[0]


@router.post("/{key}/enable")
def enable_person(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> PersonOut:
    """恢复停用的账号，角色不变，需重新登录。Open an account that was closed; its roles are those it had."""
    return shown([broker.people.enable(caller, PersonId(key))], reading)[0]


@issuing.post("/{key}/reset-password")
def reset_password(key: UUID, caller: CallerDep, broker: BrokerDep) -> HandedOut:
    """重置密码：生成一次性密码，只显示一次。Hand out a password for one sign-in; it is shown once."""
    handed = broker.accounts.reset_password(caller, PersonId(key))
    return HandedOut(password=handed.text, valid_until=handed.until)


@router.delete("/{key}/second-factor", status_code=204)
def reset_second_factor(key: UUID, caller: CallerDep, broker: BrokerDep) -> None:
    """重置他人丢失的二次验证，其会话随即退出。Take a lost second factor away; that person is signed out."""
    broker.second_factor.reset(caller, PersonId(key))
