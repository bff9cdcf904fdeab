"""Nobody acts on the account of somebody who holds more than lies within the own reach."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.errors import Forbidden
from broker.domain.footage.locks import LockKind
from broker.domain.ids import PersonId
from broker.domain.people.accounts import Caller
from broker.services.deciding.absences import Leave
from broker.services.people.accounts import NewPerson
from tests.city import PASSWORD, City

ME = operator("tests")


def acts(broker: Broker, caller: Caller, key: PersonId) -> dict[str, Callable[[], object]]:
    """Everything that can be done about somebody's account."""
    leave = Leave(broker.clock.now() + timedelta(days=1))
    return {
        "assign": lambda: broker.accounts.assign(caller, key, "requester", "dh-hb"),
        "withdraw": lambda: broker.accounts.withdraw(caller, key, "investigator", "dh-hb"),
        "reset": lambda: broker.accounts.reset_password(caller, key),
        "factor": lambda: broker.second_factor.reset(caller, key),
        "invite": lambda: broker.invites.issue(caller, key),
        "identity": lambda: broker.identities.link(caller, key, "subject"),
        "sessions": lambda: broker.credentials.sessions(caller, key),
        "end": lambda: broker.credentials.end_session(caller, key, "abc"),
        "tokens": lambda: broker.credentials.tokens(caller, key, after=None, limit=5),
        "absence": lambda: broker.absences.note(caller, leave, key),
        "disable": lambda: broker.accounts.disable(caller, key),
        "enable": lambda: broker.people.enable(caller, key),
    }


def test_a_lower_administrator_leaves_those_alone_who_hold_more(broker: Broker, city: City) -> None:
    new = NewPerson("sec.dh", "东河安全管理员", "dh", PASSWORD, (("security_administrator", "dh"),))
    keeper = City({}, {"k": broker.accounts.add_person(ME, new).person.id}).caller(broker, "k")
    key = city.persons["looker"]
    broker.accounts.reset_password(keeper, key)
    for role, place in (("auditor", "jc"), ("requester", "xs-ga")):  # above, and beside
        broker.accounts.assign(ME, key, role, place)
        refused = {}
        for name, act in acts(broker, keeper, key).items():
            with pytest.raises(Forbidden) as error:
                act()
            refused[name] = error.value.slug
        assert set(refused.values()) == {"role-beyond-reach"}
        with pytest.raises(Forbidden):
            broker.locks.set(keeper, LockKind.PERSON, key, "核查")
        told = broker.people.read(keeper, key)
        assert told.account.person.id == key
        assert not told.may & {"person:assign", "person:disable"}
        broker.accounts.withdraw(ME, key, role, place)
    assert "person:disable" in broker.people.read(keeper, key).may
    broker.accounts.disable(keeper, key)
    broker.people.enable(keeper, key)


def test_what_is_lent_from_above_counts(broker: Broker, city: City) -> None:
    """Whoever hands out a password to a stand-in could decide in the lender's place."""
    lender = broker.accounts.add_person(
        ME, NewPerson("dh.boss", "区长办", "dh", PASSWORD, (("department_authorizer", "dh"),))
    ).person.id
    new = NewPerson("sec.cg", "城管安全管理员", "dh-cg", PASSWORD, (("security_administrator", "dh-cg"),))
    keeper = City({}, {"k": broker.accounts.add_person(ME, new).person.id}).caller(broker, "k")
    key = city.persons["owner.cg"]
    broker.accounts.reset_password(keeper, key)
    leave = Leave(broker.clock.now() + timedelta(days=2), delegate="owner.cg")
    broker.absences.note(City({}, {"l": lender}).caller(broker, "l"), leave)
    with pytest.raises(Forbidden, match="role-beyond-reach"):
        broker.accounts.reset_password(keeper, key)
    broker.accounts.reset_password(city.caller(broker, "secadmin"), key)
