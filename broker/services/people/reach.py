"""Who may act on whose account: nobody on somebody who holds more than lies within the own reach (decision 0038)."""

from broker.domain.errors import Forbidden
from broker.domain.ids import PersonId
from broker.domain.people.accounts import Caller, Person, Role
from broker.domain.permits import Permit
from policies.authorizer import Authorizer
from policies.vocabulary import Fact
from storage.db.unit_of_work import UnitOfWork


def places_of(work: UnitOfWork, key: PersonId) -> frozenset[str]:
    """Return the paths of all departments that who acts on a person acts on too.

    That in which the person works, and every one in which the person holds a role, now or later, own or lent: whoever
    hands out a password, or a way to come in, could use it.
    """
    standing = work.callers.load(key, work.now)
    held = (each.path for each in standing.assignments if each.valid is None or work.now < each.valid.end)
    return frozenset({standing.path, *held})


def roles_over(work: UnitOfWork, caller: Caller, key: PersonId) -> frozenset[Role]:
    """Return the caller's roles that reach everything a person is; of the own account all, wherever they are held."""
    if caller.person_id == key:
        return caller.roles(work.now)
    return frozenset.intersection(*(caller.roles_at(path, work.now) for path in places_of(work, key)))


def require_over(
    policy: Authorizer, work: UnitOfWork, caller: Caller, act: str, person: Person, known: Fact
) -> Permit:  # fmt: skip
    """Return the permit for an act on somebody's account.

    Raises:
        Forbidden: the policy says no; or `role-beyond-reach`, where it would say yes if the person held no role that
            the caller does not reach.
    """
    roles = roles_over(work, caller, person.id)
    at_home = caller.roles_at(work.departments.load(person.department_id).path, work.now)
    if at_home - roles and policy.decide(at_home, act, known).allowed and not policy.decide(roles, act, known).allowed:
        raise Forbidden("role-beyond-reach", person=person.name)
    return policy.require(caller, act, roles, known)
