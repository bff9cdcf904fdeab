"""The operator's commands, on a real database."""

import json
import os
from pathlib import Path

import pytest

from broker.cli.machine import user_name
from tests.city import CAMERAS
from tests.cli.conftest import Run


def test_the_schema_is_told(at_database: Run) -> None:
    told = at_database("db", "status", "--json").value
    assert told["ready"] is True
    assert told["current"] == told["needed"]
    assert at_database("db", "upgrade", "--json").value == told


def test_no_database_yet(run: Run, tmp_path: Path) -> None:
    ended = run("db", "status", "--data", str(tmp_path / "nothing"))
    assert ended.code == 8
    assert "nothing" in ended.err
    assert not (tmp_path / "nothing").exists()


def test_departments(at_database: Run) -> None:
    added = at_database(
        *("department", "add", "dh-jy", "--name", "东河区教育局", "--division", "990102", "--parent", "dh", "--json"),
    ).value
    assert added["path"] == "/jc/dh/dh-jy/"
    paths = [row["path"] for row in at_database("department", "list", "--json").value]
    assert paths == sorted(paths)
    assert "/jc/dh/dh-jy/" in paths
    again = at_database("department", "add", "dh-jy", "--name", "x", "--division", "990102", "--parent", "dh")
    assert again.code == 5


def test_accounts(at_database: Run) -> None:
    add = ("user", "add", "li.na", "--name", "李娜", "--department", "dh-cg", "--role", "requester")
    added = at_database(*add, "--role", "investigator@dh-cg", "--generate-password", "--json").value
    assert len(added["password"]) >= 12
    assert added["roles"] == ["requester@dh-cg", "investigator@dh-cg"]
    assert at_database(*add).code == 2  # there is no terminal to ask at
    given = at_database("user", "role", "add", "li.na", "department_authorizer", "--json").value
    assert "department_authorizer@dh-cg" in given["roles"]
    taken = at_database("user", "role", "withdraw", "li.na", "department_authorizer@dh-cg", "--json").value
    assert taken["roles"] == added["roles"]
    assert at_database("user", "disable", "li.na", "--json").value["active"] is False
    rows = {row["login"]: row for row in at_database("user", "list", "--json").value}
    assert rows["li.na"]["active"] is False
    assert rows["asker"]["roles"] == ["requester@dh-hb"]
    assert "password" not in rows["li.na"]


@pytest.mark.parametrize("role", ["@dh-cg", "requester@", "emperor", "operator"])
def test_a_role_that_cannot_be(role: str, at_database: Run) -> None:
    ended = at_database("user", "role", "add", "asker", role)
    assert ended.code == 2
    assert ended.err.count("\n") == 1


def test_nobody_of_that_login(at_database: Run) -> None:
    assert at_database("user", "disable", "nobody").code == 3


def test_a_list_is_imported_and_its_rows_add_up(at_database: Run, tmp_path: Path) -> None:
    path, problems = tmp_path / "points.csv", tmp_path / "problems.csv"
    path.write_text(
        "国标编码,名称,纬度,经度\n99010201081320000091,甲,40.1,102.2\n99010201081320000092,乙,140.1,102.2\n",
        encoding="utf-8",
    )
    command = ("catalog", "import", str(path), "--owner", "dh-cg")
    dry = at_database(*command, "--dry-run", "--json").value
    assert (dry["dry_run"], dry["read"], dry["inserted"], dry["quarantined"]) == (True, 2, 1, 1)
    assert at_database("catalog", "list", "--text", "甲", "--json").value == []
    first = at_database(*command, "--report", str(problems), "--json").value
    assert first["read"] == first["inserted"] + first["updated"] + first["unchanged"] + first["quarantined"]
    assert "140.1" in problems.read_text(encoding="utf-8-sig")
    again = at_database(*command)
    assert "unchanged 1" in again.out
    assert "140.1" in again.out
    found = at_database("catalog", "list", "--text", "甲", "--json").value
    assert [row["gb_code"] for row in found] == ["99010201081320000091"]


def test_columns_are_said_by_hand(at_database: Run, tmp_path: Path) -> None:
    path = tmp_path / "points.json"
    path.write_text(json.dumps([{"k": "1", "wie": "甲", "b": 40.1, "l": 102.2}]), encoding="utf-8")
    command = ("catalog", "import", str(path), "--owner", "dh-cg", "--map", "external_key=k", "--map", "name=wie")
    assert at_database(*command).code == 2
    report = at_database(*command, "--map", "latitude=b", "--map", "longitude=l", "--json").value
    assert report["inserted"] == 1


