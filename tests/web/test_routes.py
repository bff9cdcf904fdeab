"""The inventory of routes, and the pages that describe them."""

import re
from collections import Counter

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from broker.bootstrap import Broker
from broker.web.app import create_app
from broker.web.openapi import UNREMEMBERED
from tests.web.door import Door, bad, serving
from tests.web.routes_of import PUBLIC, UNDESCRIBED, filled, operations, page_routes

FOREIGN = re.compile(r"""(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}""", re.IGNORECASE)

# Two methods of one route share an id, and the framework warns of it.


@pytest.fixture(scope="module")
def app(shared_broker: Broker) -> FastAPI:
    return create_app(shared_broker)


def test_every_route_asks_who_comes_or_is_on_the_list(lobby: Door, app: FastAPI) -> None:
    asked = 0
    for method, path, operation in operations(app):
        public = (method, path) in PUBLIC
        assert ("security" in operation) is not public, (method, path)
        if public:
            continue
        for headers in ({}, {"Cookie": "__Host-xueliang=x"}, {"Authorization": "Bearer xlt_x"}):
            answer = lobby.client.request(method, filled(path), headers=headers)
            assert answer.status_code == 401, (method, path)
            asked += 1
    assert asked > 100


def test_nothing_is_served_beside_the_description(app: FastAPI) -> None:
    """A route that is left out of the description would slip by the test above."""
    described = {path for _, path, _ in operations(app)}
    pages = {path for _, path in page_routes()}
    assert {route.path for route in iter_route_contexts(app.routes)} - described == UNDESCRIBED | pages


def test_who_is_asked_is_asked_before_anything_is_read(app: FastAPI, lobby: Door) -> None:
    for method, path, operation in operations(app):
        if method != "GET" and "security" in operation:
            headers = {"Content-Type": "application/json"}
            answer = lobby.client.request(method, filled(path), content=b"{ no json", headers=headers)
            assert answer.status_code == 401, (method, path)


def test_the_description(lobby: Door, app: FastAPI) -> None:
    document = lobby.client.get("/openapi.json").json()
    assert (document["info"]["title"], document["info"]["version"]) == (app.title, app.version)
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    names = Counter(operation["operationId"] for method, _, operation in operations(app) if method != "HEAD")
    assert set(names.values()) == {1}
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)
    for method, path, operation in operations(app):
        (tag,) = operation["tags"]
        assert re.search(r"[\u4e00-\u9fff]", tags[tag]), tag
        assert "application/problem+json" in operation["responses"]["default"]["content"], path
        keyed = "Idempotency-Key" in {parameter["name"] for parameter in operation.get("parameters", ())}
        assert keyed is (method not in {"GET", "HEAD"} and operation["operationId"] not in UNREMEMBERED), path
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_bodies_have_examples_that_fit(lobby: Door, app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]
    given = "RequestIn OrderIn PersonIn DepartmentIn SourceIn SourceEditIn BindIn TokenIn SignInIn"
    for name in given.split():
        assert schemas[name]["examples"], name
    example = schemas["RequestIn"]["examples"][0]
    bad(lobby["asker"].send("POST", "/access-requests", example), 422, "unknown-camera")


def test_no_answer_has_room_for_a_secret(app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]
    names = {name: set(schema.get("properties", ())) for name, schema in schemas.items() if not name.endswith("In")}
    secret = {"options", "password", "password_hash", "secret", "digest_of_password"}
    shown_once = {"IssuedOut", "EnrolmentOut", "HandedOut", "WebhookAddedOut"}
    assert {name for name, members in names.items() if members & secret} == shown_once
    known = {"id", "code", "name", "adapter", "department", "sessions", "stopped", "keeps_days", "version"}
    assert names["SourceOut"] == known


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_the_pages_need_no_other_host(lobby: Door, page: str) -> None:
    answer = lobby.client.get(page)
    assert answer.status_code == 200
    assert FOREIGN.findall(answer.text) == []
    policy = answer.headers["content-security-policy"]
    assert FOREIGN.findall(policy) == []
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    links = re.findall(r"""(?:src|href)="([^"]+)"|url: '([^']+)'|spec-url="([^"]+)\"""", answer.text)
    assets = [next(filter(None, link)) for link in links]
    assert len(assets) >= 3
    for asset in assets:
        got: httpx.Response = lobby.client.get(asset)
        assert got.status_code == 200, asset
        assert len(got.content) > 100


def test_the_application_follows_revocations_while_it_runs(app: FastAPI) -> None:
    with serving(app, lifespan="on") as url:
        assert httpx.get(f"{url}/health/live", trust_env=False).status_code == 200
        assert app.state.guard._thread.is_alive()
    assert not app.state.guard._thread.is_alive()
