"""`xueliang route` and what is asked before a request is sent."""

import json
from pathlib import Path

from broker.domain.deciding.shipped_rules import SHIPPED
from broker.services.deciding.rulebook_document import dump
from tests.cli.conftest import Desk, Run
from tests.cli.test_people import FIRST, NEW, SPAN


def test_routes_are_shown_and_explained(desk: Desk, tmp_path: Path) -> None:
    codes = [row["code"] for row in desk.json("asker", "route", "list")]
    assert codes[-1] == "default"
    assert "sensitive=true" in desk("asker", "route", "list").out
    assert desk.json("asker", "route", "show", "own")["center_approvals"] == 0
    assert "Own cameras" in desk("asker", "route", "show", "own", "--version", "0").out
    assert desk("asker", "route", "show", "nowhere").code == 2
    number = desk.json("asker", *NEW, "--camera", FIRST, *SPAN)["number"]
    assert desk.json("asker", "route", "explain", number)["center"]["code"] == "dh-center"
    assert "东河区综治中心" in desk("asker", "route", "explain", number).out
    tried = desk("asker", "request", "check", number)
    assert (tried.code, "would be accepted" in tried.out) == (0, True), tried.err
    assert json.loads(desk("asker", "request", "form").out)["json_schema"]["$defs"]
    form = {
        "purpose": {"basis": "royal", "matter": "other", "case_number": "12", "reason": "夜间倾倒渣土，核对车辆"},
        "investigators": ["looker"],
        "lines": [],
    }
    file = tmp_path / "form.json"
    file.write_text(json.dumps(form), encoding="utf-8")
    refused = desk("asker", "request", "check", "--form", str(file))
    assert refused.code == 2
    assert "/purpose/basis" in refused.out
    assert "/lines" in refused.out
    assert desk("asker", "route", "explain").code == 2
    desk.json("asker", "request", "submit", number)
    told = desk("center.dh", "request", "findings", number)
    assert "bound to no source" in told.out


def test_rules_are_changed_through_the_server(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    exported = desk("sysadmin", "route", "export").out
    rules = json.loads(exported)
    rules["limits"]["cameras"], rules["routes"][0]["longest_days"] = 0, 99
    file.write_text(json.dumps(rules), encoding="utf-8")
    wrong = desk("sysadmin", "route", "check", str(file))
    assert wrong.code == 2
    assert [line.partition("\t")[0] for line in wrong.out.splitlines()] == ["/routes/0/longest_days", "/limits/cameras"]
    rules["limits"]["cameras"], rules["routes"][0]["longest_days"] = 7, 30
    file.write_text(json.dumps(rules), encoding="utf-8")
    change = [{"place": "/limits/cameras", "before": 50, "after": 7}]
    assert desk.json("sysadmin", "route", "check", str(file)) == change
    assert desk("asker", "route", "import", str(file), "--comment", "试行").code == 4
    assert desk.json("sysadmin", "route", "import", str(file), "--comment", "试行") == change
    assert desk("sysadmin", "route", "import", str(file), "--comment", "又", "--replaces", "0").code == 5
    assert json.loads(desk("asker", "route", "export").out) == rules
    assert desk("sysadmin", "route", "check", str(tmp_path / "none.json")).code == 2


def test_the_operator_needs_no_server(at_database: Run, tmp_path: Path) -> None:
    marked = at_database("catalog", "mark", FIRST, "--sensitive", "--json")
    assert (marked.code, marked.value["sensitive"]) == (0, True)
    file = tmp_path / "rules.json"

    file.write_text(json.dumps({**dump(SHIPPED), "renewals": 1}), encoding="utf-8")
    assert at_database("route", "check", str(file), "--operator", "--json").value[0]["place"] == "/renewals"
    made = at_database("route", "import", str(file), "--operator", "--comment", "试行")
    assert (made.code, "Version 1" in made.err) == (0, True)
