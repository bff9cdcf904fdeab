"""Who may do what: written by hand from the domain's sentences, one function an object.

It knows neither the rows of the policy nor how the program finds its facts. A relation says in the domain's words how
the caller stands to the thing in question.
"""

from collections.abc import Callable

from tests.policies.offices import (
    AUDITOR,
    CENTER,
    EMERGENCY,
    INVESTIGATOR,
    OPERATOR,
    OWNER,
    REQUESTER,
    SECURITY,
    SEES_NO_VIDEO,
    SYSTEM,
    WORKER,
    Roles,
    Silent,
)
from tests.policies.oracle_catalogue import (
    camera,
    camera_field,
    division,
    health,
    job,
    maintenance,
    measures,
    reconciliation,
)
from tests.policies.relations import Factor, Life, Part, Place, Relation, Target

__all__ = ["SEES_NO_VIDEO", "SENTENCES", "Roles", "Silent", "may"]


def may(roles: Roles, act: str, relation: Relation) -> bool:
    """Say whether somebody who holds `roles` may do `act`; a role counts in its department and all below.

    Raises:
        Silent: the domain says nothing about the act.
    """
    reaching = roles if relation.place in {Place.OWN, Place.BELOW} else frozenset()
    thing, _, verb = act.partition(":")
    if thing not in SENTENCES:
        raise Silent(act)
    return SENTENCES[thing](reaching, verb, relation)


# Oneself


def account(_: Roles, verb: str, by: Relation) -> bool:
    if verb in {"read", "change_password", "change_contact"}:
        return by.oneself
    raise Silent(verb)


def token(_: Roles, verb: str, by: Relation) -> bool:
    if verb in {"issue", "list", "revoke"}:
        return by.oneself
    raise Silent(verb)


def session(_: Roles, verb: str, by: Relation) -> bool:
    if verb in {"open", "close"}:
        return True
    if verb in {"step_up", "list", "end"}:
        return by.oneself
    raise Silent(verb)


def identity(roles: Roles, verb: str, by: Relation) -> bool:
    """A way in is added and taken away with the second factor, where there is one; nobody vouches for oneself."""
    keeper = OPERATOR in roles or (SECURITY in roles and not by.oneself and by.factor is not Factor.STALE)
    if verb == "list":
        return by.oneself or bool(roles & {OPERATOR, SECURITY})
    if verb == "add":
        return by.oneself and by.factor is not Factor.STALE
    if verb == "link":
        return keeper
    if verb == "unlink":
        return keeper or (by.oneself and by.factor is not Factor.STALE)
    raise Silent(verb)


def invite(_: Roles, verb: str, __: Relation) -> bool:
    """Who holds the link is asked nothing else."""
    if verb in {"read", "take"}:
        return True
    raise Silent(verb)


def second_factor(_: Roles, verb: str, by: Relation) -> bool:
    if verb in {"read", "enrol"}:
        return by.oneself
    if verb in {"remove", "renew"}:
        return by.oneself and by.factor is Factor.FRESH
    raise Silent(verb)


def notice(roles: Roles, verb: str, by: Relation) -> bool:
    if verb in {"list", "read"}:
        return by.person
    if verb == "deliver":
        return WORKER in roles
    raise Silent(verb)


def inbox(_: Roles, verb: str, by: Relation) -> bool:
    if verb == "list":
        return by.person
    raise Silent(verb)


# The house: departments, sources, people, offices


def department(roles: Roles, verb: str, by: Relation) -> bool:
    if verb == "list":
        return by.person or OPERATOR in roles
    if verb in {"create", "edit", "move", "close", "reopen"}:
        return bool(roles & {OPERATOR, SYSTEM})
    raise Silent(verb)


def setting(roles: Roles, verb: str, _: Relation) -> bool:
    if verb == "read":
        return bool(roles & {OPERATOR, SYSTEM, AUDITOR})
    raise Silent(verb)


def of_the_house(*verbs: str) -> Callable[[Roles, str, Relation], bool]:
    """Make the sentence of what the system administrator keeps, and the operator before there is one."""

    def sentence(roles: Roles, verb: str, _: Relation) -> bool:
        if verb in verbs:
            return bool(roles & {OPERATOR, SYSTEM})
        raise Silent(verb)

    return sentence


def mail(roles: Roles, verb: str, _: Relation) -> bool:
    if verb in {"read", "test"}:
        return OPERATOR in roles
    raise Silent(verb)


