"""Legal holds over HTTP: for who decides on the case, unknown to strangers; and a result that is gone says so."""

from datetime import timedelta
from typing import Any

from broker.bootstrap import Broker, build
from tests.city import City
from tests.clock import Turned
from tests.services.looks import made_ready
from tests.web.door import Door, bad, good
from tests.web.three_servers import House


def body(broker: Broker, **days: int) -> dict[str, Any]:
    return {"reason": "行政复议期间", "until": (broker.clock.now() + timedelta(**days)).isoformat()}


def test_holds_are_set_listed_page_by_page_and_lifted(door: Door, broker: Broker, city: City) -> None:
    house = House(broker, city)
    grant = house.grant()
    result = made_ready(broker, house.order(grant))
    case, one = f"/access-requests/{grant.request_id}/hold", f"/retrievals/{result.id}/hold"
    wish = body(broker, days=30)
    whole = good(door["center.dh"].send("POST", case, wish))
    assert (whole["retrieval"], whole["office"]["code"], whole["set_by"]["login"]) == (None, "dh-center", "center.dh")
    single = door["owner.cg"].post(one, wish)
    assert (single["retrieval"], single["request"]) == (str(result.id), str(grant.request_id))
    assert single["number"] == whole["number"]

    for path, slug in ((case, "unknown-access-request"), (one, "unknown-grant")):
        for login in ("stranger", "center.xs", "owner.jt", "sysadmin"):
            bad(door[login].send("POST", path, wish), 404, slug)
        for login in ("asker", "looker", "auditor"):
            bad(door[login].send("POST", path, wish), 403, "not-allowed")
        bad(door["center.dh"].send("POST", path, body(broker, days=400)), 422, "hold-until")

    first = door["auditor"].get("/holds", limit=1)
    second = door["auditor"].get("/holds", limit=1, after=first["next"])
    assert [page["items"][0]["id"] for page in (first, second)] == [single["id"], whole["id"]]
    assert second["next"] is None
    assert door["owner.jt"].get("/holds")["items"] == []
    bad(door["looker"].send("GET", "/holds"), 403, "not-allowed")
    bad(door["owner.jt"].send("GET", f"/holds/{single['id']}"), 404, "unknown-hold")

    lift = f"/holds/{whole['id']}/lift"
    bad(door["owner.jt"].send("POST", lift, {"reason": "解除"}), 404, "unknown-hold")
    bad(door["owner.cg"].send("POST", lift, {"reason": "解除"}), 403, "not-allowed")
    bad(door["auditor"].send("POST", lift, {"reason": "解除"}), 403, "not-allowed")
    assert door["center.dh"].post(lift, {"reason": "已结案"})["ended_by"]["login"] == "center.dh"
    bad(door["center.dh"].send("POST", lift, {"reason": "已结案"}), 409, "transition-refused")
    assert [it["id"] for it in door["center.dh"].get("/holds")["items"]] == [single["id"]]
    assert len(door["center.dh"].get("/holds", standing="false")["items"]) == 2
    assert door["center.dh"].get(f"/holds/{whole['id']}")["ended_at"]


def test_a_result_that_was_deleted_says_when(door: Door, broker: Broker, city: City) -> None:
    house = House(broker, city)
    grant = house.grant()
    result = made_ready(broker, house.order(grant))
    clock = Turned()
    clock.at = grant.valid.end + timedelta(days=30)
    assert build(broker.settings, broker.database_url, broker.engine, clock).retention.tick() == 1
    shown = door["looker"].get(f"/retrievals/{result.id}")
    assert shown["state"] == "PURGED"
    assert shown["result"]["items"][0]["digest"] == result.items[0].digest
    for path in (f"/retrievals/{result.id}/media", f"/retrievals/{result.id}/view"):
        told = bad(door["looker"].send("GET", path), 409, "result-purged")
        assert clock.at.isoformat(timespec="seconds") in told["detail"]
    again = {"reason": "迟了", "until": (broker.clock.now() + timedelta(days=9)).isoformat()}
    bad(door["center.dh"].send("POST", f"/retrievals/{result.id}/hold", again), 409, "result-purged")
