"""Every error comes as problem+json, in the reader's language, and never tells what it should not."""

import logging
from typing import Any

import httpx
import pytest

from broker.bootstrap import Broker
from broker.domain.errors import SourceFault, TooLarge, Unavailable
from broker.domain.ids import new_id
from broker.services.catalog.finding import Finding
from tests.city import City
from tests.web.door import Door, bad
from tests.web.steps import form

MEMBERS = {"type", "title", "status", "detail", "instance", "slug", "request_id"}


def test_the_shape(lobby: Door) -> None:
    key = new_id()
    answer = lobby["asker"].send("GET", f"/grants/{key}", headers={"X-Request-ID": "trace-me-0001"})
    told = bad(answer, 404, "unknown-grant")
    assert MEMBERS | {"facts"} == told.keys()
    assert told["type"] == "/api/v1/problems/unknown-grant"
    assert told["instance"] == f"/api/v1/grants/{key}"
    assert told["facts"] == {"grant": str(key)}
    assert told["request_id"] == answer.headers["x-request-id"] == "trace-me-0001"


def test_the_language_is_the_readers(lobby: Door) -> None:
    def ask(wanted: str) -> tuple[str, str]:
        answer = lobby["asker"].send("GET", f"/grants/{new_id()}", headers={"Accept-Language": wanted})
        return answer.json()["detail"], answer.headers["content-language"]

    chinese, english = ask("zh-CN,zh;q=0.9,en;q=0.8"), ask("en-GB,en")
    assert chinese[1] == "zh-CN"
    assert chinese[0].startswith("没有这张授权单")
    assert english[1] == "en"
    assert english[0].startswith("There is no such grant")
    assert ask("fr")[1] == "zh-CN"


def test_the_problem_page_explains_in_both_languages(lobby: Door) -> None:
    told = lobby.anybody.get("/problems/stale-revision")
    assert told["sentences"].keys() == {"zh-CN", "en"}
    assert "{current}" in told["sentences"]["en"]
    bad(lobby.anybody.send("GET", "/problems/made-up"), 404, "unknown-problem")


def test_a_made_up_request_id_is_replaced(lobby: Door) -> None:
    for given in ("short", "x" * 65, "a b c d e f g h", '{"$ne":1234}'):
        answer = lobby.anybody.send("GET", "/me", headers={"X-Request-ID": given})
        assert answer.headers["x-request-id"] != given


