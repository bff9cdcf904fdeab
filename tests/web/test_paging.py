"""Every list comes a page at a time: nothing twice, nothing left out, and no cursor but our own."""

import base64
from typing import Any
from uuid import UUID

import pytest

from tests.city import DEPARTMENTS, PEOPLE, City
from tests.web.door import Door, Visitor, bad
from tests.web.steps import draft, granted

LISTS = {
    "/departments": "asker",
    "/persons": "secadmin",
    "/cameras": "asker",
    "/sources": "sysadmin",
    "/access-requests": "asker",
    "/request-items": "owner.cg",
    "/grants": "looker",
    "/retrievals": "looker",
    "/audit": "auditor",
    "/me/tokens": "asker",
}


def walk(visitor: Visitor, path: str, limit: int) -> list[dict[str, Any]]:
    """Return all items of a list, a page of `limit` at a time."""
    found: list[dict[str, Any]] = []
    page = visitor.get(path, limit=limit)
    while page["next"] is not None:
        assert len(page["items"]) == limit
        found += page["items"]
        page = visitor.get(path, limit=limit, after=page["next"])
    return [*found, *page["items"]]


@pytest.mark.parametrize(
    ("path", "login", "count"),
    [("/departments", "asker", len(DEPARTMENTS)), ("/persons", "secadmin", len(PEOPLE)), ("/cameras", "asker", 7)],
)
def test_pages_join_to_the_whole(lobby: Door, path: str, login: str, count: int) -> None:
    whole = lobby[login].get(path, limit=200)
    assert whole["next"] is None
    assert len(whole["items"]) == count
    assert walk(lobby[login], path, 3) == walk(lobby[login], path, count) == whole["items"]


def test_pages_of_what_happens(door: Door, city: City) -> None:
    grants = [granted(door, city)["id"] for _ in range(3)]
    drafts = [draft(door, city)["id"] for _ in range(2)]
    assert [it["id"] for it in walk(door["looker"], "/grants", 1)] == grants[::-1]
    newest = [it["id"] for it in walk(door["asker"], "/access-requests", 2)]
    assert newest[:2] == drafts[::-1]
    assert len(newest) == 5
    (only,) = door["looker"].get("/grants", request=door["looker"].get(f"/grants/{grants[0]}")["request"])["items"]
    assert only["id"] == grants[0]
    assert {it["state"] for it in door["asker"].get("/access-requests", state="DRAFT")["items"]} == {"DRAFT"}
    numbers = [it["number"] for it in walk(door["auditor"], "/audit", 50)]
    assert numbers == sorted(set(numbers))
    issued = door["auditor"].get("/audit", kind="grant:issued")["items"]
    assert [it["actor_name"] for it in issued] == ["人员owner.cg"] * 3
    bad(door["auditor"].send("GET", "/audit?kind=grant:invented"), 422, "field-choice")


def test_filters_of_the_catalogue(lobby: Door) -> None:
    asker = lobby["asker"]
    assert len(asker.get("/cameras", owner="dh-jt")["items"]) == 2
    assert len(asker.get("/cameras", text="XS-GA")["items"]) == 1
    assert asker.get("/cameras", bound=True)["items"] == []
    assert len(asker.get("/cameras", division="9901")["items"]) == 7
    bad(asker.send("GET", "/cameras?owner=nowhere"), 404, "unknown-department")
    camera = asker.get("/cameras", text="0000004")["items"][0]
    assert asker.get(f"/cameras/{camera['id']}") == camera
    assert camera["owner"]["name"] == "东河区交通运输局"
    bad(asker.send("GET", f"/cameras/{UUID(int=7)}"), 404, "unknown-camera")


def cursor(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("made_up", ["", "ä", "!!!", "a", cursor(b"\xff"), cursor(b"a\x00")])
def test_a_made_up_cursor_is_refused(lobby: Door, path: str, made_up: str) -> None:
    told = bad(lobby[LISTS[path]].send("GET", path, params={"after": made_up}), 422, "cursor-invalid")
    assert told["pointer"] == "#query/after"


@pytest.mark.parametrize("made_up", [b"not-an-id", b"-1", b"1" * 30, "²".encode(), b"9223372036854775808"])
def test_a_cursor_of_another_list_is_refused(lobby: Door, made_up: bytes) -> None:
    for path in ("/audit", "/cameras"):
        bad(lobby[LISTS[path]].send("GET", path, params={"after": cursor(made_up)}), 422, "cursor-invalid")


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1e9", "10000000000000000000000", "all", ""])
def test_a_page_is_not_endless(lobby: Door, limit: str) -> None:
    for path, login in LISTS.items():
        bad(lobby[login].send("GET", path, params={"limit": limit}), 422, "request-invalid")


def test_a_page_has_fifty_unless_told(door: Door, city: City) -> None:
    granted(door, city)
    page = door["auditor"].get("/audit")
    assert len(page["items"]) == 50
    assert page["next"]
