"""Standing in and being away, from the command line."""

from datetime import UTC, datetime, timedelta

from broker.bootstrap import Broker, operator
from tests.cli.conftest import Desk, Run

SOON = (datetime.now(UTC) + timedelta(days=3)).isoformat(timespec="seconds")
LEND = ("delegation", "set", "owner.jt", "--role", "department_authorizer", "--department", "dh", "--to", SOON)


def test_a_role_is_lent_listed_and_taken_back(broker: Broker, desk: Desk) -> None:
    me = operator("tests")
    broker.accounts.assign(me, broker.accounts.as_person(me, "owner.cg").person.id, "department_authorizer", "dh")
    lent = desk.json("owner.cg", *LEND, "--reason", "轮训")
    assert (lent["delegate"]["login"], lent["works"]) == ("owner.jt", True)
    assert [each["id"] for each in desk.json("owner.jt", "delegation", "list")] == [lent["id"]]
    assert desk.json("auditor", "delegation", "list") == []
    shown = desk("auditor", "delegation", "list", "--all")
    assert shown.out.split("\t")[1:4] == ["人员owner.cg", "人员owner.jt", "department_authorizer"]
    again = desk("owner.cg", *LEND, "--reason", "轮训")
    assert (again.code, again.err.count("\n")) == (5, 1)
    assert desk("owner.jt", "delegation", "end", lent["id"]).code == 4
    ended = desk.json("owner.cg", "delegation", "end", lent["id"])
    assert ended["ended_at"]
    assert not ended["works"]


def test_a_delegate_without_the_role(desk: Desk) -> None:
    ended = desk("owner.cg", *LEND[:2], "asker", *LEND[3:5], "--to", SOON, "--reason", "x")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "asker" in ended.err


def test_an_absence(desk: Desk) -> None:
    noted = desk.json("owner.cg", "absence", "set", "--to", SOON, "--note", "休假", "--delegate", "owner.cg2")
    assert len(noted["delegations"]) == 1
    assert "休假" in desk("owner.cg", "absence", "list").out
    other = desk("secadmin", "absence", "set", "--person", "owner.jt", "--from", SOON, "--to", f"2099{SOON[4:]}")
    assert (other.code, other.err.count("\n")) == (2, 1)
    assert (
        desk.json("secadmin", "absence", "set", "--person", "owner.jt", "--to", SOON)["person"]["login"] == "owner.jt"
    )
    assert desk("secadmin", "absence", "set", "--person", "nobody", "--to", SOON).code == 3
    assert len(desk.json("secadmin", "absence", "list", "--all")) == 2
    assert desk.json("owner.cg", "absence", "end", noted["id"])["ended_at"]
    assert desk("owner.cg", "absence", "end", noted["id"]).code == 5


def test_the_operator_takes_back_what_was_lent(at_database: Run, broker: Broker, desk: Desk) -> None:
    noted = desk.json("owner.cg", "absence", "set", "--to", SOON, "--delegate", "owner.cg2")
    (key,) = noted["delegations"]
    told = at_database("delegation", "end", key, "--operator", "--json").value
    assert told["id"] == key
    assert told["ended_at"]
    (left,) = broker.delegations.page(operator("tests"), own=False, over=True, after=None, limit=9)
    assert left.delegation.ended_by.startswith("operator:")
    assert at_database("delegation", "end", key, "--operator").code == 5
