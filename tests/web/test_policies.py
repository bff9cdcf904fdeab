"""Policies at the door: proposed, looked at, put in force by somebody else, explained."""

import pyotp
import pytest

from broker.bootstrap import Broker, operator
from broker.services.people.accounts import NewPerson
from policies.reading import shipped
from tests.city import PASSWORD, City
from tests.web.door import Door, Visitor, bad, good

BASELINE = shipped("baseline.csv")
LINE = "requester, camera, list, -, allow\n"
NARROWER = {"text": BASELINE.replace(LINE, ""), "comment": "需求部门暂不查询目录"}


@pytest.fixture
def second(broker: Broker, city: City, door: Door) -> Visitor:
    """Another security administrator, who has just shown a second factor."""
    new = NewPerson("secadmin2", "安全员二", "jc", PASSWORD, (("security_administrator", "jc"),))
    assert city.departments
    broker.accounts.add_person(operator("tests"), new)
    visitor = door["secadmin2"]
    secret = visitor.post("/me/second-factor", {"password": PASSWORD})["secret"]
    visitor.post("/me/second-factor/confirm", {"code": pyotp.TOTP(secret).now()})
    return visitor


def test_from_proposal_to_force(door: Door, second: Visitor) -> None:
    proposed = good(door["secadmin"].send("POST", "/policies", NARROWER))
    assert (proposed["state"], proposed["proposed_by"]["login"], proposed["activated_by"]) == (
        "PROPOSED",
        "secadmin",
        None,
    )
    preview = second.get(f"/policies/{proposed['id']}/preview")
    assert preview["opened"] == []
    assert preview["closed"] == [
        {"roles": ["requester"], "act": "camera:list", "facts": [], "holders": 2, "logins": ["asker", "stranger"]},
    ]
    assert len(door["asker"].get("/cameras")["items"]) > 0
    own = door["secadmin"].send("POST", f"/policies/{proposed['id']}/activate", {})
    assert set(bad(own, 403, "not-allowed")["missing"]) >= {"not_proposer"}
    changed = second.post(f"/policies/{proposed['id']}/activate", {"replaces": preview["replaces"]})
    assert (changed["settled"], changed["version"]["state"]) == (True, "ACTIVE")
    bad(door["asker"].send("GET", "/cameras"), 403, "not-allowed")
    current = door["auditor"].get("/policies/current")
    assert (current["policy"], current["text"]) == (changed["policy"], NARROWER["text"])
    assert [it["id"] for it in door["auditor"].get("/policies")["items"]] == [proposed["id"]]
    assert door["auditor"].get(f"/policies/{proposed['id']}")["text"] == NARROWER["text"]
    late = second.send("POST", f"/policies/{proposed['id']}/discard", {"reason": "太迟"})
    bad(late, 409, "policy-state")


def test_a_faulty_policy_is_told_row_by_row(door: Door) -> None:
    rows = len(BASELINE.splitlines())
    text = BASELINE + "auditor, fotage, clip, -, allow\nauditor, footage, clip, -, allow\n"
    answer = door["secadmin"].send("POST", "/policies", {"text": text, "comment": "有错"})
    told = bad(answer, 422, "policy-faulty")
    assert told["pointer"] == "/text"
    places = [(it["slug"], it["row"], it["column"]) for it in told["errors"]]
    assert places == [
        ("policy-word", rows + 1, "object"),
        ("policy-needs-more", rows + 2, "need"),
        ("policy-role-barred", rows + 2, "role"),
        ("policy-unreachable", rows + 2, "-"),
    ]
    assert "footage" in told["errors"][0]["allowed"]
    assert all("{" not in it["detail"] for it in told["errors"])
    assert door["secadmin"].get("/policies")["items"] == []


def test_who_may_not_keep_the_policy_sees_none_of_it(door: Door) -> None:
    for login in ("asker", "looker", "center.jc", "sysadmin"):
        for path in ("/policies", "/policies/current", "/policies/explain?role=auditor&act=audit:read"):
            bad(door[login].send("GET", path), 403, "not-allowed")
        bad(door[login].send("POST", "/policies", NARROWER), 403, "not-allowed")
    bad(door["auditor"].send("POST", "/policies", NARROWER), 403, "not-allowed")


def test_an_act_is_explained(door: Door) -> None:
    ways = door["auditor"].get("/policies/explain", role="requester", act="camera:list")["ways"]
    row = BASELINE.splitlines().index(LINE.strip()) + 1
    assert ways == [{"row": row, "fixed": False, "rule": LINE.strip(), "effect": "allow", "facts": []}]
    unknown = door["auditor"].send("GET", "/policies/explain", params={"role": "requester", "act": "camera:eat"})
    assert "camera:list" in bad(unknown, 422, "unknown-act")["facts"]["allowed"]
