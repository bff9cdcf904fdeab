"""Before a request is sent, over HTTP: the form, the plan, the dry run, the findings, the rulebook."""

import json
import re
from typing import Any

from broker.bootstrap import Broker, operator
from broker.web.api.requests.request_forms import RequestIn
from tests.city import City
from tests.web.door import Door, bad
from tests.web.steps import draft, form, submitted


def test_the_form_says_what_may_be_filled_in(lobby: Door) -> None:
    told = lobby["asker"].get("/access-requests/form")
    schema = told["json_schema"]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(schema["properties"]) == set(RequestIn.model_fields)
    purpose = schema["$defs"]["PurposeIn"]
    codes = {choice["const"] for choice in purpose["properties"]["basis"]["oneOf"]}
    assert codes == {basis["code"] for basis in told["bases"]}
    assert all(basis["name"] and basis["name_en"] and basis["law"] for basis in told["bases"])
    for branch, basis in zip(purpose["allOf"], told["bases"], strict=True):
        assert branch["if"]["properties"]["basis"] == {"const": basis["code"]}
        pattern = branch["then"]["properties"]["case_number"]["pattern"]
        assert pattern == basis["pattern"]
        assert re.search(pattern, basis["example"])
        assert not re.search(pattern, f"x\n{basis['example']}x")
    assert {"snapshot", "clip"} <= set(told["actions"])
    assert told["limits"]["cameras"] == 50
    references = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema)))
    assert references == set(schema["$defs"])
    bad(lobby.anybody.send("GET", "/access-requests/form"), 401, "sign-in-needed")


def test_a_plan_and_a_dry_run_of_a_form(lobby: Door, city: City) -> None:
    plan = lobby["asker"].post("/access-requests/plan", form(city, "dh-cg", "xs-ga"))
    assert (plan["center"]["code"], plan["center_approvals"], plan["approvers"]) == ("jc-center", 1, 1)
    parts = {part["department"]["code"]: part for part in plan["parts"]}
    assert (parts["dh-cg"]["route"], parts["dh-cg"]["cameras"], parts["dh-cg"]["authorizers"]) == ("default", 3, 2)
    assert plan["due"] < parts["dh-cg"]["due"]
    assert not re.search(r"owner\.|center\.(dh|jc)", json.dumps(plan))  # counted, never named
    wrong: dict[str, Any] = form(city, "dh-cg")
    wrong["purpose"] |= {"case_number": "12", "reason": "因工作需要查看相关录像"}
    trial = lobby["asker"].post("/access-requests/check", wrong)
    assert trial["accepted"] is False
    assert [fault["pointer"] for fault in trial["faults"]] == ["/purpose/case_number", "/purpose/reason"]
    assert "东环罚〔2026〕12号" in trial["faults"][0]["detail"]
    assert [line["fault"]["slug"] for line in trial["lines"]] == ["camera-without-source"] * 3
    assert all(line["camera"]["gb_code"] for line in trial["lines"])
    no_source = next(finding for finding in trial["findings"] if finding["kind"] == "no-source")
    assert no_source["detail"].startswith("3 cameras are bound to no source")
    bad(lobby["looker"].send("POST", "/access-requests/check", wrong), 403, "not-allowed")
    assert lobby["asker"].get("/access-requests")["items"] == []


def test_a_draft_is_tried_and_a_request_has_findings(door: Door, city: City, broker: Broker) -> None:
    camera = city.cameras_of("dh-cg")[0]
    marked = door["owner.cg"].post(f"/cameras/{camera.id}/sensitivity", {"sensitive": True})
    assert marked["sensitive"] is True
    bad(door["asker"].send("POST", f"/cameras/{camera.id}/sensitivity", {"sensitive": False}), 403, "not-allowed")
    path = f"/access-requests/{draft(door, city, 'dh-cg')['id']}"
    assert door["asker"].post(f"{path}/check")["accepted"] is True
    (part,) = door["asker"].get(f"{path}/plan")["parts"]
    assert (part["route"], part["authorizations"]) == ("sensitive", 2)
    path = f"/access-requests/{submitted(door, city, 'dh-cg')['id']}"
    bad(door["asker"].send("GET", f"{path}/plan"), 409, "transition-refused")
    kinds = {finding["kind"] for finding in door["center.dh"].get(f"{path}/findings")["findings"]}
    assert "no-source" in kinds
    bad(door["asker"].send("GET", f"{path}/findings"), 403, "not-allowed")
    bad(door["owner.cg"].send("GET", f"{path}/findings"), 404, "unknown-access-request")  # nothing is approved yet
    events = broker.audit.page(operator("tests"), case=None, kind="camera:marked", after=0, limit=5)
    assert len(events) == 1


def test_the_rulebook_is_read_tried_and_changed(door: Door) -> None:
    shipped = door["asker"].get("/rulebook")
    assert (shipped["version"], shipped["about"]) == (0, None)
    document = shipped["document"]
    document["limits"]["cameras"] = 0
    document["routes"][-1]["match"]["own"] = True
    told = bad(door["sysadmin"].send("POST", "/rulebook/check", {"document": document}), 422, "rulebook-invalid")
    assert [(fault["pointer"], fault["slug"]) for fault in told["errors"]] == [
        ("/limits/cameras", "number-too-small"),
        ("/routes", "routes-leave-gap"),
    ]
    document["limits"]["cameras"] = 7
    document["routes"][-1]["match"]["own"] = None
    change = {"document": document, "comment": "试行", "replaces": 0}
    assert door["sysadmin"].post("/rulebook/check", {"document": document})["changes"] == [
        {"place": "/limits/cameras", "before": 50, "after": 7}
    ]
    bad(door["asker"].send("POST", "/rulebook", change), 403, "not-allowed")
    bad(door["sysadmin"].send("POST", "/rulebook", {**change, "comment": ""}), 422, "request-invalid")
    assert door["sysadmin"].post("/rulebook", change)["version"] == 1
    bad(door["sysadmin"].send("POST", "/rulebook", change), 409, "rulebook-moved-on")
    now = door["auditor"].get("/rulebook")
    assert (now["version"], now["about"]["made_by"]["login"], now["about"]["comment"]) == (1, "sysadmin", "试行")
    assert now["document"] == document
    assert [row["version"] for row in door["asker"].get("/rulebook/versions")["items"]] == [1]
    assert door["asker"].get("/rulebook/0")["document"]["limits"]["cameras"] == 50
    bad(door["asker"].send("GET", "/rulebook/2"), 404, "unknown-rulebook")
    assert door["asker"].get("/access-requests/form")["limits"]["cameras"] == 7
