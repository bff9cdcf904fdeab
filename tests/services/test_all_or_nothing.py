"""Every transition, broken at its SQL statements in turn: all that belongs together is there, or none of it.

State, event, outbox, job and register stand or fall as one. The last try is left whole.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection

from broker.bootstrap import Broker, operator
from broker.domain.footage.grants import Grant
from broker.domain.footage.media import SnapshotAsk
from broker.domain.people.accounts import Caller
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.time import TimeSpan
from broker.services.deciding.emergencies import EmergencyForm
from broker.services.requests.access_requests import Verdict
from broker.services.sources.sources import NewSource
from tests.city import City
from tests.services.faults import broken_everywhere
from tests.services.test_main_path import authorized, form, submitted

Act = Callable[[], object]
Scene = Callable[[Broker, City], Act]

ALWAYS = {"audit_event"}
TOLD = {"notice", "notice_recipient", "procrastinate_jobs"}
REQUEST = {"access_request", *ALWAYS, *TOLD}


def _drafted(broker: Broker, city: City) -> tuple[Caller, AccessRequest]:
    asker = city.caller(broker, "asker")
    return asker, broker.access_requests.draft(asker, form(broker, city))


def _draft(broker: Broker, city: City) -> Act:
    return partial(broker.access_requests.draft, city.caller(broker, "asker"), form(broker, city))


def _edit(broker: Broker, city: City) -> Act:
    asker, request = _drafted(broker, city)
    return partial(broker.access_requests.edit, asker, request.id, form(broker, city, hours=2.0))


def _submit(broker: Broker, city: City) -> Act:
    asker, request = _drafted(broker, city)
    return partial(broker.access_requests.submit, asker, request.id)


def _approve(broker: Broker, city: City) -> Act:
    request = submitted(broker, city)
    return partial(broker.approvals.approve, city.caller(broker, "center.dh"), request.id, Verdict(1))


def _reject(broker: Broker, city: City) -> Act:
    request = submitted(broker, city)
    return partial(broker.approvals.reject, city.caller(broker, "center.dh"), request.id, 1, "理由不足")


def _reviewed(broker: Broker, city: City) -> AccessRequest:
    request = submitted(broker, city)
    return broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))


def _authorize(broker: Broker, city: City) -> Act:
    request = _reviewed(broker, city)
    item = next(it for it in request.items if it.department_id == city.departments["dh-cg"].id)
    return partial(broker.request_items.authorize, city.caller(broker, "owner.cg"), item.id, Verdict(1))


def _refuse(broker: Broker, city: City) -> Act:
    request = _reviewed(broker, city)
    item = next(it for it in request.items if it.department_id == city.departments["dh-jt"].id)
    return partial(broker.request_items.refuse, city.caller(broker, "owner.jt"), item.id, 1, "正在检修")


def _return(broker: Broker, city: City) -> Act:
    """By an owner, while another one's grant is live: it ends in the same transaction."""
    request, _ = authorized(broker, city)
    item = next(it for it in request.items if it.department_id == city.departments["dh-jt"].id)
    return partial(broker.request_items.send_back, city.caller(broker, "owner.jt"), item.id, 1, "请补充")


def _withdraw(broker: Broker, city: City) -> Act:
    request, _ = authorized(broker, city)
    return partial(broker.access_requests.withdraw, city.caller(broker, "asker"), request.id, "已结案")


def _decided(broker: Broker, city: City) -> tuple[AccessRequest, Grant]:
    request, grant = authorized(broker, city)
    item = next(it for it in request.items if it.department_id == city.departments["dh-jt"].id)
    broker.request_items.refuse(city.caller(broker, "owner.jt"), item.id, 1, "正在检修")
    return request, grant


def _close(broker: Broker, city: City) -> Act:
    request, _ = _decided(broker, city)
    return partial(broker.access_requests.close, city.caller(broker, "asker"), request.id, "已用于处罚决定")


def _suspend(broker: Broker, city: City) -> Act:
    _, grant = authorized(broker, city)
    return partial(broker.grants.suspend, city.caller(broker, "owner.cg"), grant.id, "核实用途")


def _resume(broker: Broker, city: City) -> Act:
    _, grant = authorized(broker, city)
    owner = city.caller(broker, "owner.cg")
    broker.grants.suspend(owner, grant.id, "核实用途")
    return partial(broker.grants.resume, owner, grant.id, "核实无误")


def _revoke(broker: Broker, city: City) -> Act:
    _, grant = authorized(broker, city)
    return partial(broker.grants.revoke, city.caller(broker, "owner.cg"), grant.id, "案件已结")


