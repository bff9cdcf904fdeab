"""The whole matrix, role by act by facts, against rules written anew from the domain's sentences."""

from itertools import product

import pytest

from broker.domain.accounts import Role
from policies.authorizer import Authorizer
from policies.vocabulary import ACTS, Fact

OPERATOR, SYSTEM, SECURITY = Role.OPERATOR, Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR
REQUESTER, INVESTIGATOR, AUDITOR = Role.REQUESTER, Role.INVESTIGATOR, Role.AUDITOR
CENTER, OWNER, WORKER = Role.CENTER_APPROVER, Role.DEPARTMENT_AUTHORIZER, Role.WORKER

ALL_OF_A_GRANT = Fact.G_PERSON | Fact.G_CAMERA | Fact.G_ACTION | Fact.G_WINDOW | Fact.G_LIVE | Fact.G_QUOTA
SEES_NO_VIDEO = {OPERATOR, SYSTEM, SECURITY, AUDITOR}


def may(role: Role, act: str, facts: Fact) -> bool:  # noqa: C901, PLR0911, PLR0912  # a list of sentences
    """Say what the domain says: who may do it, and what must be true."""
    person, party = Fact.IS_PERSON in facts, Fact.IS_PARTY in facts
    match act:
        case "session:open" | "session:close":
            return True
        case "session:step_up" | "second_factor:read" | "second_factor:enrol":
            return Fact.IS_SELF in facts
        case "second_factor:remove" | "second_factor:renew":
            return Fact.IS_SELF in facts and Fact.MFA_FRESH in facts
        case "person:reset_password" | "person:reset_second_factor":
            return role is OPERATOR or (role is SECURITY and Fact.NOT_SELF in facts and Fact.MFA_MET in facts)
        case "account:read" | "account:change_password" | "token:issue" | "token:list" | "token:revoke":
            return Fact.IS_SELF in facts
        case "department:list":
            return person or role is OPERATOR
        case "department:create" | "source:list" | "source:add" | "source:probe" | "camera:import" | "camera:bind":
            return role in {OPERATOR, SYSTEM}
        case "person:list" | "person:create":
            return role in {OPERATOR, SECURITY}
        case "person:disable" | "person:assign":
            return role is OPERATOR or (role is SECURITY and Fact.NOT_SELF in facts)
        case "delegation:list" | "absence:list":
            return person or role is OPERATOR
        case "delegation:set":
            own = role in {CENTER, OWNER} and Fact.IS_SELF in facts
            return own or (role is SECURITY and Fact.NOT_SELF in facts)
        case "delegation:end":
            return Fact.IS_SELF in facts or role in {SECURITY, OPERATOR}
        case "absence:note" | "absence:end":
            return Fact.IS_SELF in facts or role is SECURITY
        case "person:find":
            return role is REQUESTER
        case "camera:list":
            return role in {OPERATOR, SYSTEM, REQUESTER, INVESTIGATOR, CENTER, OWNER, AUDITOR}
        case "camera:coverage":
            return role in {REQUESTER, INVESTIGATOR, CENTER, OWNER}
        case "access_request:list" | "access_request:read" | "grant:list" | "grant:read":
            return person
        case "access_request:draft":
            return role is REQUESTER and Fact.OWN_DEPARTMENT in facts
        case "access_request:edit" | "access_request:submit" | "access_request:withdraw":
            return role is REQUESTER and Fact.IS_REQUESTER in facts
        case "access_request:approve" | "access_request:reject" | "access_request:return":
            return role is CENTER and Fact.NOT_PARTY in facts and not party
        case "request_item:list":
            return role is OWNER
        case "request_item:authorize" | "request_item:refuse" | "request_item:return":
            return role is OWNER and Fact.NOT_PARTY in facts and Fact.NOT_APPROVER in facts and not party
        case "grant:revoke":
            return role in {CENTER, OWNER} or (role is REQUESTER and Fact.IS_REQUESTER in facts)
        case "footage:snapshot" | "footage:clip":
            return role is INVESTIGATOR and facts & ALL_OF_A_GRANT == ALL_OF_A_GRANT
        case "footage:deliver":
            needed = Fact.G_PERSON | Fact.G_LIVE | Fact.G_QUOTA
            return role is INVESTIGATOR and facts & needed == needed
        case "retrieval:list":
            return role is INVESTIGATOR
        case "retrieval:read":
            return role is INVESTIGATOR and Fact.IS_SELF in facts
        case "retrieval:run":
            return role is WORKER
        case "register:list" | "attachment:list" | "attachment:read":
            return person
        case "register:export":
            return role in {AUDITOR, CENTER, OWNER}
        case "attachment:add" | "attachment:remove":
            return role is REQUESTER and Fact.IS_REQUESTER in facts
        case "camera:mark":
            return role in {OPERATOR, SYSTEM, OWNER}
        case "rulebook:read":
            return person or role is OPERATOR
        case "rulebook:check" | "rulebook:change":
            return role in {OPERATOR, SYSTEM}
        case "access_request:check":
            return role is REQUESTER and bool(facts & (Fact.OWN_DEPARTMENT | Fact.IS_REQUESTER))
        case "access_request:findings":
            return role in {CENTER, OWNER, AUDITOR}
        case "policy:list" | "policy:read" | "policy:explain":
            return role in {SECURITY, AUDITOR, OPERATOR}
        case "policy:propose" | "policy:preview" | "policy:discard":
            return role is SECURITY
        case "policy:activate":
            return role is SECURITY and Fact.NOT_PROPOSER in facts and Fact.MFA_FRESH in facts
        case "policy:reset":
            return role is OPERATOR
        case "lock:list":
            return role in {OPERATOR, SECURITY, CENTER, OWNER, AUDITOR}
        case "lock:set" | "lock:lift":
            if act == "lock:lift" and Fact.IS_SELF in facts:
                return False
            on_others = Fact.ON_PERSON in facts and Fact.NOT_SELF in facts
            on_cameras = Fact.ON_CAMERAS in facts
            return role is OPERATOR or (role is SECURITY and on_others) or (role in {CENTER, OWNER} and on_cameras)
        case "account:change_contact":
            return Fact.IS_SELF in facts
        case "notice:list" | "notice:read":
            return person
        case "notice:deliver":
            return role is WORKER
        case "webhook:add" | "webhook:list" | "webhook:remove" | "webhook:test":
            return role in {OPERATOR, SYSTEM}
        case "mail:read" | "mail:test":
            return role is OPERATOR
        case "audit:read" | "audit:verify":
            return role in {AUDITOR, OPERATOR}
        case _:
            raise AssertionError(f"the domain has no sentence for {act}")