def source(roles: Roles, verb: str, _: Relation) -> bool:
    """The owner knows its recorders and what time they show; how they are reached is the administrators'."""
    if verb in {"list", "add", "edit", "probe"}:
        return bool(roles & {OPERATOR, SYSTEM})
    if verb == "clock":
        return bool(roles & {OPERATOR, SYSTEM, OWNER})
    if verb == "read":
        return bool(roles & {OPERATOR, SYSTEM, OWNER, AUDITOR})
    if verb == "watch":
        return WORKER in roles
    raise Silent(verb)


def secret(roles: Roles, verb: str, _: Relation) -> bool:
    if verb == "reseal":
        return OPERATOR in roles
    raise Silent(verb)


def rulebook(roles: Roles, verb: str, by: Relation) -> bool:
    if verb == "read":
        return by.person or OPERATOR in roles
    if verb in {"check", "change"}:
        return bool(roles & {OPERATOR, SYSTEM})
    raise Silent(verb)


def person(roles: Roles, verb: str, by: Relation) -> bool:
    """Accounts are the security administrator's, never the own one."""
    on_others = SECURITY in roles and not by.oneself
    if verb in {"list", "create", "read_access"}:
        return bool(roles & {OPERATOR, SECURITY})
    if verb in {"disable", "enable", "assign", "end_access"}:
        return OPERATOR in roles or on_others
    if verb in {"invite", "reset_password", "reset_second_factor"}:
        return OPERATOR in roles or (on_others and by.factor is not Factor.STALE)
    if verb == "find":
        return REQUESTER in roles
    raise Silent(verb)


def delegation(roles: Roles, verb: str, by: Relation) -> bool:
    """Who decides lends the own office; nobody lends another one's but the security administrator."""
    if verb == "list":
        return by.person or OPERATOR in roles
    if verb == "set":
        lender = by.oneself and bool(roles & {CENTER, OWNER})
        return lender or (SECURITY in roles and not by.oneself)
    if verb == "end":
        return by.oneself or bool(roles & {SECURITY, OPERATOR})
    raise Silent(verb)


def absence(roles: Roles, verb: str, by: Relation) -> bool:
    if verb == "list":
        return by.person or OPERATOR in roles
    if verb in {"note", "end"}:
        return by.oneself or SECURITY in roles
    raise Silent(verb)


def policy(roles: Roles, verb: str, by: Relation) -> bool:
    """The security administrator's, four eyes on every change; the operator only goes back to the shipped one."""
    if verb in {"list", "read", "explain"}:
        return bool(roles & {SECURITY, AUDITOR, OPERATOR})
    if verb in {"propose", "preview", "discard"}:
        return SECURITY in roles
    if verb == "activate":
        return SECURITY in roles and not by.proposed and by.factor is Factor.FRESH
    if verb == "reset":
        return OPERATOR in roles
    raise Silent(verb)


# The flow


def access_request(roles: Roles, verb: str, by: Relation) -> bool:
    if verb in {"list", "read"}:
        return by.person
    if verb in {"approve", "return", "reject", "ratify", "disavow"}:
        return CENTER in roles and not by.party
    if verb == "findings":
        return bool(roles & {CENTER, OWNER, AUDITOR})
    if verb == "lapse":
        return WORKER in roles
    if verb == "open_emergency":
        return EMERGENCY in roles and by.home and by.factor is Factor.FRESH
    return _of_the_requester(roles, verb, by)


def _of_the_requester(roles: Roles, verb: str, by: Relation) -> bool:
    own = by.part is Part.REQUESTER
    if verb == "draft":
        return REQUESTER in roles and by.home
    if verb == "check":
        return REQUESTER in roles and (by.home or own)
    if verb in {"edit", "submit", "withdraw"}:
        return REQUESTER in roles and own
    if verb == "close":  # who opened an emergency reports on it, requester or not
        return bool(roles & {REQUESTER, EMERGENCY}) and own
    raise Silent(verb)


def attachment(roles: Roles, verb: str, by: Relation) -> bool:
    if verb in {"list", "read"}:
        return by.person
    if verb in {"add", "remove"}:
        return REQUESTER in roles and by.part is Part.REQUESTER
    raise Silent(verb)


def request_item(roles: Roles, verb: str, by: Relation) -> bool:
    """The owner's word is another person's than the requester's, the investigators' and the center's."""
    if verb == "list":
        return OWNER in roles
    if verb in {"authorize", "refuse", "return", "veto"}:
        return OWNER in roles and not by.party and not by.approved
    raise Silent(verb)


