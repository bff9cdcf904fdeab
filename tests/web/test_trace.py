"""The trace: within whose reach an event lies, and that nothing beside an event can be changed unseen."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from broker.bootstrap import Broker, operator
from broker.domain.errors import Unknown
from broker.domain.oversight.audit import canonical, leaf_hash
from broker.domain.people.accounts import Caller
from broker.services.people.accounts import NewPerson
from broker.services.people.sign_in import caller_of
from storage.db.embedded.embedded import EmbeddedServer
from tests.city import PASSWORD, City
from tests.web.door import Door, Visitor, bad
from tests.web.steps import BEGIN, bind, granted

HOUSE = ("policy", "rulebook", "camera_field", "divisions")


@pytest.fixture
def told(broker: Broker, city: City, door: Door) -> Any:
    """Walk a request from its draft to a grant, with a look that was allowed and two that were refused."""
    for home in ("dh", "xs", "dh-cg"):
        new = NewPerson(f"auditor.{home}", f"审计{home}", home, PASSWORD, (("auditor", home),))
        broker.accounts.add_person(operator("tests"), new)
    bind(broker, city, "/nowhere")
    grant = granted(door, city)
    order = {"action": "snapshot", "instant": (BEGIN + timedelta(minutes=1)).isoformat()}
    for login, camera in (("looker", "dh-cg"), ("looker2", "dh-cg"), ("stranger", "xs-ga")):
        door[login].send("POST", "/retrievals", {**order, "camera": str(city.cameras_of(camera)[0].id)})
    return grant


@pytest.fixture
def owner(broker: Broker, server: EmbeddedServer) -> Iterator[psycopg.Connection]:
    """Somebody with every right on the database, whom no trigger holds back."""
    with broker.engine.connect() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
    with psycopg.connect(server.dsn(name), autocommit=True) as direct:
        direct.execute("SET session_replication_role = replica")
        yield direct


def events(who: Visitor, **sought: Any) -> list[Any]:
    found: list[Any] = []
    cursor: dict[str, Any] = {}
    while True:
        page = who.get("/audit", limit=200, **sought, **cursor)
        found += page["items"]
        if not page["next"]:
            return found
        cursor = {"after": page["next"]}


def streams(found: list[Any]) -> set[str]:
    return {it["stream"] for it in found}


def test_an_auditor_reads_what_belongs_to_the_subtree_and_nothing_else(
    broker: Broker, door: Door, city: City, told: Any
) -> None:
    whole, district = events(door["auditor"]), events(door["auditor.dh"])
    elsewhere, department = events(door["auditor.xs"]), events(door["auditor.dh-cg"])
    case = told["request"]
    of_case = [it["number"] for it in whole if it["case"] == case]
    assert len(of_case) > 8
    assert [it["number"] for it in district if it["case"] == case] == of_case
    assert [it for it in elsewhere if it["case"] == case] == []
    assert [it["number"] for it in events(door["auditor.dh"], case=case)] == of_case
    assert events(door["auditor.xs"], case=case) == []
    number = door["asker"].get(f"/access-requests/{case}")["number"]
    assert events(door["auditor.xs"], number=number) == []
    assert [it["number"] for it in events(door["auditor.dh"], number=number)] == of_case

    # The own part of a request of others, and what the own people did to it.
    part = {it["stream"] for it in department if it["case"] == case}
    (item,) = (it for it in streams(whole) if it.startswith("request_item/"))
    retrieval = next(it for it in streams(whole) if it.startswith("retrieval/"))
    assert {item, f"grant/{told['id']}", retrieval} <= part
    here = {str(city.persons[login]) for login in ("owner.cg", "owner.cg2")}
    beyond = [it for it in department if it["stream"].startswith(("access_request/", "refusal/"))]
    assert {it["actor"] for it in beyond} == {str(city.persons["owner.cg"])}

    # People, departments and sources of the subtree; of others nothing, but what holds for the whole house.
    names = {name: f"department/{it.id}" for name, it in city.departments.items()}
    assert {names["dh"], names["dh-cg"], names["dh-hb"]} <= streams(district)
    assert not {names["jc"], names["xs"], names["xs-ga"]} & streams(district)
    assert {names["xs"], names["xs-ga"]} <= streams(elsewhere)
    assert f"refusal/{city.persons['stranger']}" in streams(elsewhere) - streams(district)
    assert f"sign_in/{city.persons['looker']}" in streams(district) - streams(elsewhere) - streams(department)
    foreign = [it for it in department if it["actor"] not in here and it["stream"].split("/")[0] not in HOUSE]
    assert all(it["case"] == case or "asker" not in str(it["data"]) for it in foreign)
    assert streams(events(door["auditor.dh"], department="xs")) <= streams(district)
    opened_and_checked(broker, door, told)


def opened_and_checked(broker: Broker, door: Door, told: Any) -> None:
    """What may be listed may be opened; the whole is checked by whoever audits the whole tree."""

    def caller(login: str) -> Caller:
        with broker.work() as work:
            return caller_of(work, work.persons.by_login(login).id)

    stream = f"access_request/{told['request']}"
    whole = broker.audit.chain(caller("auditor.dh"), stream)
    assert (whole.fault, len(whole.events)) == (None, whole.length)
    part = broker.audit.chain(caller("auditor.dh-cg"), stream)
    assert 0 < len(part.events) < part.length
    with pytest.raises(Unknown, match="unknown-stream"):
        broker.audit.chain(caller("auditor.xs"), stream)
    assert broker.audit.audits_all(operator("tests"))
    assert door["auditor"].post("/audit/verify")["faults"] == []
    for login in ("auditor.dh", "auditor.dh-cg"):
        assert not broker.audit.audits_all(caller(login))
        bad(door[login].send("POST", "/audit/verify"), 403, "audits-a-part")
    bad(door["looker"].send("POST", "/audit/verify"), 403, "not-allowed")


def test_an_event_that_was_filed_under_another_request_is_found(
    door: Door, owner: psycopg.Connection, told: Any
) -> None:
    stream = f"grant/{told['id']}"
    was = owner.execute("SELECT case_id, body FROM audit_event WHERE stream = %s AND seq = 1", [stream]).fetchone()
    assert was is not None
    assert json.loads(was[1])["case"] == told["request"]
    for filed in (None, told["id"]):
        owner.execute("UPDATE audit_event SET case_id = %s WHERE stream = %s AND seq = 1", [filed, stream])
        assert door["auditor"].post("/audit/verify")["faults"] == [{"stream": stream, "seq": 1}], filed
    owner.execute("UPDATE audit_event SET case_id = %s WHERE stream = %s AND seq = 1", [was[0], stream])
    assert door["auditor"].post("/audit/verify")["faults"] == []
    of_older_versions(door, owner, told)


def of_older_versions(door: Door, owner: psycopg.Connection, told: Any) -> None:
    """Find the same in events whose bodies do not say their request."""
    rows = owner.execute("SELECT DISTINCT stream FROM audit_event WHERE case_id IS NOT NULL").fetchall()
    named = sorted(stream for (stream,) in rows)
    for stream in named:
        _without_case(owner, stream)
    assert door["auditor"].post("/audit/verify")["faults"] == [], "old events hold as they are"
    kinds = {stream.partition("/")[0] for stream in named}
    assert kinds >= {"access_request", "request_item", "grant", "retrieval"}
    bound = [stream for stream in named if not stream.startswith("refusal/")]
    owner.execute("UPDATE audit_event SET case_id = %s WHERE stream = ANY(%s)", [told["id"], bound])
    assert sorted(it["stream"] for it in door["auditor"].post("/audit/verify")["faults"]) == bound
    owner.execute("UPDATE audit_event SET case_id = NULL WHERE stream = ANY(%s)", [bound])
    assert sorted(it["stream"] for it in door["auditor"].post("/audit/verify")["faults"]) == bound
    person = owner.execute("SELECT stream FROM audit_event WHERE kind = 'person:created' LIMIT 1").fetchone()
    assert person is not None
    owner.execute("UPDATE audit_event SET case_id = %s WHERE stream = %s", [told["request"], person[0]])
    assert person[0] in [it["stream"] for it in door["auditor"].post("/audit/verify")["faults"]]


def _without_case(owner: psycopg.Connection, stream: str) -> None:
    """Write a stream anew as a version would have written it whose events did not say their request."""
    previous = bytes(32)
    found = owner.execute("SELECT id, body FROM audit_event WHERE stream = %s ORDER BY seq", [stream]).fetchall()
    update = sql.SQL("UPDATE audit_event SET body = %s, previous = %s, leaf = %s WHERE id = %s")
    for number, body in found:
        told = json.loads(body)
        del told["case"]
        old = canonical({**told, "previous": previous.hex()})
        owner.execute(update, [old, previous, leaf_hash(old), number])
        previous = leaf_hash(old)
