"""Divisions at the machine; measures and plans as somebody signed in."""

from pathlib import Path

from tests.cli.conftest import Desk, Run


def test_divisions(at_database: Run, tmp_path: Path) -> None:
    found = at_database("division", "list", "--within", "3301", "--text", "西湖", "--json").value
    assert [it["code"] for it in found] == ["330106"]
    assert "浙江省 330000 / 杭州市 330100" in at_database("division", "show", "330106").out
    towns = tmp_path / "towns.csv"
    towns.write_text("code,name\n330106001,北山街道\n33,\n", encoding="utf-8")
    told = at_database("division", "import", str(towns), "--json").value
    assert (told["added"], told["rejected"]) == (1, 1)
    towns.write_text("code,name\n9,x\n", encoding="utf-8")
    assert at_database("division", "import", str(towns)).code == 2
    assert at_database("division", "import", str(tmp_path / "none.csv")).code == 2
    assert at_database("division", "refresh", "--json").value["changed"] == 0


def test_measures(desk: Desk, tmp_path: Path) -> None:
    told = desk.json("auditor", "measures", "show", "--by", "department")
    assert [line["code"] for line in told["lines"]] == ["dh-cg", "dh-jt", "jc-ga", "xs-ga"]
    shown = desk("auditor", "measures", "show", "--from", told["first"], "--to", told["last"], "--fresh")
    assert "points shared\t7\t7\tpoints\t100.0%" in shown.out
    paper, book = tmp_path / "m.pdf", tmp_path / "m.xlsx"
    assert desk("auditor", "measures", "export", "-o", str(paper)).code == 0
    assert paper.read_bytes().startswith(b"%PDF")
    assert desk("auditor", "measures", "export", "-o", str(paper)).code == 5
    assert desk("auditor", "measures", "export", "-o", str(book), "--by", "month").code == 0
    assert book.read_bytes().startswith(b"PK")
    assert desk("auditor", "measures", "export", "-o", str(tmp_path / "m.doc")).code == 2


def test_plans(desk: Desk) -> None:
    place = ("--department", "dh-cg")
    assert desk.json("sysadmin", "measures", "set", "2026", "availability.online", "950", *place)["value"] == 950
    assert [it["value"] for it in desk.json("auditor", "measures", "plan", "2026")] == [950]
    assert desk.json("sysadmin", "measures", "set", "2026", "availability.online", "none", *place)["value"] is None
    assert desk.json("auditor", "measures", "plan", "2026") == []
    assert desk("sysadmin", "measures", "set", "2026", "availability.online", "95%", *place).code == 2
