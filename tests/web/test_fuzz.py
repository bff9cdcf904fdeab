"""Whatever is sent, the answer is never a fault of ours."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.city import City
from tests.proofs import FULL
from tests.web.door import Door
from tests.web.steps import form, item_of, span, submitted

BOUNDED = settings(
    max_examples=400 if FULL else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXT = st.text(st.characters(), max_size=12)
TIMES = st.sampled_from(
    [
        *span().values(),
        "2026-11-20T10:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "24:00",
        "2026-W01-1",
    ]
)
LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT | TIMES | st.sampled_from([str(UUID(int=0)), "looker", "clip", "DRAFT", "../..", "'; DROP TABLE person; --"])
)  # fmt: skip
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)


def paths(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the places of all parts of a body."""
    yield place
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(part, (*place, key))


def put(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    """Return the body with `new` at `place`."""
    if not place:
        return new
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[place[0]] = put(value[place[0]], place[1:], new)
    return changed


def bodies(door: Door, city: City) -> list[tuple[str, str, Any]]:
    """Return calls that would succeed, to be spoilt."""
    request = submitted(door, city)
    item = item_of(request, "dh-cg")
    lines = [{"line": line["id"], **span()} for line in item["lines"]]
    terms = {"actions": ["clip"], "valid_days": 1, "quota": {"snapshots": 1, "seconds": 60, "bytes": 1000}}
    order = {"camera": item["lines"][0]["camera"]["id"], "action": "clip", **span(), "grant": None}
    decision = {"revision": 1, "lines": lines, "terms": terms}
    remarks = {lines[0]["line"]: "r"}
    role = {"role": "auditor", "department": "jc"}
    person = {"login": "a.b", "name": "名", "department": "dh-hb", "password": "three-rivers", "roles": [role]}
    options = {"folder": "/x", "names": {"a": "b"}}
    source = {"code": "s", "name": "n", "adapter": "local_files", "department": "dh-cg", "options": options}
    department = {"code": "c", "name": "n", "name_en": "e", "kind": "department", "division": "99", "parent": "jc"}
    return [
        ("asker", "/access-requests", {**form(city), "terms": terms, "urgent": False}),
        ("center.dh", f"/access-requests/{request['id']}/approve", {**decision, "comment": "c"}),
        ("owner.cg", f"/request-items/{item['id']}/authorize", {**decision, "remarks": remarks}),
        ("looker", "/retrievals", order),
        ("secadmin", "/persons", person),
        ("sysadmin", "/sources", {**source, "sessions": 1}),
        ("sysadmin", "/departments", department),
        ("asker", "/me/tokens", {"name": "n", "scopes": ["camera"], "valid_days": 1}),
        ("asker", "/sessions", {"login": "asker", "password": "x"}),
    ]


def test_a_body_with_one_part_spoilt(door: Door, city: City) -> None:
    calls = bodies(door, city)
    places = [(login, path, body, place) for login, path, body in calls for place in paths(body)]

    @BOUNDED
    @given(st.sampled_from(places), ANYTHING)
    def spoil(call: tuple[str, str, Any, tuple[Any, ...]], new: Any) -> None:
        login, path, body, place = call
        content = json.dumps(put(body, place, new)).encode()  # escapes what UTF-8 cannot hold
        answer = door[login].send("POST", path, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code < 500, (path, place, new, answer.text)

    spoil()


def test_a_body_of_bytes(lobby: Door) -> None:
    @BOUNDED
    @given(st.binary(max_size=60) | st.text('{}[]",:\\u01 naeE+-.', max_size=40).map(str.encode))
    def throw(body: bytes) -> None:
        answer = lobby["asker"].send(
            "POST", "/access-requests", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 422, (body, answer.text)

    throw()


@pytest.mark.parametrize("path", ["/cameras", "/audit", "/access-requests", "/grants"])
def test_a_query_of_anything(lobby: Door, path: str) -> None:
    names = st.sampled_from(
        ["limit", "after", "text", "owner", "division", "bound", "case", "kind", "state", "request"]
    )
    told = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)

    @BOUNDED
    @given(st.lists(st.tuples(names, told), max_size=3))
    def ask(query: list[tuple[str, str]]) -> None:
        answer = lobby["auditor"].send("GET", path, params=query)
        assert answer.status_code < 500, (query, answer.text)

    ask()


@pytest.mark.parametrize(
    "header", ["Cookie", "Authorization", "Accept-Language", "X-Request-ID", "Origin", "Idempotency-Key"]
)
def test_a_header_of_anything(lobby: Door, header: str) -> None:
    told = st.binary(max_size=40).map(lambda it: bytes(c for c in it if c >= 0x21 and c != 0x7F))

    @BOUNDED
    @given(told)
    def ask(value: bytes) -> None:
        answer = lobby["asker"].send("POST", "/audit/verify", headers={header: value})
        assert answer.status_code in {401, 403, 422}, (value, answer.text)

    ask()
