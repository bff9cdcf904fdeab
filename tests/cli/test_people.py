"""The commands of people: through a running server, from the request to its withdrawal."""

import io
import json
import stat
from pathlib import Path

import pytest

from broker.cli.client.credentials import credentials_file
from tests.city import CAMERAS, PASSWORD
from tests.cli.conftest import Desk, Ended, Run

FIRST, SECOND, THIRD = CAMERAS["dh-cg"]
OTHER = CAMERAS["dh-jt"][0]
BEGIN, END = "2026-11-20T22:00:00+08:00", "2026-11-20T23:00:00+08:00"
WHY = (
    "--basis",
    "administrative",
    "--matter",
    "environment",
    "--case",
    "东环罚〔2026〕12号",
    "--reason",
    "夜间倾倒渣土，需核对车辆进出时间",
)
SPAN = ("--from", BEGIN, "--to", END)
NEW = ("request", "new", *WHY, "--investigator", "looker")
FOUR = tuple(part for code in (FIRST, SECOND, THIRD, OTHER) for part in ("--camera", code))


def submitted(desk: Desk) -> str:
    """Submit a request for four cameras and return its number."""
    new = ("request", "new", *WHY, *FOUR, *SPAN, "--investigator", "looker", "--submit")
    request = desk.json("asker", *new)
    assert request["state"] == "CENTER_REVIEW"
    return str(request["number"])


def test_a_request_walks_to_its_end(desk: Desk) -> None:
    number = submitted(desk)
    later = "2026-11-20T22:30:00+08:00"
    approved = desk.json("center.dh", "request", "approve", number, "--from", later, "--days", "3")
    assert approved["approved_terms"]["valid_days"] == 3
    lines = [line for item in approved["items"] for line in item["lines"]]
    assert {line["approved"]["begin"] for line in lines} == {"2026-11-20T14:30:00Z"}
    only = ("--only", FIRST, "--only", f"{SECOND}={later}/2026-11-20T22:40:00+08:00", "--remark", f"{THIRD}=正在检修")
    grant = desk.json("owner.cg", "request", "authorize", number, *only)
    windows = {line["camera"]["gb_code"]: line["window"]["end"] for line in grant["lines"]}
    assert windows == {FIRST: "2026-11-20T15:00:00Z", SECOND: "2026-11-20T14:40:00Z"}
    refused = desk.json("owner.jt", "request", "refuse", number, "--reason", "与案情无关")
    assert refused["state"] == "DECIDED"
    shown = desk("asker", "request", "show", number)
    assert "partially granted" in shown.out
    assert "正在检修" in shown.out
    assert [row["id"] for row in desk.json("looker", "grant", "list")] == [grant["id"]]
    assert FIRST in desk("looker", "grant", "show", grant["id"]).out
    revoked = desk.json("owner.cg", "grant", "revoke", grant["id"], "--reason", "案件已结")
    assert revoked["state"] == "REVOKED"
    withdrawn = desk.json("asker", "request", "withdraw", number, "--reason", "案件已结")
    assert withdrawn["state"] == "WITHDRAWN"


def test_a_return_is_supplemented(desk: Desk) -> None:
    number = submitted(desk)
    returned = desk.json("center.dh", "request", "return", number, "--comment", "请补充案由")
    assert returned["state"] == "RETURNED"
    edited = desk.json("asker", "request", "edit", number, "--reason", "补充：核对车牌以外的车身特征")
    assert (edited["state"], edited["purpose"]["reason"]) == ("RETURNED", "补充：核对车牌以外的车身特征")
    assert edited["purpose"]["case_number"] == returned["purpose"]["case_number"]
    assert [line["camera"]["id"] for line in edited["lines"]] == [line["camera"]["id"] for line in returned["lines"]]
    fewer = desk.json("asker", "request", "edit", number, "--camera", f"dh-cg路口0={BEGIN}/{END}")
    assert [line["camera"]["name"] for line in fewer["lines"]] == ["dh-cg路口0"]
    desk.json("asker", "request", "edit", number, *FOUR, *SPAN)
    again = desk.json("asker", "request", "submit", number)
    assert (again["state"], again["revision"]) == ("CENTER_REVIEW", 2)
    desk.json("center.dh", "request", "approve", number)
    by_owner = desk.json("owner.jt", "request", "return", number, "--comment", "请说明用途")
    assert by_owner["state"] == "RETURNED"


def test_a_rejection(desk: Desk) -> None:
    number = submitted(desk)
    assert desk.json("center.dh", "request", "reject", number, "--reason", "与职责无关")["state"] == "REJECTED"
    ended = desk("center.dh", "request", "approve", number)
    assert (ended.code, ended.err.count("\n")) == (5, 1)