def worlds(act: str) -> list[Fact]:
    """Every set of facts that the program can compute for an act; contradictory sets and foreign facts are left out."""
    if act.startswith("footage:"):
        short_of_one = [ALL_OF_A_GRANT & ~fact for fact in ALL_OF_A_GRANT]
        return [Fact.IS_PERSON | granted for granted in (ALL_OF_A_GRANT, Fact.NONE, *short_of_one)]
    selves = [Fact.NONE, Fact.IS_PERSON | Fact.IS_SELF, Fact.IS_PERSON | Fact.NOT_SELF, Fact.IS_PERSON]
    if act.startswith(("session:", "second_factor:", "person:")):
        factors = [Fact.NONE, Fact.MFA_MET, Fact.MFA_MET | Fact.MFA_FRESH]
        return [a | b for a, b in product(selves, factors)]
    if act.startswith("lock:"):
        return [a | b for a, b in product(selves, [Fact.NONE, Fact.ON_PERSON, Fact.ON_CAMERAS])]
    parties = [Fact.NONE, Fact.IS_PARTY | Fact.IS_REQUESTER, Fact.IS_PARTY, Fact.NOT_PARTY]
    approvers = [Fact.NONE, Fact.NOT_APPROVER]
    homes = [Fact.NONE, Fact.OWN_DEPARTMENT]
    return [a | b | c | d for a, b, c, d in product(selves, parties, approvers, homes)]


ACTS_IN_FULL = [f"{obj}:{act}" for obj, names in sorted(ACTS.items()) for act in sorted(names)]


@pytest.fixture(scope="module")
def policy() -> Authorizer:
    return Authorizer()


@pytest.mark.parametrize("act", ACTS_IN_FULL)
def test_every_role_in_every_world(policy: Authorizer, act: str) -> None:
    for role, facts in product(Role, worlds(act)):
        assert policy.decide({role}, act, facts).allowed is may(role, act, facts), (role, facts)


@pytest.mark.parametrize("act", ["footage:snapshot", "footage:clip", "footage:deliver"])
def test_a_second_role_never_opens_footage_to_who_administers_or_audits(policy: Authorizer, act: str) -> None:
    for role in SEES_NO_VIDEO:
        assert not policy.decide({INVESTIGATOR, role}, act, ALL_OF_A_GRANT).allowed


@pytest.mark.parametrize("act", ["footage:snapshot", "footage:clip", "footage:deliver"])
@pytest.mark.parametrize("locked", [Fact.SUBJECT_LOCKED, Fact.CAMERA_LOCKED, Fact.DEPARTMENT_LOCKED])
def test_a_lock_is_stronger_than_a_grant(policy: Authorizer, act: str, locked: Fact) -> None:
    everything = ~Fact.NONE & ~(Fact.SUBJECT_LOCKED | Fact.CAMERA_LOCKED | Fact.DEPARTMENT_LOCKED)
    assert policy.decide({INVESTIGATOR}, act, everything).allowed
    assert not policy.decide({INVESTIGATOR}, act, everything | locked).allowed


@pytest.mark.parametrize("act", ACTS_IN_FULL)
def test_two_roles_together_may_what_one_of_them_may(policy: Authorizer, act: str) -> None:
    """Except where a deny row speaks: the matrix knows no act that two roles open and neither does alone."""
    facts = Fact.IS_PERSON | Fact.NOT_PARTY | Fact.NOT_APPROVER | Fact.NOT_SELF
    for one, other in product(Role, Role):
        if {one, other} & SEES_NO_VIDEO and act.startswith("footage"):
            continue
        expected = may(one, act, facts) or may(other, act, facts)
        assert policy.decide({one, other}, act, facts).allowed is expected
