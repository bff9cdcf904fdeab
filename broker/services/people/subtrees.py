"""In which parts of the tree of departments a caller may do something."""

from broker.domain.people.accounts import Caller, Role
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork


def paths_allowed(policy: Authorizer, work: UnitOfWork, caller: Caller, act: str) -> list[str]:
    """Return the subtrees in which one of the caller's roles may do something.

    Raises:
        Forbidden: none of them may anywhere.
    """
    known = facts.of_person(caller)
    policy.require(caller, act, caller.roles(work.now), known)
    return [
        path for role in Role for path in caller.paths_of(role, work.now) if policy.decide({role}, act, known).allowed
    ]
