"""The access register on the real database: exactly one line a look, written with it, never after."""

import random
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg import sql

from broker.bootstrap import Broker
from broker.domain.errors import BrokerError, Conflict, Forbidden, Unknown
from broker.domain.footage.grants import Grant
from broker.domain.footage.media import SnapshotAsk
from broker.domain.footage.retrievals import Retrieval
from broker.domain.oversight.register import LookAct, LookResult, Sought
from broker.services.oversight.register import Register
from storage.db.footage.grants import GrantRepository
from storage.db.oversight.register import RegisterRepository
from tests.city import City
from tests.services.looks import CONTENT, clip, lines, made_ready, picture
from tests.services.test_main_path import authorized
from tests.web.steps import bind

LOOKS = ("retrieval:ordered", "retrieval:opened", "retrieval:refused")
ADDRESS = "192.0.2.7"


@pytest.fixture
def grant(broker: Broker, city: City) -> Grant:
    bind(broker, city, "/nowhere")
    return authorized(broker, city)[1]


def ordered(broker: Broker, city: City, grant: Grant) -> Retrieval:
    looker = city.caller(broker, "looker")
    return broker.retrievals.order(looker, grant.lines[0].camera_id, clip(grant), address=ADDRESS)


def test_a_line_says_what_the_law_asks_for(broker: Broker, city: City, grant: Grant) -> None:
    retrieval = ordered(broker, city, grant)
    (line,) = lines(broker, city)
    assert (line.act, line.action, line.result, line.refusal) == ("order", "clip", "allowed", "")
    assert (line.person_name, line.person_login) == ("人员looker", "looker")
    assert (line.department_name, line.owner_name) == ("东河区生态环境局", "东河区城市管理局")
    request = broker.access_requests.read(city.caller(broker, "asker"), grant.request_id)
    assert (line.basis, line.case_number) == (request.purpose.basis, "东环罚〔2026〕12号")
    assert (line.reason, line.request_number) == (request.purpose.reason, request.number)
    assert (line.grant_id, line.retrieval_id, line.address) == (grant.id, retrieval.id, ADDRESS)
    camera = city.cameras_of("dh-cg")[0]
    assert (line.camera_id, line.camera_name, line.gb_code) == (camera.id, camera.name, camera.gb_code)
    assert line.end is not None
    assert (line.begin, line.end - line.begin) == (grant.lines[0].window.begin, timedelta(seconds=10))
    assert line.outcome is None


