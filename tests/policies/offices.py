"""The offices by the names the oracle uses, and what it says where the domain has no sentence."""

from broker.domain.people.accounts import Role

Roles = frozenset[Role]

OPERATOR, SYSTEM, SECURITY = Role.OPERATOR, Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR
REQUESTER, INVESTIGATOR, EMERGENCY = Role.REQUESTER, Role.INVESTIGATOR, Role.EMERGENCY_INVESTIGATOR
CENTER, OWNER, AUDITOR, WORKER = Role.CENTER_APPROVER, Role.DEPARTMENT_AUTHORIZER, Role.AUDITOR, Role.WORKER
SEES_NO_VIDEO = frozenset({OPERATOR, SYSTEM, SECURITY, AUDITOR})


class Silent(AssertionError):  # noqa: N818  # a test that fails, not an error of the program
    """The domain has no sentence for an act."""