def grant(roles: Roles, verb: str, by: Relation) -> bool:
    """To end one is open also to those concerned: it only narrows."""
    own = REQUESTER in roles and by.part is Part.REQUESTER
    deciding = bool(roles & {CENTER, OWNER})
    if verb in {"list", "read"}:
        return by.person
    if verb == "revoke":
        return own or deciding
    if verb == "renew":
        return own
    if verb in {"suspend", "resume"}:
        return deciding and not by.party
    raise Silent(verb)


def lock(roles: Roles, verb: str, by: Relation) -> bool:
    """Who keeps accounts shuts persons, who decides shuts cameras and departments; nobody opens the own lock."""
    if verb == "list":
        return bool(roles & {OPERATOR, SECURITY, CENTER, OWNER, AUDITOR})
    if verb not in {"set", "lift"}:
        raise Silent(verb)
    if by.target is not Target.PERSON:
        return bool(roles & {OPERATOR, CENTER, OWNER})
    if by.oneself:
        return OPERATOR in roles and verb == "set"
    return bool(roles & {OPERATOR, SECURITY})


# Footage and what is left of it


def footage(roles: Roles, verb: str, by: Relation) -> bool:
    """A grant that holds in every respect, no lock, and nobody who administers or audits."""
    if verb not in {"snapshot", "clip", "deliver", "view"}:
        raise Silent(verb)
    if INVESTIGATOR not in roles or roles & SEES_NO_VIDEO or by.locked:
        return False
    held = by.permit
    if held is None or not held.person or held.redaction:  # what cannot be made unreadable is not shown
        return False
    if verb == "view":
        return held.life in {Life.ACTIVE, Life.EXHAUSTED}
    if verb == "deliver":
        return held.life in {Life.ACTIVE, Life.EXHAUSTED} and not held.view_only
    return held.life is Life.ACTIVE and held.camera and held.action and held.window and held.quota


def package(roles: Roles, verb: str, by: Relation) -> bool:
    if verb == "build":
        return WORKER in roles
    if verb == "verify":
        return bool(roles & {REQUESTER, INVESTIGATOR, CENTER, OWNER, AUDITOR})
    return retrieval(roles, verb, by)


def retrieval(roles: Roles, verb: str, by: Relation) -> bool:
    if verb == "list":
        return INVESTIGATOR in roles
    if verb == "read":
        return INVESTIGATOR in roles and by.oneself
    if verb == "run":
        return WORKER in roles
    raise Silent(verb)


def escrow(roles: Roles, verb: str, by: Relation) -> bool:
    """No person makes or opens a sealed copy; the program opens one for a live grant that holds what is asked."""
    if verb == "seal":
        return WORKER in roles
    if verb == "release":
        held = by.permit
        if WORKER not in roles or by.locked or held is None:
            return False
        return held.life is Life.ACTIVE and held.person and held.camera and held.action and held.window
    raise Silent(verb)


def copy(roles: Roles, verb: str, by: Relation) -> bool:
    """Who watches over footage knows whose a copy is and what holds it; who asked or looked holds none."""
    if verb in {"find", "list"}:
        return bool(roles & {AUDITOR, CENTER, OWNER})
    if verb in {"hold", "release"}:
        return bool(roles & {CENTER, OWNER}) and not by.party
    if verb == "purge":
        return WORKER in roles
    raise Silent(verb)


def register(roles: Roles, verb: str, by: Relation) -> bool:
    if verb == "list":
        return by.person
    if verb == "export":
        return bool(roles & {AUDITOR, CENTER, OWNER})
    raise Silent(verb)


def audit(roles: Roles, verb: str, _: Relation) -> bool:
    if verb in {"read", "verify", "export"}:
        return bool(roles & {AUDITOR, OPERATOR})
    raise Silent(verb)


def statistics(roles: Roles, verb: str, _: Relation) -> bool:
    if verb == "read":
        return bool(roles & {AUDITOR, CENTER, OWNER})
    raise Silent(verb)


SENTENCES: dict[str, Callable[[Roles, str, Relation], bool]] = {
    sentence.__name__: sentence
    for sentence in (
        account, token, session, identity, invite, second_factor,
        notice, inbox, department, setting, mail, rulebook, person, delegation, absence,
        camera, camera_field, reconciliation,
        policy, access_request, attachment, request_item, grant, lock, footage, retrieval, package, copy,
        register, audit, statistics, source, secret, escrow, division, measures, health, maintenance,
        job,
    )
}  # fmt: skip
SENTENCES["webhook"] = of_the_house("add", "list", "remove", "test")
