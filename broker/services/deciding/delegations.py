"""Who stands in for whom: a role lent for some days, taken back, listed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from broker.domain.deciding.delegations import (
    Delegation,
    Standing,
    check_delegate,
    check_free,
    check_lender,
    check_span,
    end,
    set_up,
)
from broker.domain.errors import Invalid
from broker.domain.ids import DepartmentId, PersonId, new_id
from broker.domain.people.accounts import Caller, Department, Person, Role
from broker.domain.permits import Permit
from broker.domain.time import TimeSpan
from broker.services.people.reach import require_over
from policies import facts
from policies.authorizer import Authorizer
from storage.db.deciding.delegations import DelegationVisibility
from storage.db.unit_of_work import UnitOfWork, Work

KEEPERS = (Role.SECURITY_ADMINISTRATOR, Role.AUDITOR, Role.OPERATOR)
"""Who knows of the delegations and absences of all people in the own subtree."""


@dataclass(frozen=True)
class Wish:
    """A role to be lent: `delegate` is a login, `department` a code; from now on where `begin` is None.

    `department` may be None where the role is held in one place only.
    """

    delegate: str
    role: Role
    end: datetime
    reason: str
    department: str | None = None
    begin: datetime | None = None


@dataclass(frozen=True)
class Lent:
    """A delegation, and whether it works now: one of a lender who lost the role runs on without effect."""

    delegation: Delegation
    works: bool


class Delegations:
    """Roles lent from person to person."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def lend(self, caller: Caller, wish: Wish) -> Lent:
        """Lend a role of one's own for some days."""
        with self._work() as work:
            own = caller.person()
            known = facts.of_person(caller, own)
            permit = self._policy.require(caller, "delegation:set", caller.roles(work.now), known)
            lender = standing_of(work, [work.persons.load(own, lock=True)])[own]
            department = _named(work, lender, wish)
            span = TimeSpan(wish.begin or work.now, wish.end)
            made = lend(work, permit, lender, wish.delegate, ((wish.role, department),), span, wish.reason)
            works = work.delegations.working_among({each.id for each in made}, work.now)
            work.commit(permit)
            return Lent(made[0], works=made[0].id in works)

    def page(self, caller: Caller, *, own: bool, over: bool | None, after: UUID | None, limit: int) -> Sequence[Lent]:
        """Return delegations, newest first: with `own` only those one lent or was lent, else all one may know of."""
        with self._work() as work:
            self._policy.require(caller, "delegation:list", caller.roles(work.now), facts.of_person(caller))
            visible = DelegationVisibility(caller.person_id, () if own else kept_by(caller, work.now))
            found = work.delegations.page(visible, over=over, at=work.now, after=after, limit=limit)
            works = work.delegations.working_among({each.id for each in found}, work.now)
            return [Lent(each, works=each.id in works) for each in found]

    def end(self, caller: Caller, key: UUID) -> Lent:
        """Take a role back before its time."""
        with self._work() as work:
            visible = DelegationVisibility(caller.person_id, kept_by(caller, work.now))
            found = work.delegations.load(key, visible)
            lender = work.persons.load(found.from_person)
            known = facts.of_person(caller, lender.id)
            permit = require_over(self._policy, work, caller, "delegation:end", lender, known)
            after, entry = end(found, permit.actor, work.now)
            work.delegations.end(after)
            work.audit.append(permit, (entry,))
            work.commit(permit)
            return Lent(after, works=False)


def kept_by(caller: Caller, now: datetime) -> tuple[str, ...]:
    """Return the subtrees whose people the caller administers or audits."""
    return tuple(path for role in KEEPERS for path in caller.paths_of(role, now))


def standing_of(work: UnitOfWork, persons: Collection[Person]) -> dict[PersonId, Standing]:
    """Return the persons with home and own roles."""
    homes = work.departments.load_many({person.department_id for person in persons})
    held = work.persons.assignments({person.id for person in persons})
    return {person.id: Standing(person, homes[person.department_id], held.get(person.id, ())) for person in persons}


def lend(
    work: UnitOfWork,
    permit: Permit,
    lender: Standing,
    login: str,
    places: Sequence[tuple[Role, Department]],
    span: TimeSpan,
    reason: str,
) -> tuple[Delegation, ...]:
    """Write the delegations of some roles to one delegate, all or none; the caller holds the lender's row and commits.

    Raises:
        Invalid: what is lent, to whom or for when is not allowed; `pointer` says which.
        Conflict: one of the roles is lent for that time already.
    """
    check_span(span, work.now)
    known = work.persons.by_logins({login})
    if login not in known:
        raise Invalid("unknown-person", pointer="/delegate", person=login)
    delegate = standing_of(work, [known[login]])[known[login].id]
    standing = work.delegations.standing(lender.person.id, work.now)
    made: list[Delegation] = []
    for role, department in places:
        check_lender(lender, role, department, span.begin)
        check_delegate(lender, delegate, role, department, span.begin)
        wanted = Delegation(new_id(), lender.person.id, delegate.person.id, role, department.id, span, reason)
        check_free(wanted, standing)
        made.append(wanted)
    work.delegations.add(made)
    work.audit.append(permit, [set_up(each) for each in made])
    return tuple(made)


def _named(work: UnitOfWork, lender: Standing, wish: Wish) -> Department:
    """Return the department that is named, or the only one in which the lender holds the role."""
    if wish.department is not None:
        found = work.departments.by_codes({wish.department})
        if wish.department not in found:
            raise Invalid("unknown-department", pointer="/department", department=wish.department)
        return found[wish.department]
    held: set[DepartmentId] = {own.department_id for own in lender.held(wish.role, wish.begin or work.now)}
    if len(held) != 1:
        raise Invalid("delegation-department", pointer="/department", role=wish.role, places=len(held))
    return work.departments.load(held.pop())