def test_routes_and_methods_that_there_are_not(lobby: Door) -> None:
    bad(lobby.client.get("/api/v1/nowhere"), 404, "unknown-route")
    bad(lobby.client.get("/nowhere"), 404, "unknown-route")
    bad(lobby.client.get("/api/v1/cameras/"), 404, "unknown-route")
    answer = lobby.client.delete("/api/v1/cameras")
    bad(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET"


def entries(answer: httpx.Response) -> dict[str, str]:
    told = bad(answer, 422, "request-invalid")
    assert all(entry.keys() == {"pointer", "slug", "detail"} for entry in told["errors"])
    return {entry["pointer"]: entry["slug"] for entry in told["errors"]}


def test_every_wrong_field_is_named(lobby: Door, city_template: City) -> None:
    body: dict[str, Any] = form(city_template)
    body["purpose"].pop("basis")
    body["lines"][0].pop("camera")
    body["lines"][1]["begin"] = "2026-11-21T10:00:00"
    body["lines"][2]["end"] = body["lines"][2]["begin"]
    body["lines"][3]["begin"] = "yesterday"
    body["lines"][4]["begin"] = "0001-01-01T00:00:00+14:00"
    body["terms"] = {"actions": ["live"], "valid_days": 31, "quota": {"snapshots": -1}}
    body["urgent"] = "perhaps"
    body["approved_by"] = "me"
    found = entries(lobby["asker"].send("POST", "/access-requests", body))
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


def test_what_was_sent_is_not_sent_back(lobby: Door) -> None:
    body = {"login": ["canary-login"], "password": {"canary": "canary-password"}, "canary-member": 1}
    answer = lobby.anybody.send("POST", "/sessions", body)
    bad(answer, 422, "request-invalid")
    assert "canary-login" not in answer.text
    assert "canary-password" not in answer.text


def test_queries_and_paths_have_pointers_too(lobby: Door) -> None:
    asker = lobby["asker"]
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


def test_a_domain_error_points_into_the_body(lobby: Door, city_template: City) -> None:
    body = form(city_template)
    body["lines"][1]["camera"] = str(new_id())
    told = bad(lobby["asker"].send("POST", "/access-requests", body), 422, "unknown-camera")
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
def test_json_that_is_none(lobby: Door, body: bytes, slug: str, facts: dict[str, object]) -> None:
    answer = lobby.client.post("/api/v1/sessions", content=body, headers={"Content-Type": "application/json"})
    assert bad(answer, 422, slug).get("facts", {}) == facts


def test_a_body_must_say_that_it_is_json(lobby: Door) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data", ""):
        answer = lobby.client.post("/api/v1/sessions", content=b"{}", headers={"Content-Type": kind})
        told = bad(answer, 422, "body-media-type")
        assert (told["pointer"], told["facts"]) == ("#header/Content-Type", {"expected": "application/json"})
    answer = lobby["sysadmin"].send("POST", "/cameras/import", {"owner": "dh-cg"})
    assert bad(answer, 422, "body-media-type")["facts"] == {"expected": "multipart/form-data"}
    bad(lobby.client.post("/api/v1/sessions"), 422, "request-invalid")


FAULTS = [
    (SourceFault("source-timeout", seconds=60), 502, "source-timeout"),
    (Unavailable("database-fault", code="secret-place"), 503, "database-fault"),
    (TooLarge("list-too-large", size=2, limit=1), 413, "list-too-large"),
]


@pytest.mark.parametrize(("error", "status", "slug"), FAULTS)
def test_faults_from_below(
    lobby: Door, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, slug: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Finding, "page", fail)
    answer = lobby["asker"].send("GET", "/cameras")
    bad(answer, status, slug)
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "secret-place" not in answer.text


def test_what_nobody_expected_tells_nothing_and_is_logged(
    lobby: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("canary-in-the-trace")

    monkeypatch.setattr(Finding, "page", fail)
    with caplog.at_level(logging.ERROR):
        answer = lobby["asker"].send("GET", "/cameras")
    told = bad(answer, 500, "unexpected")
    assert told.keys() == MEMBERS
    assert "canary-in-the-trace" not in answer.text
    assert "Traceback" not in answer.text
    assert "canary-in-the-trace" in caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_host_that_is_none(lobby: Door) -> None:
    for host in ("[", "[::1", "a b", "x:y:z"):
        answer = lobby["asker"].send("GET", "/me", headers={"Host": host})
        assert answer.status_code in {200, 400}, host
        answer = lobby["asker"].send("GET", f"/grants/{new_id()}", headers={"Host": host})
        assert answer.status_code in {404, 400}, host


def test_secrets_do_not_reach_the_log(door: Door, caplog: pytest.LogCaptureFixture, city: City) -> None:
    with caplog.at_level(logging.DEBUG):
        door.sign_in("asker", "canary-password")
        program = door.token("asker", "*")
        program.get("/me")
        options = {"folder": "relative", "password": "canary-option"}
        source = {"code": "s", "name": "n", "adapter": "local_files", "department": "dh-cg", "options": options}
        door["sysadmin"].send("POST", "/sources", source)
        person = {"login": "n", "name": "n", "department": "jc", "password": "canary-password"}
        door["secadmin"].send("POST", "/persons", person)
    assert city.persons
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    told = "\n".join(record.getMessage() for record in ours)
    assert "POST /api/v1/sessions 401" in told
    secrets = [
        "canary-",
        program.headers["Authorization"][-20:],
        door["asker"].csrf,
        door["asker"].headers["Cookie"][-20:],
    ]
    assert [secret for secret in secrets if secret in told] == []


def test_answers_are_not_kept_and_not_framed(lobby: Door) -> None:
    for answer in (lobby["asker"].send("GET", "/me"), lobby.anybody.send("GET", "/me")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["strict-transport-security"]


def test_health_says_little(lobby: Door, shared_broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lobby.client.get("/health/live").json() == {"status": "ok"}
    assert lobby.client.get("/health/ready").json() == {"status": "ok"}

    def fail(*_: object) -> bool:
        raise Unavailable("blob-store-failed", place="secret-place", detail="secret-detail")

    monkeypatch.setattr(type(shared_broker.blobs), "exists", fail)
    answer = lobby.client.get("/health/ready")
    bad(answer, 503, "not-ready")
    assert "secret" not in answer.text
    assert lobby.client.get("/health/live").json() == {"status": "ok"}
