"""Webhooks from notice to receiver: signed, tried again, given up, told; and who may set one where."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from standardwebhooks import Webhook as Oracle

from broker.bootstrap import Broker, operator
from broker.domain.errors import BrokerError, Conflict, Forbidden, Invalid, Unknown
from broker.domain.notices.notices import NOTICES
from broker.domain.notices.webhooks import MOST_OF_A_DEPARTMENT, Answer
from broker.domain.time import Clock
from broker.services.notices.webhooks import Added, NewWebhook
from broker.worker.app import worker_thread
from storage.db.unit_of_work import UnitOfWork
from tests.city import City
from tests.notices.conftest import House, eventually
from tests.notices.receiver import Receiver, receiving

OPERATOR = operator("tests")


def added(house: House, receiver: Receiver, department: str = "dh-hb", *kinds: str) -> Added:
    return house.broker.webhooks.add(OPERATOR, NewWebhook(department, receiver.url, kinds))


def deliveries(house: House) -> list[tuple[str, int, int | None, str]]:
    return [
        tuple(row)
        for row in house.rows("SELECT state, attempts, last_status, last_error FROM webhook_delivery ORDER BY id")
    ]


def settled(house: House) -> bool:
    return eventually(lambda: house.jobs() == [])


def test_a_notice_reaches_the_webhooks_above_its_departments(house: House) -> None:
    """A webhook of the district hears of its departments, not of the neighbour, and only what it asked for."""
    with receiving(Receiver()) as district, receiving(Receiver()) as own, receiving(Receiver()) as other:
        added(house, district, "dh", "item.waiting")
        added(house, own, "dh-hb")
        added(house, other, "xs")
        house.tell("item.waiting", at=("dh-hb", "dh-cg"))
        house.tell("access_request.decided", at=("dh-hb",))
        house.tell("access_request.decided", to=("asker",))
        with worker_thread(house.broker, 1):
            assert settled(house)
        kinds = [sorted(json.loads(call.body)["type"] for call in each.calls) for each in (district, own, other)]
    assert kinds == [["item.waiting"], ["access_request.decided", "item.waiting"], []]


def test_what_is_sent(house: House, receiver: Receiver) -> None:
    """An independent implementation of the standard takes the call, and refuses it when a byte is changed."""
    secret = added(house, receiver).secret
    house.tell(at=("dh-hb",))
    with worker_thread(house.broker, 1):
        assert settled(house)
    (call,) = receiver.calls
    oracle = Oracle(secret)
    payload = oracle.verify(call.body, dict(call.headers))
    (notice,) = house.rows("SELECT id, case_id FROM notice")
    assert payload == json.loads(call.body)
    assert payload["type"] == "access_request.decided"
    assert payload["data"] == {
        "notice": str(notice[0]),
        "case": str(notice[1]),
        "facts": {"number": "申2026-1"},
        "summary": {"zh_CN": "申请 申2026-1 已全部办结", "en": "Request 申2026-1 is decided"},
    }
    assert call.headers["content-type"] == "application/json"
    for changed in (call.body + b" ", call.body.replace(b"2026", b"2025")):
        with pytest.raises(Exception, match="signature"):
            oracle.verify(changed, dict(call.headers))
    (stored,) = house.rows("SELECT sealed FROM webhook")
    assert secret.encode() not in bytes(stored[0])


def test_two_failures_then_success(house: House, receiver: Receiver) -> None:
    """The same id every time, so that a receiver can tell a repetition; every attempt verifies on its own."""
    receiver.statuses = (500, 503, 204)
    secret = added(house, receiver).secret
    house.tell(at=("dh-hb",))
    with worker_thread(house.broker, 1):
        assert settled(house)
    assert len(receiver.calls) == 3
    assert len(set(receiver.good_ids(secret))) == 1
    assert len({call.body for call in receiver.calls}) == 1
    assert deliveries(house) == [("delivered", 3, 204, "")]
    (shown,) = house.broker.webhooks.deliveries(OPERATOR, only(house), after=None, limit=10)
    assert (shown[0].attempts, shown[1]) == (3, "access_request.decided")


def only(house: House) -> UUID:
    (found,) = house.broker.webhooks.page(OPERATOR, after=None, limit=10)
    return found.id


def test_the_timestamp_is_that_of_the_attempt(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(house, receiver)
    receiver.statuses = (500,)
    house.tell(at=("dh-hb",))
    key = first_delivery(house)
    courier = house.broker.deliveries
    begin = int(house.broker.clock.now().timestamp())
    courier.call(key, 0)
    later = Later(house.broker.clock, timedelta(hours=1))
    monkeypatch.setattr(courier, "_work", partial(UnitOfWork, house.broker.engine, later))
    courier.call(key, 1)
    first, second = (int(call.headers["webhook-timestamp"]) for call in receiver.calls)
    assert begin <= first < begin + 3600 <= second


@dataclass(frozen=True)
class Later:
    """A clock that is ahead."""

    clock: Clock
    by: timedelta

    def now(self) -> datetime:
        return self.clock.now() + self.by


def first_delivery(house: House) -> UUID:
    (notice,) = house.rows("SELECT id FROM notice ORDER BY id LIMIT 1")
    house.broker.deliveries.fan_out([notice[0]])
    return UUID(str(house.rows("SELECT id FROM webhook_delivery ORDER BY id LIMIT 1")[0][0]))


def test_410_ends_the_webhook_and_tells_its_administrators(house: House, receiver: Receiver) -> None:
    receiver.statuses = (410,)
    key = added(house, receiver).webhook.id
    for _ in range(2):
        house.tell(at=("dh-hb",))
    with worker_thread(house.broker, 1):
        assert settled(house)
        house.tell(at=("dh-hb",))
        assert settled(house)
    assert len(receiver.calls) == 1
    assert {state for state, *_ in deliveries(house)} == {"dropped"}
    assert house.broker.webhooks.page(OPERATOR, after=None, limit=9)[0].state == "disabled"
    assert received(house, "sysadmin") == ["webhook.disabled"]
    with house.broker.work() as work:
        assert [event.kind for event in work.audit.stream(f"webhook/{key}")] == ["webhook:added", "webhook:disabled"]
    assert house.broker.audit.verify(house.city.caller(house.broker, "auditor")).faults == ()


def received(house: House, login: str) -> list[str]:
    caller = house.city.caller(house.broker, login)
    return [each.notice.kind for each in house.broker.notices.page(caller, unread=False, after=None, limit=20)]


def test_after_the_last_attempt_it_is_dead_and_told_once(house: House, receiver: Receiver) -> None:
    receiver.statuses = (302,)
    added(house, receiver)
    for _ in range(2):
        house.tell(at=("dh-hb",))
    with worker_thread(house.broker, 1):
        assert settled(house)
        assert deliveries(house) == [("dead", 4, 302, "webhook-status")] * 2
        assert received(house, "sysadmin") == ["webhook.dead"]
        receiver.statuses = (*[200] * (len(receiver.calls) + 1), 500)
        house.tell(at=("dh-hb",))
        assert settled(house)
        house.tell(at=("dh-hb",))
        assert settled(house)
    assert [state for state, *_ in deliveries(house)] == ["dead", "dead", "delivered", "dead"]
    assert received(house, "sysadmin") == ["webhook.dead"] * 2
    assert received(house, "secadmin") == []


def test_the_address_is_checked_again_at_every_delivery(house: House, receiver: Receiver) -> None:
    """What the operator no longer allows is not called any more, although it once was."""
    added(house, receiver)
    house.tell(at=("dh-hb",))
    key = first_delivery(house)
    courier = house.broker.deliveries
    courier._office = replace(courier._office, rules=replace(courier._office.rules, networks=()))
    assert courier.call(key, 0) == Answer(None, "webhook-private")
    assert receiver.calls == []
    assert deliveries(house) == [("waiting", 1, None, "webhook-private")]


def test_an_attempt_that_has_passed_is_not_made_again(house: House, receiver: Receiver) -> None:
    """A worker that died after writing down: its job comes again, and nothing is sent."""
    added(house, receiver)
    house.tell(at=("dh-hb",))
    key = first_delivery(house)
    first_delivery(house)
    assert len(deliveries(house)) == 1, "addressed once, however often the job runs"
    assert house.jobs().count(("call_webhook", "todo")) == 1
    receiver.statuses = (500, 200)
    assert house.broker.deliveries.call(key, 0) == Answer(500, "webhook-status")
    assert house.broker.deliveries.call(key, 0) is None
    assert house.broker.deliveries.call(key, 1) == Answer(200)
    assert house.broker.deliveries.call(key, 1) is None
    assert house.broker.deliveries.call(uuid4(), 0) is None
    assert len(receiver.calls) == 2


@pytest.mark.timeout(180)
def test_a_worker_killed_between_sending_and_writing_sends_once_more(
    house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver gets the same id twice, which is what it can tell a repetition by; then never again."""
    monkeypatch.setattr("broker.worker.app.STALLED_AFTER", 4.0)
    secret = added(house, receiver).secret
    house.tell(at=("dh-hb",))
    with dying_worker(house.broker) as worker:
        worker.wait(60)
    assert worker.returncode == -signal.SIGKILL
    assert deliveries(house) == [("waiting", 0, None, "")]
    assert len(receiver.calls) == 1
    with worker_thread(house.broker, 1):
        assert eventually(lambda: deliveries(house) == [("delivered", 1, 200, "")], 60)
        assert settled(house)
    assert len(receiver.calls) == 2
    assert len(set(receiver.good_ids(secret))) == 1


