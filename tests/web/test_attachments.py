"""Papers of requests over HTTP: taken while a request is being written, shown to whoever may see it, never opened."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest

from broker.bootstrap import Broker
from broker.domain.errors import Conflict
from broker.domain.ids import RequestId
from broker.services.requests.attachments import Attachments, Limits
from broker.web.app import create_app
from tests.city import City
from tests.services.papers import JPEG, pdf, png
from tests.web.door import Door, bad, good, serving
from tests.web.steps import draft, item_of, submitted

NOTICE = "调取证据通知书.pdf"


def upload(
    door: Door, request: Any, content: bytes, name: str = NOTICE, login: str = "asker", **more: Any
) -> httpx.Response:
    files = {"file": (name, content, "text/html")}  # what a client says of the type counts for nothing
    return door[login].send("POST", f"/access-requests/{request['id']}/attachments", files=files, **more)


def names(door: Door, request: Any, login: str = "asker") -> list[str]:
    found = door[login].get(f"/access-requests/{request['id']}/attachments")["items"]
    return [paper["name"] for paper in found]


def fetched(door: Door, paper: Any, login: str = "asker") -> httpx.Response:
    return door[login].send("GET", f"/attachments/{paper['id']}/content")


def test_papers_are_attached_listed_read_and_taken_back(door: Door, city: City) -> None:
    request = draft(door, city)
    notice = good(upload(door, request, pdf()))
    picture = good(upload(door, request, JPEG, "../../现场 照片.JPG"))
    good(upload(door, request, png(), "plan.png"))
    assert names(door, request) == [NOTICE, "现场 照片.jpg", "plan.png"]
    assert (notice["media_type"], notice["size"], notice["uploaded_by"]["login"]) == (
        "application/pdf", len(pdf()), "asker"
    )  # fmt: skip
    answer = fetched(door, picture)
    assert answer.content == JPEG
    assert answer.headers["content-type"] == "image/jpeg"
    assert f"filename*=UTF-8''{quote('现场 照片.jpg')}" in answer.headers["content-disposition"]
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert door["asker"].send("DELETE", f"/attachments/{notice['id']}").status_code == 204
    assert names(door, request) == ["现场 照片.jpg", "plan.png"]
    bad(fetched(door, notice), 404, "unknown-attachment")
    bad(door["asker"].send("DELETE", f"/attachments/{notice['id']}"), 404, "unknown-attachment")
    events = door["auditor"].get("/audit", case=request["id"], limit=200)["items"]
    kinds = [event["kind"] for event in events if event["kind"].startswith("attachment:")]
    assert kinds == [*["attachment:added"] * 3, "attachment:removed"]
    assert door["auditor"].post("/audit/verify")["faults"] == []


def test_what_was_handed_in_stays(door: Door, city: City) -> None:
    request = submitted(door, city)
    bad(upload(door, request, pdf()), 409, "attachments-closed")
    path = f"/access-requests/{request['id']}"
    door["center.dh"].post(f"{path}/return", {"revision": 1, "comment": "请补充通知书"})
    paper = good(upload(door, request, pdf()))
    door["asker"].post(f"{path}/submit")
    bad(door["asker"].send("DELETE", f"/attachments/{paper['id']}"), 409, "attachments-closed")
    assert names(door, request) == [NOTICE]


def test_whoever_may_see_the_request_may_see_its_papers_and_nobody_else(door: Door, city: City) -> None:
    request = draft(door, city)
    paper = good(upload(door, request, pdf()))
    path = f"/access-requests/{request['id']}/attachments"
    for login in ("center.dh", "owner.cg", "looker"):
        bad(door[login].send("GET", path), 404, "unknown-access-request")
        bad(fetched(door, paper, login), 404, "unknown-attachment")
    door["asker"].post(f"/access-requests/{request['id']}/submit")
    assert names(door, request, "center.dh") == names(door, request, "auditor") == [NOTICE]
    bad(fetched(door, paper, "owner.cg"), 404, "unknown-attachment")
    approved = door["center.dh"].post(f"/access-requests/{request['id']}/approve", {"revision": 1})
    assert item_of(approved, "dh-cg")
    for login in ("asker", "looker", "center.dh", "owner.cg", "auditor"):
        assert fetched(door, paper, login).content == pdf(), login
    for login in ("stranger", "center.xs", "owner.xs", "sysadmin", "secadmin"):
        bad(fetched(door, paper, login), 404, "unknown-attachment")
        bad(door[login].send("GET", path), 404, "unknown-access-request")
    for login in ("center.dh", "owner.cg", "auditor", "looker"):
        bad(upload(door, request, pdf(), login=login), 403, "not-allowed")
        bad(door[login].send("DELETE", f"/attachments/{paper['id']}"), 403, "not-allowed")


@pytest.mark.parametrize(
    ("content", "name", "slug"),
    [
        (b"<script>alert(1)</script>", "x.pdf", "attachment-type"),
        (b"", "x.pdf", "attachment-type"),
        (pdf() + b"<script>", "x.pdf", "attachment-trailing"),
        (pdf(b"<< /S /JavaScript /JS (x) >>"), "x.pdf", "attachment-active"),
        (pdf(trailer=b"/Encrypt 9 0 R"), "x.pdf", "attachment-locked"),
        (png(), "x.pdf", "attachment-suffix"),
        (pdf(), "x.pdf.exe", "attachment-suffix"),
        (pdf(), "x", "attachment-suffix"),
        (JPEG[:-100], "x.jpg", "attachment-damaged"),
    ],
    ids=range(9),
)
def test_hostile_papers_leave_nothing_behind(
    door: Door, city: City, broker: Broker, content: bytes, name: str, slug: str
) -> None:
    request = draft(door, city)
    told = bad(upload(door, request, content, name), 422, slug)
    assert told["pointer"] == "/file"
    assert names(door, request) == []
    assert not list((broker.settings.data / "blobs").rglob("*?????????????????????????????????"))


def test_size_and_number_have_limits(broker: Broker, city: City) -> None:
    small = Attachments(broker.work, broker.policy, broker.blobs, Limits(size=len(pdf()), count=2))
    with serving(create_app(replace(broker, attachments=small))) as url, Door(url) as door:
        request = draft(door, city)
        bad(upload(door, request, pdf() + b"\n"), 413, "attachment-too-large")
        first = good(upload(door, request, pdf()))
        good(upload(door, request, png(), "x.png"))
        bad(upload(door, request, pdf()), 409, "attachments-full")
        door["asker"].send("DELETE", f"/attachments/{first['id']}")
        good(upload(door, request, pdf()))


def test_the_number_holds_when_two_come_at_once(broker: Broker, city: City, door: Door) -> None:
    """The last place is taken while another paper is looked through."""
    request = RequestId(UUID(draft(door, city)["id"]))
    asker = city.caller(broker, "asker")
    single = Attachments(broker.work, broker.policy, broker.blobs, Limits(size=10_000, count=1))

    class Meanwhile(type(broker.blobs)):  # type: ignore[misc]  # whichever store the settings chose
        def put_stream(self, chunks: Any) -> Any:
            single.add(asker, request, "first.pdf", pdf())
            return broker.blobs.put_stream(chunks)

    slow = Attachments(broker.work, broker.policy, Meanwhile.__new__(Meanwhile), Limits(size=10_000, count=1))
    with pytest.raises(Conflict, match="attachments-full"):
        slow.add(asker, request, "second.png", png())
    assert [paper.name for paper in single.of_request(asker, request)] == ["first.pdf"]


def test_the_same_paper_of_two_requests_outlives_one_of_them(door: Door, city: City) -> None:
    first, second = draft(door, city), draft(door, city)
    papers = [good(upload(door, request, pdf())) for request in (first, second)]
    assert papers[0]["digest"] == papers[1]["digest"]
    door["asker"].send("DELETE", f"/attachments/{papers[0]['id']}")
    bad(fetched(door, papers[0]), 404, "unknown-attachment")
    assert fetched(door, papers[1]).content == pdf()


def test_the_same_upload_again_is_one_paper(door: Door, city: City) -> None:
    request = draft(door, city)
    key = {"Idempotency-Key": "paper-1"}
    first, again = (upload(door, request, pdf(), headers=key) for _ in range(2))
    assert good(first) == good(again)
    assert again.headers["idempotency-replayed"] == "true"
    assert names(door, request) == [NOTICE]
