"""`xueliang hold`: set, listed and lifted by who decides."""

from datetime import UTC, datetime, timedelta

from tests.cli.conftest import Desk
from tests.cli.test_grant_life import granted


def test_holds_are_set_listed_and_lifted(desk: Desk) -> None:
    number, _ = granted(desk)
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat(timespec="seconds")
    hold = desk.json("center.dh", "hold", "set", number, "--reason", "review", "--until", until)
    assert (hold["number"], hold["retrieval"], hold["office"]["code"]) == (number, None, "dh-center")
    nothing = desk("center.dh", "hold", "set", hold["id"], "--retrieval", "--reason", "review", "--until", until)
    assert nothing.code == 3, nothing.err
    assert desk("asker", "hold", "set", number, "--reason", "review", "--until", until).code == 4
    assert desk("owner.cg", "hold", "lift", hold["id"], "--reason", "closed").code == 4
    assert "review" in desk("owner.cg", "hold", "list").out
    assert desk.json("center.dh", "hold", "lift", hold["id"], "--reason", "closed")["ended_by"]["login"] == "center.dh"
    assert desk.json("auditor", "hold", "list") == []
    assert [it["id"] for it in desk.json("auditor", "hold", "list", "--all")] == [hold["id"]]
