"""From the draft to the order, over HTTP."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.bootstrap import Broker
from broker.domain.footage.media import Capture, ClipAsk
from broker.domain.footage.retrievals import EvidenceItem, Retrieval, RetrievalState
from broker.domain.ids import GrantId, RetrievalId, new_id
from broker.domain.requests.coverage import Missing, MissingReason
from broker.domain.time import TimeSpan
from broker.services.footage.retrievals import Retrievals
from tests.city import City
from tests.web.door import Door, bad
from tests.web.steps import BEGIN, END, bind, draft, granted, item_of, span, submitted

HALF = span(BEGIN, BEGIN + timedelta(minutes=30))
MINUTE = span(BEGIN, BEGIN + timedelta(minutes=1))
TERMS = {"actions": ["clip"], "valid_days": 2, "quota": {"snapshots": 0, "seconds": 600, "bytes": 10**9}}


def narrowed(door: Door, city: City) -> Any:
    """Return a request of which the center left half an hour of one camera, and all of the other department's."""
    request = submitted(door, city)
    cg, jt = item_of(request, "dh-cg"), item_of(request, "dh-jt")
    lines = [{"line": cg["lines"][0]["id"], **HALF}, {"line": cg["lines"][1]["id"], "struck": True}]
    lines += [{"line": line["id"], **span()} for line in jt["lines"]]
    body = {"revision": 1, "lines": lines, "terms": TERMS, "comment": "只需半小时"}
    return door["center.dh"].post(f"/access-requests/{request['id']}/approve", body)


def test_a_request_is_submitted_narrowed_authorized_and_refused(door: Door, city: City) -> None:
    request = submitted(door, city)
    assert (request["state"], request["revision"]) == ("CENTER_REVIEW", 1)
    assert request["center"]["name"] == "东河区综治中心"

    request = narrowed(door, city)
    assert (request["state"], request["approver"]["login"]) == ("DEPARTMENT_REVIEW", "center.dh")
    cg, jt = item_of(request, "dh-cg"), item_of(request, "dh-jt")
    assert [line["approved"] is not None for line in cg["lines"]] == [True, False, False]

    (waiting,) = door["owner.cg"].get("/request-items")["items"]
    assert (waiting["id"], waiting["request"]["number"]) == (cg["id"], request["number"])
    assert waiting["purpose"]["case_number"] == "东环罚〔2026〕12号"
    remarks = {waiting["lines"][1]["id"]: "此点位检修中"}
    grant = door["owner.cg"].post(f"/request-items/{cg['id']}/authorize", {"revision": 1, "remarks": remarks})
    assert (grant["state"], grant["persons"][0]["login"]) == ("ACTIVE", "looker")
    assert grant["department"]["name"] == "东河区城市管理局"
    (line,) = grant["lines"]
    assert line["camera"]["gb_code"] == city.cameras_of("dh-cg")[0].gb_code
    assert line["window"] == {name: told.replace("+00:00", "Z") for name, told in HALF.items()}

    refused = door["owner.jt"].post(f"/request-items/{jt['id']}/refuse", {"revision": 1, "reason": "正在检修"})
    assert [item["state"] for item in refused["items"]] == ["REFUSED"], "an owner sees the own part only"
    whole = door["asker"].get(f"/access-requests/{refused['id']}")
    assert (whole["state"], whole["outcome"]) == ("DECIDED", "partially granted")


def test_footage_is_ordered_within_the_grant_until_it_ends(
    door: Door, city: City, broker: Broker, tmp_path: Path
) -> None:
    bind(broker, city, str(tmp_path))
    item = item_of(narrowed(door, city), "dh-cg")
    grant = door["owner.cg"].post(f"/request-items/{item['id']}/authorize", {"revision": 1})
    camera = grant["lines"][0]["camera"]["id"]
    order = {"camera": camera, "action": "clip", **MINUTE}
    ordered = door["looker"].send("POST", "/retrievals", order)
    assert ordered.status_code == 202
    retrieval = ordered.json()
    assert (retrieval["state"], retrieval["grant"], retrieval["result"]) == ("QUEUED", grant["id"], None)
    assert door["looker"].get(f"/retrievals/{retrieval['id']}")["asked"]["span"] == retrieval["asked"]["span"]
    assert [it["id"] for it in door["looker"].get("/retrievals", grant=grant["id"])["items"]] == [retrieval["id"]]
    assert door["looker"].get(f"/grants/{grant['id']}")["used"]["seconds"] == 60

    told = bad(door["looker"].send("POST", "/retrievals", order | span(BEGIN, END)), 403, "footage-window")
    assert "g_window" in told["missing"]
    snapshot = {"camera": camera, "action": "snapshot", "instant": BEGIN.isoformat()}
    bad(door["looker"].send("POST", "/retrievals", snapshot), 403, "footage-action")
    bad(door["looker2"].send("POST", "/retrievals", order), 403, "footage-person")

    ended = door["owner.cg2"].post(f"/grants/{grant['id']}/revoke", {"reason": "案件已结"})
    assert ended["state"] == "REVOKED"
    assert door["looker"].get(f"/retrievals/{retrieval['id']}")["error"]["slug"] == "grant-revoked"
    bad(door["looker"].send("POST", "/retrievals", order), 403, "footage-live")
    kinds = [it["kind"] for it in door["auditor"].get("/audit", case=grant["request"], limit=200)["items"]]
    assert kinds[0] == "access_request:drafted"
    assert {"grant:issued", "grant:revoked", "retrieval:ordered", "retrieval:refused"} <= set(kinds)
    assert door["auditor"].post("/audit/verify")["faults"] == []


