"""Whose figures somebody may read: the subtrees in which a role is held that answers for them."""

from broker.domain.people.accounts import Caller, Role
from storage.db.unit_of_work import UnitOfWork

ANSWERING = (Role.AUDITOR, Role.DEPARTMENT_AUTHORIZER, Role.SYSTEM_ADMINISTRATOR, Role.OPERATOR)


def reach_of(caller: Caller, work: UnitOfWork) -> tuple[str, ...]:
    """Return the paths, none inside another; a center's approver answers for the place that the center speaks for."""
    own = {path for role in ANSWERING for path in caller.paths_of(role, work.now)}
    held = caller.paths_of(Role.CENTER_APPROVER, work.now)
    if held:
        own |= {center.jurisdiction for center in work.departments.centers() if center.path.startswith(held)}
    return tuple(sorted(path for path in own if not any(path != other and path.startswith(other) for other in own)))
