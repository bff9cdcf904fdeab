"""Every error comes as problem+json, in the reader's language, and never tells what it should not."""

import logging
from typing import Any

import httpx
import pytest

from broker.bootstrap import Broker
from broker.domain.errors import SourceFault, TooLarge, Unavailable
from broker.domain.ids import new_id
from broker.services.catalog import Catalog
from tests.city import City
from tests.web.door import Door, bad
from tests.web.steps import form

MEMBERS = {"type", "title", "status", "detail", "instance", "slug", "request_id"}


def test_the_shape(door: Door) -> None:
    key = new_id()
    answer = door["asker"].send("GET", f"/grants/{key}", headers={"X-Request-ID": "trace-me-0001"})
    told = bad(answer, 404, "unknown-grant")
    assert MEMBERS | {"facts"} == told.keys()
    assert told["type"] == "/api/v1/problems/unknown-grant"
    assert told["instance"] == f"/api/v1/grants/{key}"
    assert told["facts"] == {"grant": str(key)}
    assert told["request_id"] == answer.headers["x-request-id"] == "trace-me-0001"


def test_the_language_is_the_readers(door: Door) -> None:
    def ask(wanted: str) -> tuple[str, str]:
        answer = door["asker"].send("GET", f"/grants/{new_id()}", headers={"Accept-Language": wanted})
        return answer.json()["detail"], answer.headers["content-language"]

    chinese, english = ask("zh-CN,zh;q=0.9,en;q=0.8"), ask("en-GB,en")
    assert chinese[1] == "zh-CN"
    assert chinese[0].startswith("没有这张授权单")
    assert english[1] == "en"
    assert english[0].startswith("There is no such grant")
    assert ask("fr")[1] == "zh-CN"


def test_the_problem_page_explains_in_both_languages(door: Door) -> None:
    told = door.anybody.get("/problems/stale-revision")
    assert told["sentences"].keys() == {"zh-CN", "en"}
    assert "{current}" in told["sentences"]["en"]
    bad(door.anybody.send("GET", "/problems/made-up"), 404, "unknown-problem")


def test_a_made_up_request_id_is_replaced(door: Door) -> None:
    for given in ("short", "x" * 65, "a b c d e f g h", '{"$ne":1234}'):
        answer = door.anybody.send("GET", "/me", headers={"X-Request-ID": given})
        assert answer.headers["x-request-id"] != given