def dying_worker(broker: Broker) -> "subprocess.Popen[bytes]":
    """Run a worker that is killed as soon as a call has been answered, before that is written down."""
    program = (
        "import os, signal, sys\n"
        "from broker.services.notices.couriers import post_office\n"
        "real = post_office.call\n"
        "def call(*given):\n"
        "    real(*given)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "post_office.call = call\n"
        "from broker.cli import main\n"
        "main()\n"
    )
    environment = os.environ | {
        "XUELIANG_DATABASE_URL": broker.database_url,
        "XUELIANG_DATA": str(broker.settings.data),
        "XUELIANG_WEBHOOK_PLAIN_HTTP": "true",
        "XUELIANG_WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8",
    }
    command = [sys.executable, "-c", program, "worker"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def test_what_waits_for_a_removed_webhook_is_dropped_and_its_secret_gone(house: House, receiver: Receiver) -> None:
    key = added(house, receiver).webhook.id
    house.tell(at=("dh-hb",))
    delivery = first_delivery(house)
    house.broker.webhooks.remove(OPERATOR, key)
    assert house.broker.deliveries.call(delivery, 0) is None
    assert receiver.calls == []
    assert deliveries(house) == [("dropped", 0, None, "")]
    assert [bytes(row[0]) for row in house.rows("SELECT sealed FROM webhook")] == [b""]
    with pytest.raises(Unknown):
        house.broker.webhooks.remove(OPERATOR, key)
    added(house, receiver)


def test_a_key_that_is_gone_is_waited_for(house: House, receiver: Receiver) -> None:
    added(house, receiver)
    house.tell(at=("dh-hb",))
    key = first_delivery(house)
    file = house.broker.settings.data / "secret.key"
    kept = file.read_text()
    file.write_text("0" * 64 + "\n")
    house.broker.secrets._keys = {}
    assert house.broker.deliveries.call(key, 0) == Answer(None, "secret-key-wrong")
    file.write_text(kept)
    assert house.broker.deliveries.call(key, 1) == Answer(200)


PRIVATE = [
    "http://169.254.169.254/latest/meta-data", "https://10.0.0.1/x", "https://[::ffff:10.0.0.1]/x",
    "https://localhost:8443/x",
]  # fmt: skip


def test_a_private_address_is_refused_and_nothing_changes(broker: Broker, city: City) -> None:
    sysadmin = city.caller(broker, "sysadmin")
    for url in PRIVATE:
        with pytest.raises(Invalid) as refused:
            broker.webhooks.add(sysadmin, NewWebhook("dh-hb", url))
        assert refused.value.pointer == "/url"
        assert refused.value.slug in {"webhook-private", "webhook-scheme"}
    with broker.engine.connect() as connection:
        for table in ("webhook", "webhook_delivery", "audit_event WHERE left(kind, 7) = 'webhook'"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0  # noqa: S608
    assert not (broker.settings.data / "secret.key").exists()


def test_who_may_set_a_webhook_and_where(house: House, receiver: Receiver) -> None:
    broker, city = house.broker, house.city
    webhook = broker.webhooks.add(city.caller(broker, "sysadmin"), NewWebhook("dh-hb", receiver.url)).webhook
    for login in ("asker", "secadmin", "auditor", "center.dh"):
        caller = city.caller(broker, login)
        for refused in (
            lambda caller=caller: broker.webhooks.add(caller, NewWebhook("dh-hb", receiver.url)),
            lambda caller=caller: broker.webhooks.page(caller, after=None, limit=9),
            lambda caller=caller: broker.webhooks.remove(caller, webhook.id),
            lambda caller=caller: broker.webhooks.test(caller, webhook.id),
            lambda caller=caller: broker.webhooks.deliveries(caller, webhook.id, after=None, limit=9),
        ):
            with pytest.raises((Forbidden, Unknown)):
                refused()
    west = broker.accounts.assign(OPERATOR, city.persons["stranger"], "system_administrator", "xs").person.login
    caller = city.caller(broker, west)
    assert broker.webhooks.page(caller, after=None, limit=9) == []
    for hidden in (broker.webhooks.remove, broker.webhooks.test):
        with pytest.raises(Unknown):
            hidden(caller, webhook.id)
    with pytest.raises(Forbidden):
        broker.webhooks.add(caller, NewWebhook("dh-hb", receiver.url))
    assert receiver.calls == []


def test_what_cannot_be_added(house: House, receiver: Receiver) -> None:
    added(house, receiver)
    refusals: list[tuple[NewWebhook, type[BrokerError], str]] = [
        (NewWebhook("dh-hb", receiver.url), Conflict, "/url"),
        (NewWebhook("dh-hb", receiver.url, ("item.waiting", "item.eaten")), Invalid, "/kinds/1"),
        (NewWebhook("nowhere", receiver.url), Unknown, ""),
    ]
    for new, kind, pointer in refusals:
        with pytest.raises(kind) as refused:
            house.broker.webhooks.add(OPERATOR, new)
        assert refused.value.pointer == pointer
    for number in range(1, MOST_OF_A_DEPARTMENT):
        house.broker.webhooks.add(OPERATOR, NewWebhook("dh-hb", f"{receiver.url}/{number}", tuple(NOTICES)))
    with pytest.raises(Conflict, match="webhook-too-many"):
        house.broker.webhooks.add(OPERATOR, NewWebhook("dh-hb", f"{receiver.url}/more"))
    assert len(house.rows("SELECT id FROM webhook")) == MOST_OF_A_DEPARTMENT


def test_a_webhook_is_tried_out_without_a_trace(house: House, receiver: Receiver) -> None:
    receiver.statuses = (200, 500)
    webhook = added(house, receiver)
    assert house.broker.webhooks.test(OPERATOR, webhook.webhook.id) == Answer(200)
    assert house.broker.webhooks.test(OPERATOR, webhook.webhook.id) == Answer(500, "webhook-status")
    assert [json.loads(call.body)["type"] for call in receiver.calls] == ["webhook.test"] * 2
    assert len(set(receiver.good_ids(webhook.secret))) == 2
    assert deliveries(house) == []
    assert house.jobs() == []
