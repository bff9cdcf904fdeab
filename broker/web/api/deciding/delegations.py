"""Standing in for others: roles lent for some days."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict

from broker.domain.people.accounts import Role
from broker.services.deciding.delegations import Lent, Wish
from broker.services.people.names import Known
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ById, Page
from broker.web.refs import DepartmentRef, PersonRef
from broker.web.routes import OnceRoute
from broker.web.values import Code, In, Instant, Line, Out

router = APIRouter(tags=["delegations"], route_class=OnceRoute)

Over = Annotated[bool | None, Query(description="Only those that are over, or are not. 只看已结束的或未结束的。")]


class DelegationIn(In):
    """A role to be lent to the person with the login `delegate`; from now on where `begin` is left out.

    `department` may be left out by who holds the role in one department only.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "delegate": "zhao.lei",
                    "role": "department_authorizer",
                    "department": "dh-cg",
                    "end": "2026-12-05T18:00:00+08:00",
                    "reason": "外出培训",
                },
            ],
        },
    )

    delegate: Line
    role: Role
    department: Code | None = None
    begin: Instant | None = None
    end: Instant
    reason: Line

    def wish(self) -> Wish:
        return Wish(self.delegate, self.role, self.end, self.reason, self.department, self.begin)


class DelegationOut(Out):
    """A role lent from one person to another; `works` says whether it has effect now."""

    id: UUID
    lender: PersonRef
    delegate: PersonRef
    role: Role
    department: DepartmentRef
    begin: datetime
    end: datetime
    reason: str
    ended_at: datetime | None
    works: bool

    @classmethod
    def of(cls, lent: Lent, known: Known) -> Self:
        given = lent.delegation
        return cls(
            id=given.id, lender=PersonRef.named(given.from_person, known),
            delegate=PersonRef.named(given.to_person, known), role=given.role,
            department=DepartmentRef.named(given.department_id, known), begin=given.span.begin, end=given.span.end,
            reason=given.reason, ended_at=given.ended_at, works=lent.works,
        )  # fmt: skip


def shown(found: Sequence[Lent], reading: Reading) -> list[DelegationOut]:
    """Return delegations, their names looked up together."""
    given = [lent.delegation for lent in found]
    known = reading.known(
        persons={person for each in given for person in (each.from_person, each.to_person)},
        departments={each.department_id for each in given},
    )
    return [DelegationOut.of(lent, known) for lent in found]


@router.post("/me/delegations", status_code=201)
def lend_role(body: DelegationIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> DelegationOut:
    """将本人的审批或授权职权委托他人，最长 30 天，不得再委托。Lend a role of yours for up to 30 days."""
    return shown([broker.delegations.lend(caller, body.wish())], reading)[0]


@router.get("/me/delegations")
def list_my_delegations(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById, *, over: Over = None
) -> Page[DelegationOut]:
    """列出本人委托和受托的职权，新的在前。List what you lent and were lent, newest first."""
    found = broker.delegations.page(caller, own=True, over=over, after=window.after, limit=window.wanted)
    return window.page(found, lambda lent: lent.delegation.id, lambda rows: shown(rows, reading))


@router.get("/delegations")
def list_delegations(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById, *, over: Over = None
) -> Page[DelegationOut]:
    """列出管辖范围内的委托，供安全管理员和审计员查看。List the delegations of the people you administer or audit."""
    found = broker.delegations.page(caller, own=False, over=over, after=window.after, limit=window.wanted)
    return window.page(found, lambda lent: lent.delegation.id, lambda rows: shown(rows, reading))


@router.delete("/delegations/{key}")
def end_delegation(key: UUID, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> DelegationOut:
    """提前结束委托，即时生效。Take a role back before its time."""
    return shown([broker.delegations.end(caller, key)], reading)[0]
