"""Whose lists a caller may bring in: asked of the department that owns the points."""

from broker.domain.catalog.imports import CatalogImport
from broker.domain.errors import Forbidden, Unknown
from broker.domain.ids import ImportId
from broker.domain.people.accounts import Caller, Department
from broker.domain.permits import Permit
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork

IMPORT = "camera:import"


def require_owner(policy: Authorizer, work: UnitOfWork, caller: Caller, owner: str) -> tuple[Department, Permit]:
    """Return a department with the permit to bring lists into it; raises Forbidden, or Unknown for no department."""
    department = work.departments.by_code(owner)
    roles = caller.roles_at(department.path, work.now)
    return department, policy.require(caller, IMPORT, roles, facts.of_person(caller))


def require_import(
    policy: Authorizer, work: UnitOfWork, caller: Caller, key: ImportId, *, lock: bool = False
) -> tuple[CatalogImport, Permit]:
    """Return an import with the permit; where one may not import into its department there is none.

    Raises:
        Unknown: `unknown-import`.
    """
    found = work.imports.load(key, lock=lock)
    roles = caller.roles_at(work.departments.load(found.owner_id).path, work.now)
    try:
        permit = policy.require(caller, IMPORT, roles, facts.of_person(caller))
    except Forbidden:
        raise Unknown("unknown-import", key=key) from None
    return found, permit
