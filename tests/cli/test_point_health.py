"""How points are, and planned maintenance, as somebody signed in."""

from datetime import UTC, datetime, timedelta

from tests.cli.conftest import Desk

CAMERA = "99010201081320000001"


def test_a_point_and_sums(desk: Desk) -> None:
    shown = desk("asker", "point", "health", CAMERA)
    assert (shown.code, "unknown" in shown.out) == (0, True)
    assert desk.json("asker", "point", "health", CAMERA)["troubles"] == []
    assert desk.json("asker", "point", "days", CAMERA, "--from", "2026-01-01") == []
    assert desk.json("owner.cg", "point", "troubles", "--state", "frozen") == []
    assert desk("asker", "point", "troubles").code == 4
    told = desk("auditor", "point", "availability", "--by", "day", "--department", "dh")
    assert (told.code, "all" in told.out) == (0, True)
    assert desk("auditor", "point", "availability", "--by", "week").code == 2


def test_targets(desk: Desk) -> None:
    assert desk.json("sysadmin", "point", "aim", "950", "--department", "dh-cg")["per_mille"] == 950
    assert [it["per_mille"] for it in desk.json("auditor", "point", "targets")] == [950]
    assert desk("sysadmin", "point", "aim", "0", "--department", "dh-cg").code == 0
    assert desk("sysadmin", "point", "aim", "950").code == 2


def test_maintenance(desk: Desk) -> None:
    begins = datetime.now(UTC) + timedelta(hours=1)
    span = ("--from", begins.isoformat(), "--to", (begins + timedelta(hours=2)).isoformat())
    made = desk.json("sysadmin", "maintenance", "declare", *span, "--reason", "清洁镜头", "--camera", CAMERA)
    assert [it["id"] for it in desk.json("owner.cg", "maintenance", "list")] == [made["id"]]
    ended = desk.json("sysadmin", "maintenance", "end", made["id"])
    assert ended["ends"] == ended["begins"]
    assert "清洁镜头" in desk("owner.cg", "maintenance", "list", "--all").out