def test_routes_and_methods_that_there_are_not(door: Door) -> None:
    bad(door.client.get("/api/v1/nowhere"), 404, "unknown-route")
    bad(door.client.get("/nowhere"), 404, "unknown-route")
    bad(door.client.get("/api/v1/cameras/"), 404, "unknown-route")
    answer = door.client.delete("/api/v1/cameras")
    bad(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET"


def entries(answer: httpx.Response) -> dict[str, str]:
    told = bad(answer, 422, "request-invalid")
    assert all(entry.keys() == {"pointer", "slug", "detail"} for entry in told["errors"])
    return {entry["pointer"]: entry["slug"] for entry in told["errors"]}


def test_every_wrong_field_is_named(door: Door, city: City) -> None:
    body: dict[str, Any] = form(city)
    body["purpose"].pop("basis")
    body["lines"][0].pop("camera")
    body["lines"][1]["begin"] = "2026-11-21T10:00:00"
    body["lines"][2]["end"] = body["lines"][2]["begin"]
    body["lines"][3]["begin"] = "yesterday"
    body["lines"][4]["begin"] = "0001-01-01T00:00:00+14:00"
    body["terms"] = {"actions": ["live"], "valid_days": 31, "quota": {"snapshots": -1}}
    body["urgent"] = "perhaps"
    body["approved_by"] = "me"
    found = entries(door["asker"].send("POST", "/access-requests", body))
    assert found == {
        "/purpose/basis": "field-missing",
        "/lines/0/camera": "field-missing",
        "/lines/1/begin": "naive-time",
        "/lines/2/end": "reversed-time",
        "/lines/3/begin": "field-time",
        "/lines/4/begin": "time-out-of-range",
        "/terms/actions/0": "field-choice",
        "/terms/valid_days": "number-too-large",
        "/terms/quota/snapshots": "number-too-small",
        "/urgent": "field-type",
        "/approved_by": "field-unknown",
    }


def test_what_was_sent_is_not_sent_back(door: Door) -> None:
    body = {"login": ["canary-login"], "password": {"canary": "canary-password"}, "canary-member": 1}
    answer = door.anybody.send("POST", "/sessions", body)
    bad(answer, 422, "request-invalid")
    assert "canary-login" not in answer.text
    assert "canary-password" not in answer.text


def test_queries_and_paths_have_pointers_too(door: Door) -> None:
    asker = door["asker"]
    assert entries(asker.send("GET", "/cameras?limit=0&bound=perhaps")) == {
        "#query/limit": "number-too-small", "#query/bound": "field-type"
    }  # fmt: skip
    assert entries(asker.send("GET", "/grants/not-an-id")) == {"#path/key": "field-uuid"}
    key = new_id()
    naive = "begin=2026-11-20T10:00:00&end=2026-11-20T11:00:00%2B08:00"
    assert entries(asker.send("GET", f"/cameras/{key}/coverage?{naive}")) == {"#query/begin": "naive-time"}
    far = "begin=2026-01-01T00:00:00Z&end=2026-11-20T11:00:00Z"
    told = bad(asker.send("GET", f"/cameras/{key}/coverage?{far}"), 422, "coverage-too-long")
    assert told["pointer"] == "#query/end"


def test_a_domain_error_points_into_the_body(door: Door, city: City) -> None:
    body = form(city)
    body["lines"][1]["camera"] = str(new_id())
    told = bad(door["asker"].send("POST", "/access-requests", body), 422, "unknown-camera")
    assert told["pointer"] == "/lines/1/camera"


BAD_JSON = [
    (b'{"login": "a",\n oops}', "json-invalid", {"line": 2, "column": 2}),
    (b'{"login": "a", "login": "b"}', "json-duplicate", {"name": "login"}),
    (b'{"login": NaN}', "json-constant", {"value": "NaN"}),
    (b'{"login": 1e999}', "json-number", {}),
    (b'{"login": ' + b"9" * 5000 + b"}", "json-number", {}),
    (b'{"login": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", "json-too-deep", {"most": 32}),
    (b'{"login": "\xff"}', "json-encoding", {"position": 11}),
    (b'{"login": "a\\u0000"}', "text-unstorable", {}),
    (b'{"login": "\\ud800"}', "text-unstorable", {}),
]


@pytest.mark.parametrize(("body", "slug", "facts"), BAD_JSON)
def test_json_that_is_none(door: Door, body: bytes, slug: str, facts: dict[str, object]) -> None:
    answer = door.client.post("/api/v1/sessions", content=body, headers={"Content-Type": "application/json"})
    assert bad(answer, 422, slug).get("facts", {}) == facts


def test_a_body_must_say_that_it_is_json(door: Door) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", ""):
        answer = door.client.post("/api/v1/sessions", content=b"{}", headers={"Content-Type": kind})
        assert bad(answer, 422, "body-not-json")["pointer"] == "#header/Content-Type"
    bad(door.client.post("/api/v1/sessions"), 422, "request-invalid")


FAULTS = [
    (SourceFault("source-timeout", seconds=60), 502, "source-timeout"),
    (Unavailable("database-fault", code="secret-place"), 503, "database-fault"),
    (TooLarge("list-too-large", size=2, limit=1), 413, "list-too-large"),
]


@pytest.mark.parametrize(("error", "status", "slug"), FAULTS)
def test_faults_from_below(
    door: Door, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, slug: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Catalog, "page", fail)
    answer = door["asker"].send("GET", "/cameras")
    bad(answer, status, slug)
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "secret-place" not in answer.text


def test_what_nobody_expected_tells_nothing_and_is_logged(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("canary-in-the-trace")

    monkeypatch.setattr(Catalog, "page", fail)
    with caplog.at_level(logging.ERROR):
        answer = door["asker"].send("GET", "/cameras")
    told = bad(answer, 500, "unexpected")
    assert told.keys() == MEMBERS
    assert "canary-in-the-trace" not in answer.text
    assert "Traceback" not in answer.text
    assert "canary-in-the-trace" in caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_answers_are_not_kept_and_not_framed(door: Door) -> None:
    for answer in (door["asker"].send("GET", "/me"), door.anybody.send("GET", "/me")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["strict-transport-security"]


def test_health_says_little(door: Door, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert door.client.get("/health/live").json() == {"status": "ok"}
    assert door.client.get("/health/ready").json() == {"status": "ok"}

    def fail(*_: object) -> bool:
        raise Unavailable("blob-store-failed", place="secret-place", detail="secret-detail")

    monkeypatch.setattr(type(broker.blobs), "exists", fail)
    answer = door.client.get("/health/ready")
    bad(answer, 503, "not-ready")
    assert "secret" not in answer.text
    assert door.client.get("/health/live").json() == {"status": "ok"}
