"""Versions of the rulebook: who makes them, what they change, and that none is ever lost over another."""

from functools import partial
from typing import Any

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.deciding.shipped_rules import SHIPPED
from broker.domain.errors import Conflict, Forbidden, Invalid, Unknown
from broker.services.deciding.rulebook_document import dump
from broker.services.deciding.rulebooks import Version
from tests.city import City
from tests.services.test_races import together


def document(**limits: int) -> dict[str, Any]:
    shipped: Any = dump(SHIPPED)
    return {**shipped, "limits": {**shipped["limits"], **limits}}


def test_a_new_version_comes_in_force_and_is_in_the_trace(broker: Broker, city: City) -> None:
    admin, me = city.caller(broker, "sysadmin"), operator("tests")
    assert broker.rulebooks.current(admin) == Version(SHIPPED, None)
    tried = broker.rulebooks.check(admin, document(cameras=7))
    assert [(it.place, it.before, it.after) for it in tried.changes] == [("/limits/cameras", 50, 7)]
    assert broker.rulebooks.current(admin).rules.version == 0
    made, proposal = broker.rulebooks.change(admin, document(cameras=7), "试行", 0)
    assert (made.rules.version, proposal.changes) == (1, tried.changes)
    broker.rulebooks.change(me, document(cameras=8), "再议", 1)
    for login in ("asker", "center.dh", "owner.cg", "auditor"):
        assert broker.rulebooks.current(city.caller(broker, login)).rules.limits.cameras == 8
        assert broker.rulebooks.read(city.caller(broker, login), 1) == made
    listed = broker.rulebooks.page(admin, before=None, limit=5)
    assert [(about.version, about.made_by) for about in listed] == [(2, "operator:tests"), (1, str(admin.person_id))]
    assert [about.version for about in broker.rulebooks.page(admin, before=2, limit=5)] == [1]
    events = [event for _, event in broker.audit.page(me, case=None, kind="rulebook:changed", after=0, limit=5)]
    assert [(event.data["version"], event.data["changed"]) for event in events] == [
        (1, ["/limits/cameras"]),
        (2, ["/limits/cameras"]),
    ]
    with pytest.raises(Unknown, match="unknown-rulebook"):
        broker.rulebooks.read(admin, 3)


def test_a_change_that_must_not_be_changes_nothing(broker: Broker, city: City) -> None:
    admin = city.caller(broker, "sysadmin")
    for login in ("asker", "secadmin", "auditor", "center.jc"):
        with pytest.raises(Forbidden):
            broker.rulebooks.change(city.caller(broker, login), document(cameras=7), "试行", 0)
        with pytest.raises(Forbidden):
            broker.rulebooks.check(city.caller(broker, login), document(cameras=7))
    with pytest.raises(Invalid, match="field-empty"):
        broker.rulebooks.change(admin, document(cameras=7), "  ", 0)
    with pytest.raises(Invalid, match="rulebook-unchanged"):
        broker.rulebooks.change(admin, document(), "没有变化", 0)
    with pytest.raises(Conflict, match="rulebook-moved-on"):
        broker.rulebooks.change(admin, document(cameras=7), "试行", 5)
    stray = document(cameras=7)
    stray["routes"][0]["match"]["owners"] = ["dh-cg", "atlantis"]
    with pytest.raises(Invalid) as refused:
        broker.rulebooks.change(admin, stray, "试行", 0)
    assert refused.value.slug == "rulebook-invalid"
    (fault,) = refused.value.faults
    assert (fault.slug, fault.pointer) == ("unknown-department", "/routes/0/match/owners")
    assert broker.rulebooks.current(admin) == Version(SHIPPED, None)


def test_of_two_changes_at_once_one_is_told_to_look_again(broker: Broker, city: City) -> None:
    admin = city.caller(broker, "sysadmin")
    change = broker.rulebooks.change
    results = together([partial(change, admin, document(cameras=most), "试行", 0) for most in (7, 8, 9)])
    assert sum(isinstance(result, Conflict) and result.slug == "rulebook-moved-on" for result in results) == 2
    assert broker.rulebooks.current(admin).rules.version == 1
