"""Who may do what with the catalogue and what is counted of it: by hand from the domain's sentences, as in `oracle`."""

from tests.policies.offices import (
    AUDITOR,
    CENTER,
    EMERGENCY,
    INVESTIGATOR,
    OPERATOR,
    OWNER,
    REQUESTER,
    SECURITY,
    SYSTEM,
    WORKER,
    Roles,
    Silent,
)
from tests.policies.relations import Relation


def camera(roles: Roles, verb: str, _: Relation) -> bool:
    """The catalogue is open to who asks, looks, decides, audits or keeps it."""
    if verb == "list":
        return bool(roles - {SECURITY, EMERGENCY, WORKER})
    if verb == "coverage":
        return bool(roles & {REQUESTER, INVESTIGATOR, CENTER, OWNER})
    if verb == "import":  # a long list is brought in by the worker, for whoever handed it in
        return bool(roles & {OPERATOR, SYSTEM, WORKER})
    if verb in {"bind", "transfer"}:
        return bool(roles & {OPERATOR, SYSTEM})
    if verb in {"mark", "mask", "edit", "show"}:
        return bool(roles & {OPERATOR, SYSTEM, OWNER})
    if verb == "history":
        return bool(roles & {OPERATOR, SYSTEM, OWNER, AUDITOR})
    raise Silent(verb)


def camera_field(roles: Roles, verb: str, _: Relation) -> bool:
    """What fields there are is known to who sees the catalogue; who keeps the house says which."""
    if verb == "list":
        return bool(roles - {SECURITY, EMERGENCY, WORKER})
    if verb == "define":
        return bool(roles & {OPERATOR, SYSTEM})
    raise Silent(verb)


def reconciliation(roles: Roles, verb: str, _: Relation) -> bool:
    """The administrators ask a source what it has; they or the owner say what is to become of it."""
    if verb in {"list", "read"}:
        return bool(roles & {OPERATOR, SYSTEM, OWNER, AUDITOR})
    if verb == "propose":
        return bool(roles & {OPERATOR, SYSTEM})
    if verb == "review":
        return bool(roles & {OPERATOR, SYSTEM, OWNER})
    raise Silent(verb)


def division(roles: Roles, verb: str, by: Relation) -> bool:
    """Everybody may know the divisions; who keeps the house brings lists of them in."""
    if verb == "list":
        return by.person or OPERATOR in roles
    if verb == "import":
        return bool(roles & {OPERATOR, SYSTEM})
    raise Silent(verb)


def measures(roles: Roles, verb: str, _: Relation) -> bool:
    """Who answers for points, or looks over those who do, reads how they are; who keeps the house plans."""
    if verb == "read":
        return bool(roles & {AUDITOR, CENTER, OWNER, SYSTEM, OPERATOR})
    if verb == "plan":
        return bool(roles & {OPERATOR, SYSTEM})
    if verb == "count":
        return WORKER in roles
    raise Silent(verb)


def health(roles: Roles, verb: str, _: Relation) -> bool:
    """Who answers for points reads how they are, as with the measures; who keeps the house says what to reach."""
    if verb == "read":
        return bool(roles & {AUDITOR, CENTER, OWNER, SYSTEM, OPERATOR})
    if verb == "aim":
        return bool(roles & {OPERATOR, SYSTEM})
    raise Silent(verb)


def maintenance(roles: Roles, verb: str, _: Relation) -> bool:
    """It is planned by who keeps the house and known to who answers for points."""
    if verb == "list":
        return bool(roles & {AUDITOR, CENTER, OWNER, SYSTEM, OPERATOR})
    if verb in {"declare", "end"}:
        return bool(roles & {OPERATOR, SYSTEM})
    raise Silent(verb)


def job(roles: Roles, verb: str, _: Relation) -> bool:
    """Who runs the house sees what the workers have to do; the workers themselves say why something failed."""
    if verb in {"list", "retry"}:
        return bool(roles & {OPERATOR, SYSTEM})
    if verb == "note":
        return WORKER in roles
    raise Silent(verb)
