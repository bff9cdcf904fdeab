"""Lists of cameras come as files: to disk, within limits, under a harmless name."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from broker.bootstrap import Broker
from broker.web.api.catalog.camera_import import safe_name
from broker.web.app import create_app
from tests.web.door import API, Door, bad, good, serving

LIST = "gb_code,name,latitude,longitude\n99010201081320000091,桥头,30.6,104.0\n9901,坏编码,30.6,104.0\n"
MEBIBYTE = 1024 * 1024


def upload(door: Door, login: str = "sysadmin", **more: Any) -> httpx.Response:
    files = more.pop("files", {"file": ("点位.csv", LIST.encode(), "text/csv")})
    return door[login].send(
        "POST", "/cameras/import", data={"owner": "dh-cg", **more.pop("data", {})}, files=files, **more
    )


def test_the_balance_and_every_doubt_come_back(door: Door) -> None:
    tried = good(upload(door, data={"dry_run": "true"}))
    assert (tried["dry_run"], tried["read"], tried["inserted"], tried["quarantined"]) == (True, 2, 1, 1)
    (problem,) = tried["problems"]
    assert (problem["where"], problem["field"], problem["severity"]) == ("3", "gb_code", "quarantined")
    assert door["asker"].get("/cameras", text="桥头")["items"] == []
    assert good(upload(door))["inserted"] == 1
    assert len(door["asker"].get("/cameras", text="桥头")["items"]) == 1
    assert good(upload(door))["unchanged"] == 1
    event = door["auditor"].get("/audit", kind="catalogue:imported", limit=200)["items"][-1]
    assert event["data"]["file"] == "点位.csv"


def test_columns_can_be_named_by_hand(door: Door) -> None:
    rows = "code;what;lat;lon\n99010201081320000092;渡口;30.6;104.0\n".replace(";", ",").encode()
    files = {"file": ("list.txt", rows)}
    bad(upload(door, files=files), 422, "list-column-missing")
    data = {"map": ["gb_code=code", "name=what"], "format": "csv"}
    assert good(upload(door, files=files, data=data))["inserted"] == 1
    bad(upload(door, files=files, data={"map": "name"}), 422, "list-map-syntax")


def test_a_form_takes_what_it_asks_for(lobby: Door) -> None:
    told = bad(upload(lobby, data={"owner_id": "x", "dry_run": "perhaps", "format": "exe"}), 422, "request-invalid")
    assert {entry["pointer"]: entry["slug"] for entry in told["errors"]} == {
        "/owner_id": "field-unknown", "/dry_run": "field-type", "/format": "field-choice"
    }  # fmt: skip
    bad(upload(lobby, data={"owner": "a b"}), 422, "request-invalid")
    bad(upload(lobby, files={"other": ("a.csv", b"x")}), 422, "request-invalid")
    bad(upload(lobby, files={"file": ("a.exe", b"x")}), 422, "list-format")
    bad(upload(lobby, login="asker"), 403, "not-allowed")
    bad(upload(lobby, data={"owner": "nowhere"}), 404, "unknown-department")


def test_a_form_that_is_none(lobby: Door) -> None:
    for content, kind in (
        (b"--x\r\nno form", "multipart/form-data; boundary=x"),
        (b"whatever", "multipart/form-data"),
        (b"--x\r\n" * 1000, "multipart/form-data; boundary=x"),
    ):
        answer = lobby["sysadmin"].send("POST", "/cameras/import", content=content, headers={"Content-Type": kind})
        assert answer.status_code == 422, (content, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_same_upload_is_replayed_whatever_its_boundary(door: Door) -> None:
    key = {"Idempotency-Key": "import-1"}
    first, again = upload(door, headers=key), upload(door, headers=key)
    assert first.request.headers["content-type"] != again.request.headers["content-type"]
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    other = {"file": ("点位.csv", LIST.replace("桥头", "桥尾").encode(), "text/csv")}
    bad(upload(door, headers=key, files=other), 422, "idempotency-key-reused")


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\lists\\点位 表(1).xlsx", "点位 表(1).xlsx"),
        ("\x00\n.csv", "_.csv"),
        ("", "list"),
        (None, "list"),
        ("..", "list"),
        ("点" * 300 + ".csv", "点" * 60 + ".csv"),
    ],
)
def test_a_name_that_does_no_harm(told: str | None, kept: str) -> None:
    assert safe_name(told) == kept


@pytest.fixture
def narrow(broker: Broker) -> Iterator[Door]:
    """The door of a program that takes one mebibyte."""
    settings = broker.settings.model_copy(update={"upload_mb": 1})
    with serving(create_app(replace(broker, settings=settings))) as url, Door(url) as opened:
        yield opened


def test_too_much_is_refused_by_its_length(narrow: Door) -> None:
    files = {"file": ("big.csv", b"x" * (MEBIBYTE + 1))}
    assert bad(upload(narrow, files=files), 413, "body-too-large")["facts"] == {"limit": MEBIBYTE}
    bad(narrow.client.post(f"{API}/sessions", content=b" " * (MEBIBYTE + 1)), 413, "body-too-large")


def test_too_much_is_refused_while_it_comes(narrow: Door) -> None:
    def pieces(head: bytes) -> Iterator[bytes]:
        yield head
        for _ in range(40):
            yield b"x" * 65_536

    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = narrow["sysadmin"].send("POST", "/cameras/import", content=pieces(form), headers=headers)
    assert "content-length" not in answer.request.headers
    bad(answer, 413, "body-too-large")
    answer = narrow.client.post(
        f"{API}/sessions", content=pieces(b'{"login": "'), headers={"Content-Type": "application/json"}
    )
    bad(answer, 413, "body-too-large")


def test_json_is_small_whatever_uploads_may_be(lobby: Door) -> None:
    body = {"name": "x" * MEBIBYTE}
    bad(lobby["sysadmin"].send("POST", "/departments", body), 413, "body-too-large")
