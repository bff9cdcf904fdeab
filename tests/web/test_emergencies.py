"""Emergency access and the inbox over HTTP."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest

from broker.bootstrap import Broker, operator
from broker.web.app import create_app
from tests.city import PASSWORD, City
from tests.clock import Turned
from tests.web.door import Door, Visitor, bad, good, serving
from tests.web.steps import item_of, submitted


@pytest.fixture
def door(turned: Broker, city: City) -> Iterator[Door]:
    """The door of an application whose clock the test turns, with somebody who may open emergencies."""
    turned.accounts.assign(operator("tests"), city.persons["looker"], "emergency_investigator", "dh-hb")
    with serving(create_app(turned)) as url, Door(url) as opened:
        yield opened


def authenticator(visitor: Visitor, clock: Turned) -> pyotp.TOTP:
    begun = visitor.post("/me/second-factor", {"password": PASSWORD})
    app = pyotp.parse_uri(begun["uri"])
    assert isinstance(app, pyotp.TOTP)
    visitor.post("/me/second-factor/confirm", {"code": app.at(clock.at)})
    return app


def form(city: City, clock: Turned, *owners: str, **changes: object) -> dict[str, Any]:
    span = {"begin": (clock.at - timedelta(hours=1)).isoformat(), "end": clock.at.isoformat()}
    cameras = [camera for owner in owners for camera in city.cameras_of(owner)]
    purpose = {
        "basis": "public-safety", "matter": "missing", "case_number": "110202611210001",
        "reason": "老人走失，需立即确认去向和乘车情况",
    }  # fmt: skip
    return {"purpose": purpose, "lines": [{"camera": str(camera.id), **span} for camera in cameras], **changes}


def acts(door: Door, login: str) -> list[tuple[str, str]]:
    return [(row["act"], row["number"]) for row in door[login].get("/me/inbox")["items"]]


def test_from_the_second_factor_to_the_ratification(door: Door, city: City, clock: Turned) -> None:
    looker = door["looker"]
    body = form(city, clock, "dh-cg", "dh-jt", minutes=30)
    refused = bad(looker.send("POST", "/emergencies", body), 403, "not-allowed")
    assert refused["missing"] == ["mfa_fresh"]
    app = authenticator(looker, clock)
    clock.at += timedelta(minutes=10)
    bad(looker.send("POST", "/emergencies", body), 403, "not-allowed")
    looker.post("/me/step-up", {"code": app.at(clock.at)})
    bad(looker.send("POST", "/emergencies", {**body, "actions": []}), 422, "request-invalid")
    bad(looker.send("POST", "/emergencies", {**body, "lines": []}), 422, "request-invalid")
    bad(looker.send("POST", "/emergencies", {**body, "investigators": ["looker2"]}), 422, "request-invalid")
    opened = looker.post("/emergencies", body)
    request = opened["request"]
    assert (request["state"], request["emergency"], len(opened["grants"])) == ("EMERGENCY", True, 2)
    assert {grant["state"] for grant in opened["grants"]} == {"ACTIVE"}
    ends = {datetime.fromisoformat(grant["valid"]["end"]) for grant in opened["grants"]}
    assert ends == {clock.at + timedelta(minutes=30)}
    assert acts(door, "center.dh") == [("ratify", request["number"])]
    assert acts(door, "looker") == acts(door, "owner.cg") == acts(door, "center.xs") == []
    place = f"/access-requests/{request['id']}"
    bad(door["center.xs"].send("POST", f"{place}/ratify", {}), 404, "unknown-access-request")
    bad(looker.send("POST", f"{place}/ratify", {}), 403, "not-allowed")
    own = door["owner.cg"].get(place)
    vetoed = door["owner.cg"].post(f"/request-items/{item_of(own, 'dh-cg')['id']}/veto", {"reason": "涉及办案场所"})
    assert [item["state"] for item in vetoed["items"]] == ["REFUSED"]
    ratified = door["center.dh"].post(f"{place}/ratify", {"comment": "情况属实"})
    assert (ratified["state"], ratified["outcome"]) == ("DECIDED", "partially granted")
    bad(door["center.dh"].send("POST", f"{place}/disavow", {"reason": "x"}), 409, "transition-refused")
    assert acts(door, "center.dh") == []


def test_a_repeated_call_opens_one_emergency(door: Door, city: City, clock: Turned) -> None:
    looker = door["looker"]
    authenticator(looker, clock)
    body, key = form(city, clock, "dh-cg"), {"Idempotency-Key": "emergency-once-0001"}
    first = good(looker.send("POST", "/emergencies", body, headers=key))
    again = looker.send("POST", "/emergencies", body, headers=key)
    assert not again.is_success or again.json()["request"]["id"] == first["request"]["id"]
    assert acts(door, "center.dh") == [("ratify", first["request"]["number"])]
    disavowed = door["center.dh2"].post(f"/access-requests/{first['request']['id']}/disavow", {"reason": "不属实"})
    assert disavowed["state"] == "REJECTED"
    refused = bad(looker.send("POST", "/emergencies", body), 403, "not-allowed")
    assert "mfa_fresh" not in refused["missing"]
    grant = looker.get(f"/grants/{first['grants'][0]['id']}")
    assert grant["state"] == "REVOKED"


def test_the_inbox_goes_page_by_page_and_refuses_a_made_up_cursor(door: Door, city: City) -> None:
    numbers = [submitted(door, city, owner)["number"] for owner in ("dh-cg", "dh-jt", "dh-cg")]
    first = door["center.dh"].get("/me/inbox", limit=2)
    second = door["center.dh"].get("/me/inbox", limit=2, after=first["next"])
    rows = [*first["items"], *second["items"]]
    assert sorted(row["number"] for row in rows) == sorted(numbers)
    assert [row["due"] for row in rows] == sorted(row["due"] for row in rows)
    assert second["next"] is None
    assert {row["department"]["code"] for row in rows} == {"dh-hb"}
    bad(door["center.dh"].send("GET", "/me/inbox", params={"after": "bm9uc2Vuc2U"}), 422, "cursor-invalid")
