"""`xueliang register`: the register as a person may read it, and the file it is taken away in."""

import csv
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from broker.bootstrap import Broker
from tests.city import CAMERAS, City
from tests.cli.conftest import Desk
from tests.services.test_main_path import authorized
from tests.web.steps import bind

CODE = CAMERAS["dh-cg"][0]


@pytest.fixture
def looked(broker: Broker, city: City, desk: Desk) -> str:
    """Have a picture ordered and one refused; return the number of the request."""
    bind(broker, city, "/nowhere")
    request, grant = authorized(broker, city)
    at = ("retrieve", "snapshot", CODE, "--no-wait", "--at", grant.lines[0].window.begin.isoformat())
    desk.json("looker", *at)
    assert desk("looker2", *at).code == 4
    return request.number


def test_lines_are_listed_and_found(desk: Desk, looked: str) -> None:
    lines = desk.json("auditor", "register", "list")
    assert [(line["person"]["login"], line["result"]) for line in lines] == [
        ("looker", "allowed"),
        ("looker2", "refused"),
    ]
    told = desk("auditor", "register", "list", "--result", "refused", "--camera", CODE, "--act", "order")
    assert "footage-person" in told.out
    assert told.out.count("\n") == 1
    assert [line["number"] for line in desk.json("auditor", "register", "list", "--request", looked)] == [
        lines[0]["number"]
    ]
    later = ("--from", lines[1]["at"], "--department", "dh-hb", "--owner", "dh-cg", "--person", "looker2")
    assert desk.json("auditor", "register", "list", *later) == lines[1:]
    assert desk.json("asker", "register", "list") == []


def test_the_register_is_taken_away(desk: Desk, looked: str) -> None:
    assert looked
    assert desk("auditor", "register", "export", "-o", "register.csv").code == 0
    rows = list(csv.reader(Path("register.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 4
    again = desk("auditor", "register", "export", "-o", "register.csv")
    assert (again.code, "register.csv" in again.err) == (5, True)
    assert desk("auditor", "register", "export", "-o", "r.xlsx", "--person", "looker").code == 0
    (sheet,) = load_workbook("r.xlsx").worksheets
    assert sheet.max_row == 3
    assert desk("auditor", "register", "export", "-o", "r.txt").code == 2
    assert desk("looker", "register", "export", "-o", "own.csv").code == 4
    assert [path.name for path in sorted(Path().glob("*.csv*"))] == ["register.csv"]


def test_a_cut_file_is_continued(broker: Broker, desk: Desk, looked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked
    monkeypatch.setattr(broker.register, "_most", 1)
    first = desk("auditor", "register", "export", "-o", "1.csv")
    number = json.loads(desk("auditor", "register", "list", "--json").out)[0]["number"]
    assert f"--after {number}" in first.err
    second = desk("auditor", "register", "export", "-o", "2.csv", "--after", str(number))
    assert second.err == ""
    assert "looker2" in Path("2.csv").read_text(encoding="utf-8-sig")