def test_a_list_of_which_nothing_goes_in(at_database: Run, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("名称,纬度,经度\n甲,x,y\n", encoding="utf-8")
    ended = at_database("catalog", "import", str(path), "--owner", "dh-cg")
    assert ended.code == 2
    assert "quarantined 1" in ended.out


def test_sources(at_database: Run, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    options = tmp_path / "options.json"
    options.write_text(json.dumps({"timezone": "Asia/Shanghai"}), encoding="utf-8")
    add = ("source", "add", "nvr", "--name", "录像机", "--department", "dh-cg", "--options-file", str(options))
    assert at_database(*add, "--option", "folder").code == 2
    assert at_database(*add, "--option", f"fodler={folder}").code == 2
    assert at_database(*add, "--option", f"folder={folder}").code == 0
    assert [row["code"] for row in at_database("source", "list", "--json").value] == ["nvr"]
    assert str(folder) not in at_database("source", "list", "--json").out
    probed = at_database("source", "probe", "nvr", "--json")
    assert (probed.code, probed.value["ok"]) == (7, False)
    code = CAMERAS["dh-cg"][0]
    assert at_database("catalog", "bind", code, "--source", "nvr", "--channel", "cam-01").code == 0
    bound = at_database("catalog", "list", "--bound", "--json").value
    assert [row["gb_code"] for row in bound] == [code]


def test_the_trace_is_read_and_verified(at_database: Run) -> None:
    added = at_database("department", "add", "dh-jy", "--name", "局", "--division", "990102", "--parent", "dh")
    assert added.code == 0
    events = at_database("audit", "list", "--kind", "department:created", "--limit", "1000", "--json").value
    assert events[-1]["actor"] == f"operator:{user_name()}"
    assert events[-1]["data"]["code"] == "dh-jy"
    rest = at_database("audit", "list", "--after", str(events[-1]["number"] - 1), "--json").value
    assert rest == events[-1:]
    told = at_database("audit", "verify", "--json").value
    assert told["faults"] == []
    assert at_database("audit", "list", "--kind", "nonsense").code == 2
    the_trace_is_taken_away(at_database)
    assert at_database("audit", "list", "--case", "nonsense").code == 2


def the_trace_is_taken_away(at_database: Run) -> None:
    """Export it as the operator, and verify the file with nothing but itself."""
    for name in ("trace.odd", "trace.csv", "trace.jsonl"):
        taken = at_database("audit", "export", "-o", name, "--kind", "department")
        assert taken.code == (2 if name == "trace.odd" else 0), taken.err
    assert "dh-jy" in Path("trace.csv").read_text(encoding="utf-8")
    assert at_database("audit", "export", "-o", "trace.csv").code == 5, "a file is not written over unasked"
    assert at_database("audit", "export", "-o", "x.csv", "--kind", "nonsense").code == 2
    found = at_database("audit", "verify-file", "trace.jsonl", "--json")
    assert (found.code, found.value["verdict"]) == (2, "open")
    assert [it["slug"] for it in found.value["unverified"]] == ["unsigned"]
    file = Path("trace.jsonl").read_text(encoding="utf-8")
    Path("trace.jsonl").write_text(file.replace("dh-jy", "dh-jz"), encoding="utf-8")
    broken = at_database("audit", "verify-file", "trace.jsonl")
    assert broken.code == 1
    assert "does not hold from event 1 on" in broken.out
    assert "结论" in broken.out
    assert at_database("audit", "verify-file", "nowhere.jsonl").code == 2


def test_plain_lines_when_nobody_looks(at_database: Run) -> None:
    lines = at_database("user", "list").out.splitlines()
    assert all(line.count("\t") == 4 for line in lines)


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert user_name() == f"uid-{os.getuid()}"


def test_an_invite_instead_of_a_password(at_database: Run) -> None:
    add = ("user", "add", "li.na", "--name", "李娜", "--department", "dh-cg", "--role", "requester")
    added = at_database(*add, "--invite", "--json").value
    assert added["link"].startswith("/invite/")
    assert added["mailed"] is False
    again = at_database("user", "invite", "li.na", "--mail", "--json").value
    assert again["link"] != added["link"]
    assert at_database("user", "invite", "li.na", "--revoke").code == 0
    assert at_database("user", "invite", "li.na", "--revoke").code == 5
    assert at_database("user", "invite", "asker").code == 5  # has a password


def test_identities_of_another_house(at_database: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert at_database("user", "identity", "link", "asker", "8f1c2a").code == 8  # there is no other house
    monkeypatch.setenv("XUELIANG_OIDC_ISSUER", "https://id.example.org")
    monkeypatch.setenv("XUELIANG_OIDC_CLIENT_ID", "xueliang")
    monkeypatch.setenv("XUELIANG_PUBLIC_URL", "https://video.example.org")
    assert at_database("user", "identity", "link", "asker", "8f1c2a").code == 0
    (linked,) = at_database("user", "identity", "list", "asker", "--json").value
    assert (linked["issuer"], linked["subject"]) == ("https://id.example.org", "8f1c2a")
    assert at_database("user", "identity", "link", "looker", "8f1c2a").code == 5
    assert at_database("user", "identity", "unlink", "asker", linked["id"]).code == 0
    assert at_database("user", "identity", "list", "asker", "--json").value == []
    monkeypatch.setenv("XUELIANG_OIDC_ALGORITHMS", "HS256")
    ended = at_database("user", "list")
    assert ended.code == 2


def test_departments_are_renamed_moved_closed_and_opened_again(at_database: Run) -> None:
    renamed = at_database("department", "rename", "dh-hb", "--name", "东河区生态环境分局", "--json").value
    assert (renamed["name"], renamed["division"]) == ("东河区生态环境分局", "990102")
    paper = ("--reason", "锦编办〔2026〕12号", "--json")
    assert at_database("department", "move", "dh-hb", "--parent", "jc", *paper).value["path"] == "/jc/dh-hb/"
    assert at_database("department", "move", "jc", "--parent", "dh-hb", *paper).code == 5
    kept = at_database("department", "close", "dh-hb", *paper)
    assert (kept.code, "3" in kept.err) == (5, True)
    for login in ("asker", "looker", "looker2"):
        at_database("user", "disable", login)
    assert at_database("department", "close", "dh-hb", *paper).value["closed_at"]
    assert at_database("user", "enable", "asker").code == 5
    assert at_database("department", "reopen", "dh-hb", *paper).value["closed_at"] is None
    assert at_database("user", "enable", "asker", "--json").value["active"] is True


def test_single_sessions_and_tokens_end(at_database: Run) -> None:
    assert at_database("user", "session", "list", "looker", "--json").value == []
    assert at_database("user", "session", "end", "looker", "abc").code == 3
    assert at_database("user", "token", "list", "looker", "--json").value == []
    assert at_database("user", "token", "revoke", "looker", "01930b5e-7a3c-7f6e-8b1a-2f6f5d3c1a00").code == 3
