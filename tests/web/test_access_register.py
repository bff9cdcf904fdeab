"""The access register over HTTP: read in pages, taken away as a file, every look of a real delivery in it."""

import csv
import io
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from broker.bootstrap import Broker
from broker.domain.ids import CameraId, RetrievalId
from broker.web.app import create_app
from broker.web.guard import Cell
from tests.city import City
from tests.services.looks import CONTENT, made_ready
from tests.web.door import Door, bad, serving
from tests.web.steps import BEGIN, bind, granted

INSTANT = (BEGIN + timedelta(minutes=1)).isoformat()


@pytest.fixture
def following(broker: Broker, city: City) -> Iterator[Door]:
    """The door of an application that follows what stops footage, as it does when it serves."""
    assert city.persons
    with serving(create_app(broker), lifespan="on") as url, Door(url) as opened:
        yield opened


def ordered(door: Door, camera: str, login: str = "looker") -> Any:
    return door[login].send("POST", "/retrievals", {"camera": camera, "action": "snapshot", "instant": INSTANT})


def looked(broker: Broker, city: City, door: Door) -> str:
    """Have a picture ordered, and two refused; return the picture's retrieval."""
    bind(broker, city, "/nowhere")
    camera = granted(door, city)["lines"][0]["camera"]["id"]
    retrieval = ordered(door, camera).json()["id"]
    bad(ordered(door, camera, "looker2"), 403, "footage-person")
    bad(ordered(door, str(CameraId(city.cameras_of("dh-jt")[0].id))), 403, "footage-camera")
    return str(retrieval)


def test_lines_are_read_in_pages(broker: Broker, city: City, door: Door) -> None:
    retrieval = looked(broker, city, door)
    first = door["auditor"].get("/access-register", limit=2)
    rest = door["auditor"].get("/access-register", limit=2, after=first["next"])
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    line = first["items"][0]
    assert (line["act"], line["action"], line["result"], line["refusal"]) == ("order", "snapshot", "allowed", None)
    assert (line["person"]["login"], line["department"]["name"]) == ("looker", "东河区生态环境局")
    assert (line["retrieval"], line["end"], line["address"]) == (retrieval, None, "127.0.0.1")
    assert line["why"]["case_number"] == "东环罚〔2026〕12号"
    refused = door["auditor"].get("/access-register", result="refused", person="looker2", act="order")["items"]
    assert [it["refusal"] for it in refused] == ["footage-person"]
    assert [it["refusal"] for it in door["owner.jt"].get("/access-register")["items"]] == ["footage-camera"]
    since = door["auditor"].get("/access-register", **{"from": line["at"], "to": first["items"][1]["at"]})["items"]
    assert [it["number"] for it in since] == [line["number"]]
    bad(door["auditor"].send("GET", "/access-register", params={"department": "nowhere"}), 404, "unknown-department")
    bad(door["auditor"].send("GET", "/access-register", params={"act": "look"}), 422, "request-invalid")
    bad(door["auditor"].send("GET", "/access-register", params={"after": "x"}), 422, "cursor-invalid")


def test_a_file_is_taken_away(broker: Broker, city: City, door: Door) -> None:
    looked(broker, city, door)
    answer = door["auditor"].send("GET", "/access-register/export")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E8%B0%83")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert (len(rows), rows[-1][0][:1]) == (5, "完")
    answer = door["center.dh"].send("GET", "/access-register/export", params={"format": "xlsx", "result": "allowed"})
    (sheet,) = load_workbook(io.BytesIO(answer.content)).worksheets
    assert [row[3].value for row in sheet.iter_rows()][1:2] == ["looker"]
    noted = door["auditor"].get("/audit", kind="register:exported")["items"]
    assert [(it["actor_name"], it["data"]["format"], it["data"]["lines"]) for it in noted] == [
        ("人员auditor", "csv", 3), ("人员center.dh", "xlsx", 1)
    ]  # fmt: skip
    for login in ("looker", "asker", "sysadmin"):
        bad(door[login].send("GET", "/access-register/export"), 403, "not-allowed")
    bad(door["auditor"].send("GET", "/access-register/export", params={"format": "odt"}), 422, "request-invalid")


def test_a_file_that_was_cut_says_so(broker: Broker, city: City, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    looked(broker, city, door)
    monkeypatch.setattr(broker.register, "_most", 2)
    first = door["auditor"].send("GET", "/access-register/export")
    following = first.headers["x-next-after"]
    assert f"after={following}" in first.text.splitlines()[-1]
    second = door["auditor"].send("GET", "/access-register/export", params={"after": following})
    assert "x-next-after" not in second.headers
    assert [len(answer.text.splitlines()) for answer in (first, second)] == [4, 3]


def test_every_delivery_has_its_line_and_its_end(broker: Broker, city: City, following: Door) -> None:
    key = RetrievalId(UUID(looked(broker, city, following)))
    with broker.work() as work:
        ordered_one = work.retrievals.load(key)
    made_ready(broker, ordered_one)
    path, looker = f"/retrievals/{key}/media", following["looker"]
    assert looker.send("GET", path, headers={"Range": "bytes=0-9"}).content == CONTENT[:10]
    assert looker.send("GET", path).content == CONTENT
    assert looker.send("HEAD", path).status_code == 200
    broker.blobs.delete(broker.retrievals.read(city.caller(broker, "looker"), key).items[0].digest)
    bad(looker.send("GET", path), 404, "blob-unknown")
    ends = ended(following, 3)
    told = [(end["bytes"], end["cut_off_by"]) for end in ends]
    assert told == [(10, None), (len(CONTENT), None), (0, "blob-unknown")]


def ended(door: Door, count: int) -> list[Any]:
    """Wait until so many deliveries have ended: the end is written after the last byte has left."""
    deadline = time.monotonic() + 10
    while True:
        found = door["auditor"].get("/access-register", act="deliver")["items"]
        ends = [line["outcome"] for line in found if line["outcome"]]
        if len(ends) == count:
            assert len(found) == count
            return ends
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def test_what_is_stopped_before_its_first_byte_is_told_too(
    broker: Broker, city: City, following: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease ends between the opening and the first chunk: the line is there, and says that nothing flowed."""
    key = looked(broker, city, following)
    with broker.work() as work:
        ordered_one = work.retrievals.load(RetrievalId(UUID(key)))
    made_ready(broker, ordered_one)
    monkeypatch.setattr(Cell, "refusal", lambda _: "lease-lost")
    bad(following["looker"].send("GET", f"/retrievals/{key}/media"), 503, "lease-lost")
    assert [(end["bytes"], end["cut_off_by"]) for end in ended(following, 1)] == [(0, "lease-lost")]


def test_a_query_of_anything(lobby: Door) -> None:
    names = st.sampled_from(
        ["limit", "after", "from", "to", "department", "owner", "person", "camera", "request", "act", "result"]
    )
    told = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(names, told), max_size=3), st.sampled_from(["", "/export"]))
    def ask(query: list[tuple[str, str]], path: str) -> None:
        answer = lobby["auditor"].send("GET", f"/access-register{path}", params=query)
        assert answer.status_code < 500, (query, answer.text)

    ask()
