"""Statistics over many requests on the real database: right figures, within reach, and nothing told of few."""

from dataclasses import replace
from datetime import timedelta

import pytest

from broker.bootstrap import Broker
from broker.domain.errors import Forbidden, Invalid
from broker.domain.oversight.statistics import Cell, cell
from broker.domain.requests.purpose import Purpose
from broker.domain.time import TimeSpan
from broker.services.requests.access_requests import Verdict
from tests.city import City
from tests.services.test_main_path import form


def last_hour(broker: Broker) -> TimeSpan:
    now = broker.clock.now()
    return TimeSpan(now - timedelta(hours=1), now + timedelta(minutes=5))


def test_few_are_withheld_and_none_is_told() -> None:
    assert [cell(("x",), n).count for n in (0, 1, 9, 10)] == [0, None, None, 10]
    assert cell(("x",), 9, 0.5).value is None
    assert cell(("x",), 9).withheld


def run_through(broker: Broker, city: City, cases: int, refused: int) -> None:
    """Bring `cases` requests to the owners; of the first department's parts `refused` are refused."""
    asker, center = city.caller(broker, "asker"), city.caller(broker, "center.dh")
    owner = city.caller(broker, "owner.cg")
    for number in range(cases):
        base = form(broker, city)
        purpose = Purpose("administrative", "environment", f"东环罚〔2026〕{number + 1}号", base.purpose.reason)
        request = broker.access_requests.draft(asker, replace(base, purpose=purpose))
        request = broker.access_requests.submit(asker, request.id)
        request = broker.approvals.approve(center, request.id, Verdict(1))
        item = next(it for it in request.items if it.department_id == city.departments["dh-cg"].id)
        if number < refused:
            broker.request_items.refuse(owner, item.id, 1, "设备检修期间无法提供")
        else:
            broker.request_items.authorize(owner, item.id, Verdict(1, spans={item.lines[0].id: item.lines[0].approved}))


def test_the_tables_count_what_happened_and_withhold_the_few(broker: Broker, city: City) -> None:
    run_through(broker, city, cases=12, refused=2)
    found = broker.figures.read(city.caller(broker, "auditor"), last_hour(broker))
    assert found.waiting == (Cell(("DEPARTMENT_REVIEW", "<1d"), 12),)
    times = {it.of: it for it in found.times}
    assert times["center", "dh-center"].count == 12
    assert times["owner", "dh-cg"].count == 12
    assert 0 < (times["center", "dh-center"].value or 0) < 1
    assert found.refusals == (Cell(("owner", "refused"), None),)
    (sharing,) = found.sharing
    assert (sharing.of, sharing.count) == (("dh-cg",), 36)
    assert sharing.value == pytest.approx(10 / 36)
    assert {it.of: it.count for it in found.quota} == {
        ("dh-cg", kind): 10 for kind in ("bytes", "seconds", "snapshots")
    }
    assert found.emergencies == ()


def test_everybody_sees_the_own_reach_only(broker: Broker, city: City) -> None:
    run_through(broker, city, cases=10, refused=0)
    own = broker.figures.read(city.caller(broker, "owner.cg"), last_hour(broker))
    assert [it.of for it in own.sharing] == [("dh-cg",)]
    assert own.waiting == ()
    center = broker.figures.read(city.caller(broker, "center.dh"), last_hour(broker))
    assert [it.of for it in center.waiting] == [("DEPARTMENT_REVIEW", "<1d")]
    elsewhere = broker.figures.read(city.caller(broker, "center.xs"), last_hour(broker))
    assert set(vars(elsewhere).values()) == {()}
    with pytest.raises(Forbidden):
        broker.figures.read(city.caller(broker, "asker"), last_hour(broker))


def test_a_period_has_an_end(broker: Broker, city: City) -> None:
    now = broker.clock.now()
    with pytest.raises(Invalid, match="period-too-long"):
        broker.figures.read(city.caller(broker, "auditor"), TimeSpan(now - timedelta(days=2000), now))
