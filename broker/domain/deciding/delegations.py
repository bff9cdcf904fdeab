"""Standing in (委托): who decides lends a role for some days to somebody who holds the same role elsewhere.

What was lent cannot be lent on, and whoever decides for another counts for both where duties are separated. Whether a
delegation works is found out anew each time it is used: it does not once the lender has lost the role or the account.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import DepartmentId, PersonId
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Assignment, Department, Person, Role
from broker.domain.time import TimeSpan

DECIDING = frozenset({Role.CENTER_APPROVER, Role.DEPARTMENT_AUTHORIZER})
LONGEST = timedelta(days=30)


@dataclass(frozen=True)
class Delegation:
    """A role of `from_person` in a department, lent to `to_person` during `span`, unless ended before."""

    id: UUID
    from_person: PersonId
    to_person: PersonId
    role: Role
    department_id: DepartmentId
    span: TimeSpan
    reason: str
    ended_at: datetime | None = None
    ended_by: str = ""
    version: int = 1

    @property
    def stream(self) -> str:
        return f"delegation/{self.id}"

    def is_over(self, at: datetime) -> bool:
        return self.ended_at is not None or self.span.end <= at


@dataclass(frozen=True)
class Standing:
    """A person with home and the roles held in own right: what a delegation adds is not among them."""

    person: Person
    home: Department
    roles: tuple[Assignment, ...]

    def held(self, role: Role, at: datetime) -> tuple[Assignment, ...]:
        return tuple(own for own in self.roles if own.role is role and own.standing_for is None and own.holds_at(at))


def check_span(span: TimeSpan, now: datetime) -> None:
    """Refuse what begins in the past or is longer than 30 days.

    Raises:
        Invalid: with the pointer of the end that is wrong.
    """
    if span.begin < now:
        raise Invalid("begins-in-the-past", pointer="/begin", now=now.isoformat(timespec="seconds"))
    if span.duration > LONGEST:
        raise Invalid("delegation-too-long", pointer="/end", longest=LONGEST.days)


def check_lender(lender: Standing, role: Role, department: Department, at: datetime) -> None:
    """Refuse to lend what is not held in own right in this very department.

    Raises:
        Invalid: the role decides nothing, or is not held there.
    """
    if role not in DECIDING:
        raise Invalid("delegation-role", pointer="/role", role=role, allowed=", ".join(sorted(DECIDING)))
    if all(own.department_id != department.id for own in lender.held(role, at)):
        raise Invalid("delegation-not-own", pointer="/department", role=role, department=department.name)


def check_delegate(lender: Standing, delegate: Standing, role: Role, department: Department, at: datetime) -> None:
    """Refuse a delegate who could not decide in own right somewhere, or who works elsewhere.

    The same role in any department shows that somebody was found fit to decide; without it a delegation would be a
    way around the security administrator.

    Raises:
        Invalid: at "/delegate".
    """
    who = delegate.person.login
    if delegate.person.id == lender.person.id:
        raise Invalid("delegate-is-oneself", pointer="/delegate")
    if not delegate.person.active:
        raise Invalid("delegate-disabled", pointer="/delegate", person=who)
    if delegate.home.id != lender.home.id and not delegate.home.path.startswith(department.path):
        raise Invalid("delegate-elsewhere", pointer="/delegate", person=who, department=department.name)
    if not delegate.held(role, at):
        raise Invalid("delegate-without-role", pointer="/delegate", person=who, role=role)


def check_free(wanted: Delegation, standing: Iterable[Delegation]) -> None:
    """Refuse a second delegation of the same role in the same department for the same time.

    Raises:
        Conflict: there is one among `standing`.
    """
    key = (wanted.from_person, wanted.role, wanted.department_id)
    for other in standing:
        same = (other.from_person, other.role, other.department_id) == key
        if same and other.ended_at is None and other.span.overlap(wanted.span):
            raise Conflict(
                "delegation-overlaps", pointer="/begin", role=wanted.role,
                begin=other.span.begin.isoformat(), end=other.span.end.isoformat(),
            )  # fmt: skip


def set_up(delegation: Delegation) -> Entry:
    """Return what the trace says of a new delegation."""
    data = {
        "from": str(delegation.from_person),
        "to": str(delegation.to_person),
        "role": delegation.role,
        "department": str(delegation.department_id),
        "begin": delegation.span.begin.isoformat(),
        "end": delegation.span.end.isoformat(),
        "reason": delegation.reason,
    }
    return Entry(delegation.stream, "delegation:set", data)


def end(delegation: Delegation, by: str, now: datetime) -> tuple[Delegation, Entry]:
    """Take a role back before its time.

    Raises:
        Conflict: the delegation is over already.
    """
    if delegation.is_over(now):
        raise Conflict("delegation-over", delegation=delegation.id)
    after = replace(delegation, ended_at=now, ended_by=by, version=delegation.version + 1)
    return after, Entry(delegation.stream, "delegation:ended", {"by": by})
