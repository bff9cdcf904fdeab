"""`xueliang catalog show, edit, …` and `xueliang source reconcile, …` for the operator."""

from pathlib import Path

from tests.city import CAMERAS
from tests.cli.conftest import Run

CODE = CAMERAS["dh-cg"][0]


def test_a_record_is_kept_at_the_machine(at_database: Run) -> None:
    edited = at_database(
        "catalog", "edit", CODE, "--set", "ptz_type=球机", "--set", "function_types=1/02", "--tag", "学校", "--json"
    )
    assert (edited.code, edited.value["tags"]) == (0, ["学校"]), edited.err
    defined = at_database(
        "catalog", "define-field", "grade", "--name", "等级", "--name-en", "Grade", "--kind", "code",
        "--allow", "a=甲|A", "--allow", "b=乙",
    )  # fmt: skip
    assert defined.code == 0, defined.err
    assert at_database("catalog", "edit", CODE, "--set", "grade=乙", "--unset", "function_types").code == 0
    page = at_database("catalog", "show", CODE, "--json").value
    assert (page["record"], page["custom"]) == ({"ptz_type": "1"}, {"grade": "b"})
    assert "1 dome with pan and tilt" in at_database("catalog", "show", CODE).out
    assert [len(at_database("catalog", "history", CODE, "--json").value)] == [2]
    assert at_database("catalog", "edit", CODE, "--set", "ptz_type=8").code == 2
    assert at_database("catalog", "edit", CODE, "--set", "ptz_type").code == 2
    hidden = at_database("catalog", "visibility", CODE, "listed", "--to", "dh-hb", "--json")
    assert hidden.value["visibility"] == "listed"
    fields = {row["field"] for row in at_database("catalog", "fields", "--json").value}
    assert {"ptz_type", "sector_codec", "grade"} <= fields


def test_a_code_is_given_at_the_machine(at_database: Run, tmp_path: Path) -> None:
    rows = "external_key,name,latitude,longitude,division\nP-1,桥头,30.6,104.0,990102\n"
    (tmp_path / "list.csv").write_text(rows, encoding="utf-8")
    assert at_database("catalog", "import", str(tmp_path / "list.csv"), "--owner", "dh-cg").code == 0
    given = at_database("catalog", "code", "--owner", "dh-cg", "--key", "P-1", "--industry", "08", "--json")
    assert given.value["gb_code"] == "99010200081320000001", given.err
    assert at_database("catalog", "code", "--owner", "dh-cg", "--key", "P-1").code == 5
    assert at_database("catalog", "code", "--owner", "dh-cg", "--key", "P-2").code == 3


def test_a_source_is_reconciled_at_the_machine(at_database: Run) -> None:
    add = ("source", "add", "nvr", "--name", "录像机", "--department", "dh-cg", "--adapter", "synthetic")
    assert at_database(*add, "--option", 'channels={"a": "甲", "b": "乙", "c": "丙"}').code == 0
    found = at_database("source", "reconcile", "nvr", "--json").value
    assert (found["listed"], [line["channel"] for line in found["lines"]]) == (3, ["a", "b", "c"])
    accepted = at_database("source", "accept", "nvr", "1", "--place", "30.6,104.1", "--json")
    assert accepted.value["state"] == "ACCEPTED", accepted.err
    assert at_database("source", "accept", "nvr", "2", "--point", CODE).code == 0
    assert at_database("source", "accept", "nvr", "3", "--place", "30.6").code == 2
    assert at_database("source", "refuse", "nvr", "3").code == 0
    states = [line["state"] for line in at_database("source", "review", "nvr", "--json").value]
    assert states == ["ACCEPTED", "ACCEPTED", "REFUSED"]
    names = {row["name"] for row in at_database("catalog", "list", "--bound", "--json").value}
    assert "甲" in names


def test_many_lines_are_decided_at_the_machine(at_database: Run) -> None:
    add = ("source", "add", "nvr", "--name", "录像机", "--department", "dh-cg", "--adapter", "synthetic")
    assert at_database(*add, "--option", 'channels={"a": "甲", "b": "乙", "c": "丙"}').code == 0
    assert at_database("source", "reconcile", "nvr").code == 0
    dry = at_database("source", "decide", "nvr", "accept", "--kind", "new", "--dry-run", "--json").value
    assert (dry["matched"], dry["new"], dry["held_back"][0]["first"]) == (3, 0, "1,2,3")
    told = at_database("source", "decide", "nvr", "accept", "--line", "1", "--line", "9", "--place", "30.6,104.1").out
    assert "The reconciliation has no line 9." in told, told
    done = at_database("source", "decide", "nvr", "refuse", "--kind", "new", "--json").value
    assert (done["new"], done["state"]) == (2, "DONE")
    assert at_database("source", "decide", "nvr", "refuse", "--kind", "new").code == 5
    assert at_database("source", "decide", "nvr", "refuse").code == 2


def test_codes_are_given_together_at_the_machine(at_database: Run, tmp_path: Path) -> None:
    rows = ["external_key,name,latitude,longitude,division", "P-1,桥头,30.6,104.0,990102", "P-2,桥尾,30.7,104.0,"]
    (tmp_path / "list.csv").write_text("\n".join(rows), encoding="utf-8")
    assert at_database("catalog", "import", str(tmp_path / "list.csv"), "--owner", "dh-cg").code == 0
    dry = at_database("catalog", "codes", "--owner", "dh-cg", "--dry-run", "--json").value
    assert (dry["matched"], dry["coded"], dry["uncoded"][0]["first"]) == (2, 1, "桥尾")
    told = at_database("catalog", "codes", "--owner", "dh-cg").out
    assert "99010200001320\t1\n" in told
    assert "down to the county" in told
    assert at_database("catalog", "codes").code == 2
