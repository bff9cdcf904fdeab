"""The commands of the remaining life of requests and grants, through a running server."""

from tests.city import CAMERAS
from tests.cli.conftest import Desk, Run
from tests.cli.test_people import FIRST, SPAN, WHY, submitted


def granted(desk: Desk) -> tuple[str, str]:
    """Grant one camera and return the number of the request and the id of the grant."""
    new = ("request", "new", *WHY, "--camera", FIRST, *SPAN, "--investigator", "looker", "--submit")
    number = str(desk.json("asker", *new)["number"])
    desk.json("center.dh", "request", "approve", number)
    return number, str(desk.json("owner.cg", "request", "authorize", number)["id"])


def test_a_grant_rests_goes_on_is_renewed_and_its_request_closed(desk: Desk) -> None:
    number, grant = granted(desk)
    assert desk.json("owner.cg", "grant", "suspend", grant, "--reason", "核实情况")["state"] == "SUSPENDED"
    refused = desk("asker", "grant", "renew", grant)
    assert (refused.code, refused.err.count("\n")) == (5, 1)
    assert "SUSPENDED" in refused.err
    assert "suspended" in desk("looker", "grant", "show", grant).out
    assert desk.json("owner.cg", "grant", "resume", grant, "--reason", "已核实")["state"] == "ACTIVE"
    renewal = desk.json("asker", "grant", "renew", grant, "--submit")
    assert (renewal["state"], renewal["renews"]) == ("CENTER_REVIEW", grant)
    shown = desk("asker", "request", "show", renewal["number"]).out
    assert grant in shown
    closed = desk.json("asker", "request", "close", number, "--report", "已据此认定车辆")
    assert (closed["state"], closed["report"]) == ("CLOSED", "已据此认定车辆")
    assert "已据此认定车辆" in desk("asker", "request", "show", number).out
    assert desk.json("asker", "grant", "show", grant)["state"] == "REVOKED"


def test_a_return_says_what_is_wrong_field_by_field(desk: Desk) -> None:
    number = submitted(desk)
    remark = ("--remark", "/purpose/reason=过于简略", "--remark", "/lines/0=时段过长")
    returned = desk.json("center.dh", "request", "return", number, "--comment", "请补充", *remark)
    assert returned["remarks"] == {"/purpose/reason": "过于简略", "/lines/0": "时段过长"}
    shown = desk("asker", "request", "show", number).out
    assert "/purpose/reason\t过于简略" in shown
    stated = desk.json("asker", "request", "edit", number, "--place", "104.01,30.61=桥头")["place"]
    assert stated == {"longitude": 104.01, "latitude": 30.61, "name": "桥头"}
    edited = desk.json("asker", "request", "edit", number, "--reason", "夜间倾倒渣土，需核对车辆号牌")
    assert (edited["place"], edited["revision"]) == (stated, 1)  # what is not named stays as it is
    assert "桥头 104.010000,30.610000" in desk("asker", "request", "show", number).out
    assert desk("asker", "request", "edit", number, "--place", "30.61").code == 2
    for wrong in ("过于简略", "/nowhere=过于简略"):
        ended = desk("center.dh", "request", "return", number, "--comment", "请补充", "--remark", wrong)
        assert (ended.code, ended.err.count("\n")) == (2, 1), ended.err


def test_a_camera_changes_its_owner(desk: Desk, at_database: Run) -> None:
    number = submitted(desk)
    desk.json("center.dh", "request", "approve", number)
    moved = at_database("catalog", "transfer", FIRST, "--to", "dh-jt", "--json")
    assert (moved.code, moved.value["owner"]) == (0, "dh-jt")
    again = at_database("catalog", "transfer", FIRST, "--to", "dh-jt")
    assert (again.code, again.err.count("\n")) == (5, 1)
    assert at_database("catalog", "transfer", CAMERAS["xs-ga"][0][:-1] + "9", "--to", "dh-jt").code == 3
    request = desk.json("asker", "request", "show", number)
    assert {item["department"]["code"]: len(item["lines"]) for item in request["items"]} == {"dh-cg": 2, "dh-jt": 2}
