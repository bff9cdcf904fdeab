"""Which sources a caller's roles reach."""

from broker.domain.catalog.catalog import Source
from broker.domain.errors import Unknown
from broker.domain.people.accounts import Caller
from broker.domain.permits import Permit
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork


def require_source(
    policy: Authorizer, work: UnitOfWork, caller: Caller, act: str, code: str, *, lock: bool = False
) -> tuple[Source, Permit]:
    """Return a source with the permit to do something with it.

    Raises:
        Forbidden: the caller may do that with no source at all.
        Unknown: there is none of this code, or it belongs to a department that the caller's roles do not reach.
    """
    known = facts.of_person(caller)
    permit = policy.require(caller, act, caller.roles(work.now), known)
    source = work.sources.by_code(code, lock=lock)
    home = work.departments.load(source.department_id)
    if not policy.decide(caller.roles_at(home.path, work.now), act, known).allowed:
        raise Unknown("unknown-source", source=code)
    return source, permit
