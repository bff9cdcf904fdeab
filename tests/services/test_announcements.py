"""Who is told of each step: read from the outbox of the step's own transaction."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.errors import Conflict, Invalid
from broker.domain.footage.grants import Terms
from broker.domain.ids import GrantId, RequestId
from broker.domain.notices.notices import NOTICES
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.request_states import RequestState
from broker.services.notices.announcements import OF_GRANT, STEPS
from broker.services.requests.access_requests import Verdict
from tests.city import City
from tests.clock import Turned
from tests.rules.steps import for_cameras, item_of, sent
from tests.services.alarms import Scene, counted, notices, scene_of, told
from tests.services.test_deadlines import FRIDAY

CENTER, CG = {"center.dh", "center.dh2"}, {"owner.cg", "owner.cg2"}
Step = tuple[str, Callable[[], object], dict[str, set[str]]]


@pytest.fixture
def house(turned: Broker, clock: Turned) -> Broker:
    clock.at = FRIDAY
    return turned


def walk(broker: Broker, city: City, steps: Sequence[Step]) -> None:
    """Take the steps one after the other, and compare who was told of each."""
    for name, act, expected in steps:
        before = notices(broker)
        act()
        assert told(broker, city, before) == expected, name


def test_each_step_of_a_request_is_told_to_those_it_concerns(house: Broker, city: City) -> None:
    asker, center, cg, jt = (city.caller(house, it) for it in ("asker", "center.dh", "owner.cg", "owner.jt"))
    held: dict[str, Any] = {}

    def submit() -> None:
        held["request"] = sent(house, city, for_cameras(house, city, "dh-cg", "dh-jt"))

    def again() -> None:
        held["request"] = house.access_requests.submit(asker, held["request"].id)

    def authorize() -> None:
        held["grant"] = house.request_items.authorize(cg, item_of(held["request"], city, "dh-cg").id, Verdict(3))

    def key() -> RequestId:
        return RequestId(held["request"].id)

    def grant() -> GrantId:
        return GrantId(held["grant"].id)

    def read() -> AccessRequest:
        return house.access_requests.read(asker, key())

    requests, approvals, items, grants = house.access_requests, house.approvals, house.request_items, house.grants
    parties = {"asker", "looker"}
    steps: list[Step] = [
        ("submit", submit, {"access_request.submitted": CENTER}),
        ("return", lambda: approvals.send_back(center, key(), 1, "x"), {"access_request.returned": {"asker"}}),
        ("resubmit", again, {"access_request.resubmitted": CENTER}),
        (
            "approve", lambda: approvals.approve(center, key(), Verdict(2)),
            {"access_request.approved": {"asker"}, "item.waiting": CG | {"owner.jt"}},
        ),
        (
            "return by an owner", lambda: items.send_back(jt, item_of(read(), city, "dh-jt").id, 2, "x"),
            {"access_request.returned": {"asker"}},
        ),
        ("resubmit", again, {"access_request.resubmitted": CENTER}),
        (
            "approve", lambda: approvals.approve(center, key(), Verdict(3)),
            {"access_request.approved": {"asker"}, "item.waiting": CG | {"owner.jt"}},
        ),
        ("authorize", authorize, {"item.authorized": {"asker"}, "grant.issued": parties}),
        ("suspend", lambda: grants.suspend(cg, grant(), "x"), {"grant.suspended": parties}),
        ("resume", lambda: grants.resume(cg, grant(), "x"), {"grant.resumed": parties}),
        (
            "refuse, the last", lambda: items.refuse(jt, item_of(read(), city, "dh-jt").id, 3, "x"),
            {"item.refused": {"asker"}, "access_request.decided": {"asker"}},
        ),
        (
            "withdraw", lambda: requests.withdraw(asker, key(), "x"),
            {"access_request.withdrawn": CENTER | CG | {"owner.jt"}, "grant.revoked": {"looker"}},
        ),
    ]  # fmt: skip

    walk(house, city, steps)


def test_the_first_of_two_is_told_to_the_second_and_not_to_who_has_decided(house: Broker, city: City) -> None:
    for camera in city.cameras_of("dh-cg"):
        house.catalog.mark(operator("tests"), camera.id, sensitive=True)
    house.accounts.assign(operator("tests"), city.persons["center.dh"], "department_authorizer", "dh-cg")
    request = sent(house, city, for_cameras(house, city, "dh-cg", basis="publication"))
    first, second = (city.caller(house, login) for login in ("center.dh", "center.dh2"))
    owner, other = (city.caller(house, login) for login in ("owner.cg", "owner.cg2"))
    approve, authorize = house.approvals.approve, house.request_items.authorize
    key = request.items[0].id
    walk(
        house, city,
        [
            ("one", lambda: approve(first, request.id, Verdict(1)), {"access_request.submitted": {"center.dh2"}}),
            (
                "two", lambda: approve(second, request.id, Verdict(1)),
                {"access_request.approved": {"asker"}, "item.waiting": CG},
            ),
            ("first", lambda: authorize(owner, key, Verdict(1)), {"item.endorsed": {"owner.cg2"}}),
            (
                "second", lambda: authorize(other, key, Verdict(1)),
                {
                    "item.authorized": {"asker"}, "access_request.decided": {"asker"},
                    "grant.issued": {"asker", "looker"},
                },
            ),
            (
                "close", lambda: house.access_requests.close(city.caller(house, "asker"), request.id, "x"),
                {"access_request.closed": set(), "grant.revoked": {"looker"}},
            ),
        ],
    )  # fmt: skip


def test_a_rejection_and_the_steps_of_an_emergency(turned: Broker, city: City, clock: Turned) -> None:
    scene: Scene = scene_of(turned, city, clock)
    opener = str(scene.opener.id)
    everybody = CENTER | CG | {"auditor"}
    held: dict[str, Any] = {}

    def opened() -> None:
        held["request"], _ = scene.opened("dh-cg")

    request = sent(turned, city, for_cameras(turned, city, "dh-cg"))
    reject = turned.approvals.reject
    disavow, veto = turned.emergencies.disavow, turned.emergencies.veto
    center, owner = city.caller(turned, "center.dh"), city.caller(turned, "owner.cg")
    walk(
        turned, city,
        [
            ("reject", lambda: reject(center, request.id, 1, "x"), {"access_request.rejected": {"asker"}}),
            ("open", opened, {"emergency.opened": everybody, "grant.issued": set()}),
            (
                "ratify", lambda: scene.ratify(held["request"]),
                {"emergency.ratified": everybody - {"center.dh"} | {opener}},
            ),
            (
                "veto", lambda: veto(owner, held["request"].items[0].id, "x"),
                {"emergency.vetoed": everybody - {"owner.cg"} | {opener}, "grant.revoked": {opener}},
            ),
            ("open", opened, {"emergency.opened": everybody, "grant.issued": set()}),
            (
                "disavow", lambda: disavow(center, held["request"].id, "x"),
                {"emergency.disavowed": everybody - {"center.dh"} | {opener}, "grant.revoked": {opener}},
            ),
        ],
    )  # fmt: skip


def test_a_camera_that_changes_hands_is_told_to_the_new_owner(house: Broker, city: City) -> None:
    request = sent(house, city, for_cameras(house, city, "dh-cg"))
    house.approvals.approve(city.caller(house, "center.dh"), request.id, Verdict(1))
    before = notices(house)
    house.transfers.transfer(operator("tests"), city.cameras_of("dh-cg")[0].id, "dh-jt")
    assert told(house, city, before) == {"item.forwarded": {"asker"}, "item.waiting": {"owner.jt"}}


def test_a_step_that_fails_in_the_end_tells_nobody(house: Broker, city: City) -> None:
    request = sent(house, city, for_cameras(house, city, "dh-cg"))
    request = house.approvals.approve(city.caller(house, "center.dh"), request.id, Verdict(1))
    before = counted(house, "notice", "procrastinate_jobs")
    wide = Verdict(1, terms=Terms(validity=timedelta(days=29)))
    with pytest.raises(Invalid, match="terms-widen"):  # found only when the decision has been stored
        house.request_items.authorize(city.caller(house, "owner.cg"), request.items[0].id, wide)
    with pytest.raises(Conflict):
        house.approvals.approve(city.caller(house, "center.dh2"), request.id, Verdict(1))
    assert counted(house, "notice", "procrastinate_jobs") == before
    assert house.access_requests.read(city.caller(house, "asker"), request.id).state is RequestState.DEPARTMENT_REVIEW


def test_every_notice_of_the_table_is_one_there_is() -> None:
    assert {kind for kind, _ in STEPS.values()} | set(OF_GRANT.values()) <= NOTICES.keys()
