"""Notices, contact and webhooks over HTTP."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from broker.web.app import create_app
from tests.notices.conftest import House
from tests.notices.receiver import Receiver
from tests.web.door import Door, bad, good, serving


@pytest.fixture
def door(house: House) -> Iterator[Door]:
    with serving(create_app(house.broker)) as url, Door(url) as opened:
        yield opened


def test_the_own_notices(house: House, door: Door) -> None:
    for _ in range(3):
        house.tell(to=("asker", "looker"))
    first = door["asker"].get("/me/notices", limit=2)
    rest = door["asker"].get("/me/notices", limit=2, after=first["next"])
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    newest = first["items"][0]
    assert (newest["kind"], newest["subject"], newest["read_at"]) == (
        "access_request.decided", "Request 申2026-1 is decided", None,
    )  # fmt: skip
    assert newest["facts"] == {"number": "申2026-1"}
    chinese = door["asker"].send("GET", "/me/notices", headers={"Accept-Language": "zh-CN"}).json()
    assert chinese["items"][0]["subject"] == "申请 申2026-1 已全部办结"
    assert door["asker"].get("/me/notices/unread") == {"unread": 3}
    assert door["asker"].send("POST", f"/me/notices/{newest['id']}/read").status_code == 204
    assert door["asker"].get("/me/notices/unread") == {"unread": 2}
    assert len(door["asker"].get("/me/notices", unread=True)["items"]) == 2
    assert door["looker"].get("/me/notices/unread") == {"unread": 3}
    for key in (newest["id"], str(uuid4())):
        bad(door["stranger"].send("POST", f"/me/notices/{key}/read"), 404, "unknown-notice")


def test_the_own_contact(door: Door) -> None:
    asker = door["asker"]
    assert asker.get("/me/contact") == {"email": None, "language": None}
    new = {"email": "wang.min@example.org", "language": "en"}
    assert good(asker.send("PUT", "/me/contact", new)) == asker.get("/me/contact") == new
    told = bad(asker.send("PUT", "/me/contact", {"email": "x\r\nBcc: y@z", "language": "en"}), 422, "email-malformed")
    assert told["pointer"] == "/email"
    assert asker.get("/me/contact") == new
    assert good(asker.send("PUT", "/me/contact", {"email": None})) == {"email": None, "language": None}
    assert door["looker"].get("/me/contact")["email"] is None


def test_an_account_is_opened_with_an_address(door: Door) -> None:
    person = {
        "login": "li.na", "name": "李娜", "department": "dh-hb", "password": "three-rivers-meet-here",
        "email": "li.na@example.org", "language": "zh_CN",
    }  # fmt: skip
    told = bad(door["secadmin"].send("POST", "/persons", {**person, "email": "li.na"}), 422, "email-malformed")
    assert told["pointer"] == "/email"
    made = door["secadmin"].post("/persons", person)
    assert "email" not in made, "an address is shown to its person alone"


def test_webhooks_of_a_department(door: Door, receiver: Receiver) -> None:
    admin = door["sysadmin"]
    body = {"department": "dh-hb", "url": receiver.url, "kinds": ["item.waiting"]}
    added = admin.post("/webhooks", body)
    assert added["secret"].startswith("whsec_")
    (listed,) = admin.get("/webhooks")["items"]
    assert listed == {name: value for name, value in added.items() if name != "secret"}
    assert admin.post(f"/webhooks/{added['id']}/test")["ok"] is True
    receiver.statuses = (500,)
    tested = admin.post(f"/webhooks/{added['id']}/test")
    assert (tested["ok"], tested["status"], tested["error"]) == (False, 500, "webhook-status")
    assert tested["detail"] == "the receiver did not answer with success"
    assert admin.get(f"/webhooks/{added['id']}/deliveries") == {"items": [], "next": None}
    assert admin.send("DELETE", f"/webhooks/{added['id']}").status_code == 204
    bad(admin.send("DELETE", f"/webhooks/{added['id']}"), 404, "unknown-webhook")
    assert admin.get("/webhooks")["items"] == []


@pytest.mark.parametrize(
    ("change", "slug", "pointer"),
    [
        ({"url": "http://10.0.0.1/hook"}, "webhook-private", "/url"),
        ({"url": "https://user:pw@example.org/"}, "webhook-url", "/url"),
        ({"kinds": ["item.waiting", "item.eaten"]}, "webhook-kinds", "/kinds/1"),
        ({"department": "nowhere"}, "unknown-department", ""),
    ],
)
def test_what_is_refused_says_where(
    door: Door, receiver: Receiver, change: dict[str, object], slug: str, pointer: str
) -> None:
    body = {"department": "dh-hb", "url": receiver.url, "kinds": [], **change}
    answer = door["sysadmin"].send("POST", "/webhooks", body)
    told = bad(answer, 404 if slug.startswith("unknown") else 422, slug)
    assert told.get("pointer", "") == pointer
    assert door["sysadmin"].get("/webhooks")["items"] == []


def test_who_is_no_administrator_sees_no_webhook(door: Door, receiver: Receiver) -> None:
    body = {"department": "dh-hb", "url": receiver.url}
    for login in ("asker", "secadmin", "auditor"):
        bad(door[login].send("POST", "/webhooks", body), 403, "not-allowed")
        bad(door[login].send("GET", "/webhooks"), 403, "not-allowed")
        bad(door[login].send("GET", f"/webhooks/{uuid4()}/deliveries"), 403, "not-allowed")