def test_a_return_and_a_second_revision(door: Door, city: City) -> None:
    request = submitted(door, city)
    path = f"/access-requests/{request['id']}"
    returned = door["center.dh"].post(f"{path}/return", {"revision": 1, "comment": "请补充案由"})
    assert (returned["state"], returned["comment"]) == ("RETURNED", "请补充案由")
    bad(door["center.dh"].send("POST", f"{path}/approve", {"revision": 1}), 409, "transition-refused")
    assert door["asker"].post(f"{path}/submit")["revision"] == 2
    told = bad(door["center.dh"].send("POST", f"{path}/approve", {"revision": 1}), 409, "stale-revision")
    assert (told["pointer"], told["facts"]) == ("/revision", {"given": 1, "current": 2})
    bad(door["center.dh"].send("POST", f"{path}/reject", {"revision": 1, "reason": "x"}), 409, "stale-revision")
    assert door["center.dh"].post(f"{path}/reject", {"revision": 2, "reason": "无必要"})["state"] == "REJECTED"


def test_an_owner_sends_the_request_back(door: Door, city: City) -> None:
    request = submitted(door, city)
    request = door["center.dh"].post(f"/access-requests/{request['id']}/approve", {"revision": 1, "lines": None})
    item = item_of(request, "dh-jt")
    body = {"revision": 1, "comment": "时间太长"}
    assert door["owner.jt"].post(f"/request-items/{item['id']}/return", body)["state"] == "RETURNED"


def test_edit_and_withdraw(door: Door, city: City) -> None:
    request = draft(door, city)
    changed = {**request["purpose"], "reason": "另需核对周边路口的车辆去向"}
    body = {"purpose": changed, "investigators": ["looker2"], "lines": [], "urgent": True}
    edited = door["asker"].send("PUT", f"/access-requests/{request['id']}", body).json()
    assert (edited["urgent"], edited["lines"], edited["investigators"][0]["login"]) == (True, [], "looker2")
    bad(door["asker"].send("POST", f"/access-requests/{request['id']}/submit"), 422, "no-camera")
    withdrawn = door["asker"].post(f"/access-requests/{request['id']}/withdraw", {"reason": "不再需要"})
    assert withdrawn["state"] == "WITHDRAWN"


def test_what_may_not_be_seen_is_not_there(door: Door, city: City) -> None:
    grant = granted(door, city)
    for login in ("stranger", "sysadmin", "owner.xs"):
        bad(door[login].send("GET", f"/access-requests/{grant['request']}"), 404, "unknown-access-request")
        bad(door[login].send("GET", f"/grants/{grant['id']}"), 404, "unknown-grant")
        bad(door[login].send("POST", f"/grants/{grant['id']}/revoke", {"reason": "x"}), 404, "unknown-grant")
        assert door[login].get("/access-requests")["items"] == []
        assert door[login].get("/grants")["items"] == []


def test_a_result_tells_what_it_lacks(door: Door, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    early, late = TimeSpan(BEGIN, BEGIN + timedelta(minutes=10)), TimeSpan(END - timedelta(minutes=5), END)
    capture = Capture("video/mp4", "mp4", "h264", 640, 360, 900, early.begin, late.end, (early, late))
    key, person = RetrievalId(new_id()), city.persons["looker"]
    camera = city.cameras_of("dh-cg")[0]
    ready = Retrieval(
        key, GrantId(new_id()), person, camera.id, ClipAsk("", TimeSpan(BEGIN, END)), RetrievalState.READY, 1,
        items=(EvidenceItem(1, "ab" * 32, 4096, capture),),
        missing=(Missing(TimeSpan(early.end, late.begin), MissingReason.CUT_SHORT),), ahead=-2.5,
    )  # fmt: skip
    monkeypatch.setattr(Retrievals, "read", lambda *_: ready)
    told = door["looker"].get(f"/retrievals/{key}")
    assert told["camera"]["name"] == camera.name
    (item,), (gap,) = told["result"]["items"], told["result"]["missing"]
    assert (item["digest"], item["size"], item["codec"], item["frames"]) == ("ab" * 32, 4096, "h264", 900)
    assert (gap["begin"], gap["end"]) == (item["obtained"][0]["end"], item["obtained"][1]["begin"])
    assert (gap["reason"], gap["detail"]) == ("cut_short", "the source says it recorded it, and gave less")
    assert told["result"]["clock_ahead"] == -2.5
    assert told["asked"]["span"] == {"begin": item["first"], "end": item["last"]}
