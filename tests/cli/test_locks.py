"""`xueliang lock`: as somebody with an account, and as the operator at the machine."""

import json

from tests.city import CAMERAS
from tests.cli.conftest import Desk, Run


def test_people_lock_list_and_lift(desk: Desk) -> None:
    lock = desk.json("secadmin", "lock", "set", "person", "looker", "--reason", "stolen")
    assert (lock["kind"], lock["person"]["login"], lock["set_by"]["login"]) == ("person", "looker", "secadmin")
    assert lock["effective_at"] >= lock["set_at"]
    refused = desk("secadmin", "lock", "set", "person", "nobody", "--reason", "stolen")
    assert (refused.code, "Nothing to lock fits" in refused.err) == (3, True)
    assert [each["id"] for each in desk.json("secadmin", "lock", "list")] == [lock["id"]]
    assert desk.json("owner.cg", "lock", "list") == []
    camera = desk.json("owner.cg", "lock", "set", "camera", CAMERAS["dh-cg"][0], "--reason", "leak")
    assert camera["camera"]["gb_code"] == CAMERAS["dh-cg"][0]
    assert (
        desk.json("center.dh", "lock", "set", "department", "dh-jt", "--reason", "leak")["department"]["code"]
        == "dh-jt"
    )
    assert desk("owner.cg", "lock", "lift", camera["id"], "--reason", "mended").code == 0
    assert len(desk.json("center.dh", "lock", "list")) == 1
    assert len(desk.json("center.dh", "lock", "list", "--all")) == 2


def test_the_operator_locks_on_the_database(at_database: Run) -> None:
    run = at_database
    for kind, target in (("person", "looker"), ("camera", CAMERAS["dh-cg"][0]), ("department", "dh")):
        ended = run("lock", "set", kind, target, "--reason", "leak", "--operator", "--json")
        assert ended.code == 0, ended.err
        lock = ended.value
        assert lock["set_by"] is None
        assert run("lock", "lift", lock["id"], "--reason", "mended", "--operator").code == 0
    assert json.loads(run("lock", "list", "--operator", "--json").out) == []
    assert "leak" in run("lock", "list", "--operator", "--all").out
    assert run("lock", "set", "camera", "no-such-camera", "--reason", "leak", "--operator").code == 3
