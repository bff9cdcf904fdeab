"""Two at once: one wins, the other is told, and no quota is overdrawn."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from broker.bootstrap import Broker, operator
from broker.domain.errors import BrokerError, Conflict, Forbidden
from broker.domain.footage.grants import Quota, Terms
from broker.domain.footage.media import SnapshotAsk
from broker.domain.requests.request_states import ItemState, RequestState
from broker.services.requests.access_requests import Verdict
from broker.services.sources.sources import NewSource
from tests.city import City
from tests.services.test_main_path import submitted


def together(calls: list[Callable[[], object]]) -> list[object]:
    """Run the calls at the same moment; an error of ours is a result."""
    start = Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        start.wait()
        try:
            return call()
        except BrokerError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_approvers_at_once(broker: Broker, city: City) -> None:
    request = submitted(broker, city)
    callers = [city.caller(broker, login) for login in ("center.dh", "center.dh2")]
    results = together([lambda c=c: broker.approvals.approve(c, request.id, Verdict(1)) for c in callers])  # type: ignore[misc]  # bound now
    assert sum(isinstance(result, Conflict) for result in results) == 1
    after = broker.access_requests.read(callers[0], request.id)
    assert after.state is RequestState.DEPARTMENT_REVIEW
    assert {item.version for item in after.items} == {2}


def test_the_last_two_owners_at_once_still_settle_the_request(broker: Broker, city: City) -> None:
    request = submitted(broker, city)
    request = broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    by_owner = {"owner.cg": "dh-cg", "owner.jt": "dh-jt"}
    calls: list[Callable[[], object]] = []
    for login, department in by_owner.items():
        caller = city.caller(broker, login)
        item = next(i for i in request.items if i.department_id == city.departments[department].id)
        calls.append(lambda c=caller, i=item: broker.request_items.authorize(c, i.id, Verdict(1)))  # type: ignore[misc]
    results = together(calls)
    assert not [result for result in results if isinstance(result, BrokerError)]
    after = broker.access_requests.read(city.caller(broker, "asker"), request.id)
    assert (after.state, after.outcome) == (RequestState.DECIDED, "granted")


def test_one_owner_revokes_while_another_decides(broker: Broker, city: City) -> None:
    request = submitted(broker, city)
    request = broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    item = next(i for i in request.items if i.department_id == city.departments["dh-cg"].id)
    owners = [city.caller(broker, login) for login in ("owner.cg", "owner.cg2")]
    results = together(
        [
            lambda: broker.request_items.authorize(owners[0], item.id, Verdict(1)),
            lambda: broker.request_items.refuse(owners[1], item.id, 1, "不宜提供"),
        ]
    )
    assert sum(isinstance(result, Conflict) for result in results) == 1
    after = broker.access_requests.read(city.caller(broker, "asker"), request.id)
    state = next(i.state for i in after.items if i.id == item.id)
    grants = broker.grants.page(city.caller(broker, "looker"), request=request.id, after=None, limit=10)
    assert (state is ItemState.AUTHORIZED) == (len(grants) == 1)


def test_fifty_orders_at_once_on_a_quota_of_ten(broker: Broker, city: City) -> None:
    source = NewSource("nvr", "录像机", "local_files", {"folder": "/nowhere"}, "dh-cg", sessions=4)
    camera = city.cameras_of("dh-cg")[0]
    broker.sources.add(operator("tests"), source)
    broker.catalog.bind(operator("tests"), camera.gb_code or "", "nvr", "01")
    request = submitted(broker, city)
    request = broker.approvals.approve(city.caller(broker, "center.dh"), request.id, Verdict(1))
    item = next(i for i in request.items if i.department_id == city.departments["dh-cg"].id)
    terms = Terms(quota=Quota(snapshots=10, seconds=10, bytes=10))
    grant = broker.request_items.authorize(city.caller(broker, "owner.cg"), item.id, Verdict(1, terms=terms))
    assert grant is not None
    looker = city.caller(broker, "looker")
    ask = SnapshotAsk("", grant.lines[0].window.begin)
    results = together([lambda: broker.retrievals.order(looker, camera.id, ask)] * 50)
    refused = [result for result in results if isinstance(result, BrokerError)]
    assert len(results) - len(refused) == 10
    assert {type(error) for error in refused} <= {Conflict, Forbidden}
    assert broker.grants.read(looker, grant.id).used.snapshots == 10