def _renew(broker: Broker, city: City) -> Act:
    _, grant = _decided(broker, city)
    return partial(broker.renewals.renew, city.caller(broker, "asker"), grant.id)


def _bound(broker: Broker, city: City) -> Grant:
    _, grant = authorized(broker, city)
    me = operator("tests")
    broker.sources.add(me, NewSource("nvr", "录像机", "local_files", {"folder": "/nowhere"}, "dh-cg"))
    broker.catalog.bind(me, city.cameras_of("dh-cg")[0].gb_code or "", "nvr", "01")
    return grant


def _order(broker: Broker, city: City) -> Act:
    grant = _bound(broker, city)
    line = next(it for it in grant.lines if it.camera_id == city.cameras_of("dh-cg")[0].id)
    ask = SnapshotAsk("", line.window.begin)
    return partial(broker.retrievals.order, city.caller(broker, "looker"), line.camera_id, ask)


def emergency(broker: Broker, city: City) -> tuple[Caller, EmergencyForm]:
    """Give somebody the right and a second factor just shown; the step-up itself is tested where it is made."""
    broker.accounts.assign(operator("tests"), city.persons["looker"], "emergency_investigator", "dh-hb")
    looker = city.caller(broker, "looker")
    fresh = replace(looker, second_factor=True, fresh_until=broker.clock.now() + timedelta(minutes=5))
    asked = form(broker, city)
    lines = tuple(replace(it, span=TimeSpan(it.span.begin, it.span.end - timedelta(minutes=1))) for it in asked.lines)
    return fresh, EmergencyForm(asked.purpose, lines)


def _open_emergency(broker: Broker, city: City) -> Act:
    return partial(broker.emergencies.open, *emergency(broker, city))


def _ratify(broker: Broker, city: City) -> Act:
    request, _ = broker.emergencies.open(*emergency(broker, city))
    return partial(broker.emergencies.ratify, city.caller(broker, "center.dh"), request.id, "情况属实")


def _disavow(broker: Broker, city: City) -> Act:
    request, _ = broker.emergencies.open(*emergency(broker, city))
    return partial(broker.emergencies.disavow, city.caller(broker, "center.dh"), request.id, "并非紧急")


def _veto(broker: Broker, city: City) -> Act:
    request, _ = broker.emergencies.open(*emergency(broker, city))
    item = next(it for it in request.items if it.department_id == city.departments["dh-cg"].id)
    return partial(broker.emergencies.veto, city.caller(broker, "owner.cg"), item.id, "不同意")


SCENES: dict[str, tuple[Scene, set[str]]] = {
    "draft": (_draft, {"access_request", "request_person", *ALWAYS}),
    "edit": (_edit, {"access_request", *ALWAYS}),
    "submit": (_submit, {"request_item", "request_line", *REQUEST}),
    "approve": (_approve, {"request_item", "request_line", *REQUEST}),
    "reject": (_reject, {"request_item", *REQUEST}),
    "authorize": (_authorize, {"request_item", "request_line", "access_grant", "grant_person", *ALWAYS, *TOLD}),
    "refuse": (_refuse, {"request_item", *ALWAYS, *TOLD}),
    "return": (_return, {"request_item", "access_grant", "revocation", *REQUEST}),
    "withdraw": (_withdraw, {"request_item", "access_grant", "revocation", *REQUEST}),
    "close": (_close, {"access_request", "access_grant", "revocation", *ALWAYS, *TOLD}),
    "suspend": (_suspend, {"access_grant", "revocation", *ALWAYS, *TOLD}),
    "resume": (_resume, {"access_grant", *ALWAYS, *TOLD}),
    "revoke": (_revoke, {"access_grant", "revocation", *ALWAYS, *TOLD}),
    "renew": (_renew, {"access_request", "request_person", *ALWAYS}),
    "order": (_order, {"retrieval", "access_grant", "access_register", "procrastinate_jobs", *ALWAYS}),
    "emergency": (_open_emergency, {"request_item", "request_line", "access_grant", "grant_person", *REQUEST}),
    "ratify": (_ratify, {"request_item", *REQUEST}),
    "disavow": (_disavow, {"request_item", "access_grant", "revocation", "role_assignment", *REQUEST}),
    "veto": (_veto, {"request_item", "access_grant", "revocation", *ALWAYS, *TOLD}),
}


@pytest.mark.parametrize("name", SCENES)
def test_all_of_it_or_none(broker: Broker, city: City, connection: Connection, name: str) -> None:
    scene, together = SCENES[name]
    act = scene(broker, city)
    broken_everywhere(broker.engine, connection, act, together)
    assert broker.audit.verify(city.caller(broker, "auditor")).faults == ()