def test_who_may_not_is_told_why(desk: Desk) -> None:
    number = submitted(desk)
    ended = desk("asker", "request", "approve", number)
    assert ended.code == 4
    assert "party to the request" in ended.err
    assert desk("stranger", "request", "show", number).code == 3
    assert desk("owner.cg", "request", "authorize", number).code == 3


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((*NEW, "--camera", FIRST), 2, f"{FIRST}=BEGIN/END"),
        ((*NEW, "--camera", FIRST, "--from", BEGIN), 2, "--to"),
        ((*NEW, "--camera", "路口", *SPAN), 5, "路口"),
        ((*NEW, "--camera", "无此路", *SPAN), 3, "无此路"),
        ((*NEW, "--camera", FIRST, *SPAN, "--investigator", "nobody"), 2, "nobody"),
        (
            (*NEW, "--camera", FIRST, "--from", END, "--to", BEGIN),
            2,
            "later",
        ),
        (("request", "show", "XL1999-000001"), 3, "XL1999-000001"),
        (("retrieve", "download", "01930b5e-7a3c-7f6e-8b1a-2f6f5d3c1a00"), 3, "no such retrieval"),
    ],
)
def test_what_cannot_be_is_refused(arguments: tuple[str, ...], code: int, told: str, desk: Desk) -> None:
    login = "looker" if arguments[0] == "retrieve" else "asker"
    ended = desk(login, *arguments)
    assert (ended.code, ended.err.count("\n")) == (code, 1), ended.err
    assert told in ended.err


def test_a_camera_by_its_name(desk: Desk) -> None:
    new = ("request", "new", *WHY, "--camera", f"dh-cg路口0={BEGIN}/{END}", "--investigator", "looker")
    assert desk.json("asker", *new)["lines"][0]["camera"]["gb_code"] == FIRST


def test_a_list_is_filtered_and_bounded(desk: Desk) -> None:
    numbers = [submitted(desk) for _ in range(3)]
    rows = desk.json("asker", "request", "list", "--limit", "2")
    assert [row["number"] for row in rows] == [numbers[2], numbers[1]]
    assert desk.json("asker", "request", "list", "--state", "DECIDED") == []
    assert desk("asker", "request", "list").out.count("\n") == 3


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def signed_in(run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> Ended:
    typed(monkeypatch, f"{PASSWORD}\n")
    return run("login", "asker", "--url", url, "--password-stdin", "--json")


def test_signing_in_keeps_a_token_that_only_its_owner_reads(
    run: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = signed_in(run, url, monkeypatch)
    assert told.code == 0, told.err
    file = credentials_file()
    assert told.value["file"] == str(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert json.loads(file.read_text(encoding="utf-8"))["token"] not in told.out
    assert run("request", "list", "--json").value == []
    assert run("logout").code == 0
    assert not file.exists()
    assert run("request", "list").code == 4
    assert run("logout").code == 0


def test_a_token_goes_to_its_own_server_only(run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert signed_in(run, url, monkeypatch).code == 0
    monkeypatch.setenv("XUELIANG_URL", "http://127.0.0.1:9")
    ended = run("request", "list")
    assert ended.code == 4
    assert "http://127.0.0.1:9" in ended.err


def test_a_wrong_password(run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "not-the-password\n")
    ended = run("login", "asker", "--url", url, "--password-stdin")
    assert ended.code == 4
    assert not credentials_file().exists()


def test_a_broken_sign_in_file(run: Run) -> None:
    credentials_file().parent.mkdir(parents=True)
    credentials_file().write_text("[]", encoding="utf-8")
    ended = run("request", "list")
    assert ended.code == 8
    assert str(credentials_file()) in ended.err


def test_the_own_password(desk: Desk, run: Run, url: str, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    assert home.exists()
    typed(monkeypatch, f"{PASSWORD}\nfour-rivers-meet-here\n")
    assert desk("asker", "user", "passwd", "--password-stdin").code == 0
    monkeypatch.delenv("XUELIANG_TOKEN")
    assert signed_in(run, url, monkeypatch).code == 4
    typed(monkeypatch, "four-rivers-meet-here\n")
    assert run("login", "asker", "--password-stdin").code == 0


def test_a_proxy_is_not_asked_for_this_machine(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert desk.json("asker", "request", "list") == []


def test_a_server_that_is_no_url(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUELIANG_TOKEN", "xlt_x")
    monkeypatch.setenv("XUELIANG_URL", "http://127.0.0.1:many")
    ended = run("request", "list")
    assert (ended.code, ended.err.count("\n")) == (2, 1)


def test_something_else_answers(run: Run, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("XUELIANG_TOKEN", "xlt_x")
    monkeypatch.setenv("XUELIANG_URL", f"{url}/docs")
    ended = run("request", "list")
    assert ended.code in {3, 8}
    assert ended.err.count("\n") == 1