def test_a_later_name_changes_no_line(broker: Broker, city: City, grant: Grant) -> None:
    ordered(broker, city, grant)
    before = lines(broker, city)
    with psycopg.connect(broker.database_url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        for table in ("person", "department", "camera"):
            owner.execute(sql.SQL("UPDATE {} SET name = 'anders'").format(sql.Identifier(table)))
        owner.execute("UPDATE access_request SET reason = 'anders', case_number = 'anders'")
    assert lines(broker, city) == before


def test_a_delivery_is_entered_before_and_its_end_beside_it(broker: Broker, city: City, grant: Grant) -> None:
    looker = city.caller(broker, "looker")
    ready = made_ready(broker, ordered(broker, city, grant))
    whole = broker.retrievals.open(looker, ready.id)
    line = lines(broker, city)[-1]
    assert (line.act, line.result, line.outcome, line.number) == ("deliver", "allowed", None, whole.line)
    broker.retrievals.delivered(looker, ready.id, ready.size, whole.line)
    part = broker.retrievals.open(looker, ready.id, 10)
    broker.retrievals.delivered(looker, ready.id, 10, part.line, last=False)
    cut = broker.retrievals.open(looker, ready.id)
    broker.retrievals.interrupted(looker, ready.id, 7, "client-left", cut.line)
    told = {line.number: line.outcome for line in lines(broker, city)}
    ends = [told[number] for number in (whole.line, part.line, cut.line)]
    assert [(end.sent, end.reason) for end in ends if end] == [(len(CONTENT), ""), (10, ""), (7, "client-left")]


def test_a_refusal_has_its_reason_and_tells_no_stranger_why(broker: Broker, city: City, grant: Grant) -> None:
    looker, other = city.caller(broker, "looker"), city.cameras_of("dh-jt")[0]
    with pytest.raises(Forbidden):
        broker.retrievals.order(looker, grant.lines[0].camera_id, SnapshotAsk("", grant.lines[0].window.end))
    with pytest.raises(Forbidden):
        broker.retrievals.order(looker, other.id, picture(grant))
    late, elsewhere = lines(broker, city)
    assert (late.refusal, late.request_id) == ("footage-window", grant.request_id)
    assert (elsewhere.refusal, elsewhere.request_id, elsewhere.case_number) == ("footage-camera", None, "")
    assert [line.number for line in lines(broker, city, "owner.jt")] == [elsewhere.number]


def test_what_is_refused_late_is_entered_too(
    broker: Broker, city: City, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grant ends, or its bytes are used up, between the policy's yes and the taking."""
    looker = city.caller(broker, "looker")
    ready = made_ready(broker, ordered(broker, city, grant))
    monkeypatch.setattr(GrantRepository, "_take", lambda *_: False)
    with pytest.raises(Conflict, match="grant-ended"):
        ordered(broker, city, grant)
    with pytest.raises(Forbidden, match="footage-quota"):
        broker.retrievals.open(looker, ready.id)
    assert [(line.act, line.refusal) for line in lines(broker, city)[1:]] == [
        (LookAct.ORDER, "grant-ended"), (LookAct.DELIVER, "footage-quota")
    ]  # fmt: skip


@pytest.mark.parametrize("look", ["order", "open", "refusal"])
def test_code_that_forgets_the_line_cannot_commit(
    broker: Broker, city: City, grant: Grant, monkeypatch: pytest.MonkeyPatch, look: str
) -> None:
    ready = made_ready(broker, ordered(broker, city, grant))
    looker, stranger = city.caller(broker, "looker"), city.caller(broker, "stranger")
    tries: dict[str, partial[Any]] = {
        "order": partial(ordered, broker, city, grant),
        "open": partial(broker.retrievals.open, looker, ready.id),
        "refusal": partial(broker.retrievals.order, stranger, grant.lines[0].camera_id, picture(grant)),
    }
    before = counted(broker)
    with monkeypatch.context() as forgetful:
        forgetful.setattr(RegisterRepository, "enter", lambda *_: 1)
        with pytest.raises(Conflict):
            tries[look]()
    assert counted(broker) == before
    try:
        tries[look]()
    except Forbidden:
        assert look == "refusal"
    assert counted(broker) != before


def counted(broker: Broker) -> dict[str, int]:
    """Return how many looks the trace and how many lines the register has, and the retrievals."""
    with psycopg.connect(broker.database_url) as owner:
        rows = owner.execute(
            "SELECT 'events', count(*) FROM audit_event WHERE kind = ANY(%s)"
            " UNION ALL SELECT 'lines', count(*) FROM access_register"
            " UNION ALL SELECT 'orders', count(*) FROM access_register WHERE act = 'order' AND result = 'allowed'"
            " UNION ALL SELECT 'retrievals', count(*) FROM retrieval",
            [list(LOOKS)],
        ).fetchall()
    return {str(name): int(count) for name, count in rows}


class Walk:
    """Somebody random does something random; counts the looks that there were."""

    def __init__(self, broker: Broker, city: City, grant: Grant, seed: int) -> None:
        self.broker, self.city, self.grant = broker, city, grant
        self.chance = random.Random(seed)  # noqa: S311  # a walk, no secret
        self.ready: list[Retrieval] = []
        self.looks = 0
        self.ends = 0

    def step(self) -> None:
        try:
            self.chance.choice((self.order, self.order, self.open))()
        except BrokerError as error:
            if not isinstance(error, Forbidden | Unknown) and error.slug != "camera-without-source":
                raise
            self.looks += isinstance(error, Forbidden)

    def order(self) -> None:
        login = self.chance.choice(("looker", "looker", "looker", "looker2", "stranger", "auditor"))
        camera = self.chance.choice([*self.grant.lines, *self.grant.lines, None])
        key = camera.camera_id if camera else self.chance.choice(list(self.city.cameras.values())).id
        ask = self.chance.choice((picture, clip))(self.grant, self.chance.choice((1, 60, 7200)))
        retrieval = self.broker.retrievals.order(self.city.caller(self.broker, login), key, ask)
        self.looks += 1
        self.ready.append(made_ready(self.broker, retrieval))

    def open(self) -> None:
        if not self.ready:
            return
        ready = self.chance.choice(self.ready)
        caller = self.city.caller(self.broker, self.chance.choice(("looker", "looker", "looker2")))
        delivery = self.broker.retrievals.open(caller, ready.id)
        self.looks += 1
        end = self.chance.choice(("delivered", "interrupted", "crashed"))
        if end == "delivered":
            self.broker.retrievals.delivered(caller, ready.id, ready.size, delivery.line)
        elif end == "interrupted":
            self.broker.retrievals.interrupted(caller, ready.id, 5, "client-left", delivery.line)
        self.ends += end != "crashed"


@pytest.mark.parametrize("seed", range(3))
def test_after_a_random_walk_every_look_has_exactly_one_line(
    broker: Broker, city: City, grant: Grant, seed: int
) -> None:
    walk = Walk(broker, city, grant, seed)
    for number in range(60):
        if number == 50:
            broker.grants.revoke(city.caller(broker, "owner.cg"), grant.id, "案件已结")
        walk.step()
    found = counted(broker)
    assert found["events"] == found["lines"] == walk.looks
    assert found["orders"] == found["retrievals"] > 5
    entered = lines(broker, city)
    assert len({line.number for line in entered}) == len(entered) == walk.looks
    assert sum(line.outcome is not None for line in entered) == walk.ends > 0
    refused = {line.refusal for line in entered if line.result is LookResult.REFUSED}
    assert {"footage-person", "footage-live"} <= refused


def test_who_reads_which_lines(broker: Broker, city: City, grant: Grant) -> None:
    ordered(broker, city, grant)
    stranger, foreign = city.caller(broker, "stranger"), city.cameras_of("xs-ga")[0]
    with pytest.raises(Forbidden):
        broker.retrievals.order(stranger, foreign.id, picture(grant))
    first, second = (line.number for line in lines(broker, city))
    seen = {
        login: [line.number for line in lines(broker, city, login)]
        for login in ("looker", "looker2", "asker", "stranger", "center.dh", "center.xs", "center.jc", "owner.cg")
    }
    seen |= {login: [line.number for line in lines(broker, city, login)] for login in ("owner.jt", "owner.xs")}
    assert seen == {
        "looker": [first], "looker2": [], "asker": [], "stranger": [second], "center.dh": [first], "center.xs": [],
        "center.jc": [], "owner.cg": [first], "owner.jt": [], "owner.xs": [second],
    }  # fmt: skip
    for login in ("sysadmin", "secadmin"):
        assert lines(broker, city, login) == []


def test_lines_are_found_by_what_is_in_them(broker: Broker, city: City, grant: Grant) -> None:
    retrieval = ordered(broker, city, grant)
    with pytest.raises(Forbidden):
        broker.retrievals.order(city.caller(broker, "stranger"), retrieval.camera_id, picture(grant))
    both = lines(broker, city)
    first, second = both
    at = second.at
    wanted = {
        first.number: [
            Sought(person="looker"), Sought(department="dh-hb"), Sought(department="dh"), Sought(result=first.result),
            Sought(request=grant.request_id), Sought(until=at), Sought(camera=first.camera_id, person="looker"),
        ],
        second.number: [
            Sought(since=at), Sought(person="stranger"), Sought(department="xs"), Sought(result=second.result),
        ],
    }  # fmt: skip
    for number, searches in wanted.items():
        for sought in searches:
            assert [line.number for line in lines(broker, city, sought=sought)] == [number], sought
    assert lines(broker, city, sought=Sought(owner="dh-cg", act=LookAct.ORDER)) == both
    for nothing in (Sought(act=LookAct.DELIVER), Sought(owner="dh-jt"), Sought(person="nobody")):
        assert lines(broker, city, sought=nothing) == []
    with pytest.raises(Unknown, match="unknown-department"):
        lines(broker, city, sought=Sought(department="nowhere"))
    with pytest.raises(BrokerError, match="reversed-time"):
        lines(broker, city, sought=Sought(since=at, until=at))


def test_an_export_is_noted_cut_and_continued(broker: Broker, city: City, grant: Grant) -> None:
    for _ in range(5):
        ordered(broker, city, grant)
    register, auditor = Register(broker.work, broker.policy, most=2), city.caller(broker, "auditor")
    numbers: list[int] = []
    after: int | None = 0
    while after is not None:
        export = register.export(auditor, Sought(person="looker"), "csv", after=after)
        taken = [line.number for line in export.lines]
        assert len(taken) == export.count <= 2
        numbers += taken
        after = export.next
    assert numbers == [line.number for line in lines(broker, city)]
    noted = broker.audit.page(auditor, case=None, kind="register:exported", after=0, limit=10)
    assert [event.data["lines"] for _, event in noted] == [2, 2, 1]
    assert [event.data["cut"] for _, event in noted] == [True, True, False]
    assert noted[0][1].data["sought"] == {"person": "looker"}
    for login in ("looker", "asker", "sysadmin"):
        with pytest.raises(Forbidden):
            broker.register.export(city.caller(broker, login), Sought(), "csv")
