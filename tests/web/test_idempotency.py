"""One key, one write: replayed, refused for another call, never kept for a failure, one winner among two."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from broker.bootstrap import Broker
from broker.domain.errors import Unavailable
from broker.services.requests.access_requests import AccessRequests
from storage.db.house.idempotency import IdempotencyRepository, Write
from tests.city import City
from tests.web.door import Door, bad, good
from tests.web.steps import draft, form, span

KEY = {"Idempotency-Key": "key 1"}


def marked(broker: Broker, city: City, key: str = "key 1", login: str = "asker") -> bool:
    with broker.work() as work:
        return work.idempotency.find(str(city.persons[login]), key, work.now) is not None


def test_the_same_call_again_is_replayed(door: Door, city: City) -> None:
    first = door["asker"].send("POST", "/access-requests", form(city), headers=KEY)
    again = door["asker"].send("POST", "/access-requests", form(city), headers=KEY)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert again.headers["content-type"] == "application/json"
    assert len(door["asker"].get("/access-requests")["items"]) == 1


def test_an_answer_without_a_body_is_replayed_too(door: Door) -> None:
    token = door["asker"].post("/me/tokens", {"name": "x", "scopes": ["camera"], "valid_days": 1})
    path = f"/me/tokens/{token['id']}"
    assert door["asker"].send("DELETE", path, headers=KEY).status_code == 204
    again = door["asker"].send("DELETE", path, headers=KEY)
    assert (again.status_code, again.content, again.headers["idempotency-replayed"]) == (204, b"", "true")


def test_a_key_belongs_to_one_call_and_one_person(door: Door, city: City) -> None:
    door["asker"].post("/access-requests", form(city), headers=KEY)
    other = form(city) | {"urgent": True}
    told = bad(door["asker"].send("POST", "/access-requests", other, headers=KEY), 422, "idempotency-key-reused")
    assert told["pointer"] == "#header/Idempotency-Key"
    answer = door["stranger"].send("POST", "/access-requests", other, headers=KEY)
    assert "idempotency-replayed" not in answer.headers
    assert answer.status_code == 201


def test_members_in_another_order_are_the_same_call(door: Door, city: City) -> None:
    body = form(city)
    door["asker"].post("/access-requests", body, headers=KEY)
    again = door["asker"].send("POST", "/access-requests", dict(reversed(body.items())), headers=KEY)
    assert again.headers["idempotency-replayed"] == "true"


def test_a_call_that_fails_leaves_no_mark(door: Door, city: City, broker: Broker) -> None:
    bad(door["asker"].send("POST", "/access-requests", {}, headers=KEY), 422, "request-invalid")
    wrong = form(city) | {"investigators": ["nobody"]}
    bad(door["asker"].send("POST", "/access-requests", wrong, headers=KEY), 422, "unknown-person")
    bad(door["looker"].send("POST", "/access-requests", form(city), headers=KEY), 403, "not-allowed")
    assert not marked(broker, city)
    assert not marked(broker, city, login="looker")
    assert good(door["asker"].send("POST", "/access-requests", form(city), headers=KEY))["state"] == "DRAFT"
    assert marked(broker, city)


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there", "ü"])
def test_a_key_is_printable_and_short(door: Door, city: City, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    answer = door["asker"].send("POST", "/access-requests", form(city), headers=headers)
    bad(answer, 422, "idempotency-key-malformed")


def test_a_mark_without_an_answer_is_told(door: Door, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: IdempotencyRepository, __: Write, ___: int, ____: bytes) -> None:
        raise Unavailable("database-unreachable")

    with monkeypatch.context() as broken:
        broken.setattr(IdempotencyRepository, "answered", crash)
        bad(door["asker"].send("POST", "/access-requests", form(city), headers=KEY), 503, "database-unreachable")
    bad(door["asker"].send("POST", "/access-requests", form(city), headers=KEY), 409, "idempotency-answer-lost")
    assert len(door["asker"].get("/access-requests")["items"]) == 1


def test_of_two_at_once_one_succeeds(door: Door, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor, body = door["asker"], form(city)
    together = Barrier(2, timeout=10)
    original = AccessRequests.draft

    def meet(self: AccessRequests, *args: Any) -> Any:
        together.wait()  # both have looked for the key and found none
        return original(self, *args)

    monkeypatch.setattr(AccessRequests, "draft", meet)

    def send(_: int) -> httpx.Response:
        return visitor.send("POST", "/access-requests", body, headers=KEY)

    with ThreadPoolExecutor(2) as pool:
        won, lost = sorted(pool.map(send, range(2)), key=lambda answer: answer.status_code)
    assert won.status_code == 201
    bad(lost, 409, "idempotency-key-busy")
    assert len(visitor.get("/access-requests")["items"]) == 1
    assert send(0).headers["idempotency-replayed"] == "true"


def test_reading_and_strangers_have_no_use_for_a_key(door: Door, city: City, broker: Broker) -> None:
    for _ in range(2):
        assert "idempotency-replayed" not in door["asker"].send("GET", "/me", headers=KEY).headers
        assert "idempotency-replayed" not in door.sign_in("asker", headers=KEY).headers
    bad(door.anybody.send("POST", "/access-requests", form(city), headers=KEY), 401, "sign-in-needed")
    assert not marked(broker, city)


def test_a_secret_is_never_replayed(door: Door, city: City, broker: Broker) -> None:
    body = {"name": "x", "scopes": ["camera"], "valid_days": 1}
    first, second = (door["asker"].post("/me/tokens", body, headers=KEY)["secret"] for _ in range(2))
    assert first != second
    assert not marked(broker, city)


def test_a_password_does_not_stand_in_the_fingerprint(door: Door, city: City, broker: Broker) -> None:
    body = {"login": "new", "name": "新人", "department": "dh-hb", "password": "three-rivers-meet"}
    door["secadmin"].post("/persons", body, headers=KEY)
    again = door["secadmin"].send("POST", "/persons", {**body, "password": "another-long-one"}, headers=KEY)
    assert again.headers["idempotency-replayed"] == "true"
    assert marked(broker, city, login="secadmin")


def test_a_refused_order_leaves_no_mark(door: Door, city: City, broker: Broker) -> None:
    camera = city.cameras_of("dh-cg")[0].id
    order = {"camera": str(camera), "action": "clip", **span()}
    bad(door["looker"].send("POST", "/retrievals", order, headers=KEY), 403, "footage-person")
    assert not marked(broker, city, login="looker")


def test_a_decision_sent_twice_is_made_once(door: Door, city: City) -> None:
    path = f"/access-requests/{draft(door, city)['id']}/submit"
    first, again = (door["asker"].send("POST", path, headers=KEY) for _ in range(2))
    assert first.json() == again.json()
    bad(door["asker"].send("POST", path), 409, "transition-refused")
