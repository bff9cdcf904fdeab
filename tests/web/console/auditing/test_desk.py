"""The auditor's desk: every event is found, a case told from first to last, and nothing is shown or done."""

import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine

from broker.bootstrap import Broker
from storage.db.embedded.embedded import EmbeddedServer
from tests.city import City
from tests.web.console.conftest import Enter
from tests.web.console.page import Page, Person
from tests.web.door import Door
from tests.web.routes_of import EXAMPLES, page_routes

ENTRY = re.compile(r'data-label="Entry" class="figure">(\d+)<')
STEP = re.compile(r'<li class="moment moment-(\w+)">.*?<strong>(.*?)</strong>', re.DOTALL)


def numbers(page: Page) -> list[int]:
    """Return the numbers of the events that a page lists."""
    assert page.status == 200, page.text[:1000]
    return [int(number) for number in ENTRY.findall(page.answer.text)]


def test_an_event_is_found_by_each_filter(enter: Enter, broker: Broker, plain_door: Door, told: Any) -> None:
    auditor = enter("auditor")
    events = plain_door["auditor"].get("/audit", order="newest", limit=200)["items"]
    revoked = next(it for it in events if it["kind"] == "grant:revoked")
    other = next(it["number"] for it in events if it["kind"] == "person:created")
    at = datetime.fromisoformat(revoked["at"]).astimezone(broker.zone).strftime("%Y-%m-%dT%H:%M:%S")
    queries = {
        f"number={told['request']['number']}", "kind=grant:revoked", "kind=grant", "person=owner.cg",
        "department=dh-cg", "department=dh", f"about={told['grant']['id']}", f"about={revoked['stream']}", f"from={at}",
    }  # fmt: skip
    for query in queries:
        found = numbers(auditor.get(f"/trace?limit=200&{query}"))
        assert revoked["number"] in found, query
        assert other not in found, query
        assert found == sorted(found, reverse=True), query
    page = auditor.get("/trace?kind=grant:revoked")
    for shown in ("Grant revoked", revoked["leaf"], revoked["previous"], "the matter is settled", "人员owner.cg"):
        assert shown in page.text, shown
    assert f"/trace/requests/{told['request']['id']}" in page.links
    assert revoked["number"] not in numbers(auditor.get(f"/trace?limit=200&to={at}"))
    assert numbers(auditor.get("/trace?number=XL0&department=jc")) == []
    assert "撤销授权单" in enter("auditor", "zh").get("/trace?kind=grant:revoked").text
    seen, place = [], "/trace?kind=access_request&limit=2"
    while place:
        page = auditor.get(place)
        seen += numbers(page)
        place = next((f"{link}&limit=2" for link in page.links if "after=" in link), "")
    assert seen == [it["number"] for it in events if it["kind"].startswith("access_request:")]


def test_what_cannot_be_sought_is_told_beside_the_form(hall: Enter) -> None:
    auditor = hall("auditor")
    nowhere = {
        "person=nobody": "There is no such person: nobody",
        "department=nowhere": "There is no such department: nowhere",
        "kind=odd": "grant", "from=yesterday": "", "from=2026-02-01T00:00&to=2026-01-01T00:00": "2026",
    }  # fmt: skip
    for query, said in nowhere.items():
        page = auditor.get(f"/trace?{query}")
        assert page.status == 422, query
        assert said in page.text, query
        name, _, typed = query.partition("&")[0].partition("=")
        assert name == "kind" or (name, typed) in page.form("/trace").fields
    for query in ("department=nowhere", "act=look", "from=yesterday", "camera=x"):
        page = auditor.get(f"/register?{query}")
        assert page.status == 422, query
        assert page.has_form("/register")
        assert [link for link in page.links if "export" in link] == []


def test_a_case_is_told_from_its_first_step_to_its_last(enter: Enter, plain_door: Door, told: Any) -> None:
    auditor, place = enter("auditor"), f"/trace/requests/{told['request']['id']}"
    page = auditor.get(place)
    steps = STEP.findall(page.answer.text)
    walked = [
        "Request drafted", "Request submitted", "Part of an owner opened", "Request approved by the center",
        "Part sent to its owner", "Part authorized by its owner", "Grant issued", "Retrieval ordered", "Result ready",
        "Grant revoked",
    ]  # fmt: skip
    names = [name for _, name in steps]
    assert [name for name in names if name in walked] == [*walked[:6], *(it for it in names if it in walked[6:])]
    places = [names.index(name) for name in walked]
    assert all(before < after for before, after in pairwise(places)), names
    assert ("bad", "Grant revoked") in steps
    whole = plain_door["auditor"].get("/audit", case=told["request"]["id"], limit=200)["items"]
    assert len(steps) == len(whole)
    for shown in (
        "Register line",
        "order, snapshot",
        "人员looker",
        "东河区城市管理局",
        "the matter is settled",
        "+08:00",
    ):
        assert shown in page.text, shown
    dots = [tag for tag, given in page.tags if "dot" in given.get("class", "").split()]
    assert len(dots) == len(whole)
    rest = auditor.get(f"{place}?limit=3")
    assert [name for _, name in STEP.findall(rest.answer.text)] == names[:3]
    following = next(link for link in rest.links if "after=" in link)
    assert [name for _, name in STEP.findall(auditor.get(following).answer.text)][:3] == names[3:6]
    assert auditor.get(f"/trace/requests/{UUID(int=1)}").status == 404
    for login in ("asker", "owner.cg", "center.dh", "secadmin"):
        assert enter(login).get(place).status in {403, 404}, login


def test_a_changed_event_is_told_with_its_place(
    enter: Enter, server: EmbeddedServer, engine: Engine, told: Any
) -> None:
    auditor = enter("auditor")
    start = auditor.get("/trace/verification")
    good = auditor.press(start, "/trace/verification")
    assert "The trace holds" in good.text
    with engine.connect() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        count = connection.exec_driver_sql("SELECT count(*) FROM audit_event").scalar_one()
    assert f"Events checked {count}" in good.text
    stream = f"access_request/{told['request']['id']}"
    with psycopg.connect(server.dsn(name), autocommit=True) as direct:
        direct.execute("SET session_replication_role = replica")
        changed = direct.execute("UPDATE audit_event SET actor = %s WHERE stream = %s AND seq = 2", ("worker", stream))
        assert changed.rowcount == 1
    broken = auditor.press(auditor.get("/trace/verification"), "/trace/verification")
    assert "1 streams do not hold" in broken.text
    assert f"{stream} event 2" in broken.text
    chain = auditor.get(f"/trace/stream?name={stream}")
    assert "From event 2 on nothing is vouched for" in chain.text
    assert [chain.text.count(it) for it in (" holds ", "does not hold")] == [1, 1]
    whole = auditor.get(f"/trace/stream?name=grant/{told['grant']['id']}")
    assert "all of them hold" in whole.text
    assert auditor.get("/trace/stream?name=nothing").status == 404
    for login in ("asker", "center.dh"):
        assert enter(login).get("/trace/verification").status == 403
        assert enter(login).get(f"/trace/stream?name={stream}").status == 403


def test_a_long_verification_goes_on_from_part_to_part(
    enter: Enter, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told
    auditor, parts = enter("auditor"), 1
    whole = auditor.press(auditor.get("/trace/verification"), "/trace/verification").text
    monkeypatch.setattr("broker.services.oversight.audit.PART", 20)
    page = auditor.press(auditor.get("/trace/verification"), "/trace/verification")
    while page.has_form("/trace/verification"):
        assert "under way" in page.text
        page, parts = auditor.press(page, "/trace/verification"), parts + 1
    assert parts > 2
    figures = re.compile(r"Streams checked (\d+) Events checked (\d+)")
    before, after = figures.search(whole), figures.search(page.text)
    assert before
    assert after
    assert (int(after[1]), int(after[2])) >= (int(before[1]), int(before[2]))
    nonsense = auditor.send("/trace/verification", {**auditor_token(auditor), "streams": ["many"]})
    assert nonsense.status == 422


def auditor_token(person: Any) -> dict[str, list[str]]:
    return {"csrf": [dict(person.get("/account").form("/sign-out").fields)["csrf"]]}


def test_the_register_is_searched_and_taken_away_within_ones_reach(enter: Enter, plain_door: Door, told: Any) -> None:
    auditor, owner, looker = enter("auditor"), enter("owner.jt"), enter("looker")
    lines = plain_door["auditor"].get("/access-register")["items"]
    assert len(lines) == 3
    row = re.compile(r'data-label="Number" class="figure">(\d+)<')
    code = lines[0]["camera"]["gb_code"]
    cases = {
        "": {0, 1, 2}, "person=looker2": {1}, "result=refused": {1, 2}, "act=order": {0, 1, 2}, "act=view": set(),
        f"number={told['request']['number']}": {0}, f"gb_code={code}": {0, 1}, "department=dh-hb": {0, 1, 2},
        "owner=dh-jt": {2}, f"camera={told['camera']}": {0, 1}, f"request={told['request']['id']}": {0},
    }  # fmt: skip
    for query, places in cases.items():
        page = auditor.get(f"/register?{query}")
        found = {int(number) for number in row.findall(page.answer.text)}
        assert found == {lines[place]["number"] for place in places}, query
    for person, count, exports in ((owner, 1, 3), (looker, 2, 0)):
        page = person.get("/register")
        assert len(row.findall(page.answer.text)) == count
        assert len([link for link in page.links if "export" in link]) == exports
    (csv, pdf, xlsx) = (link for link in auditor.get("/register?result=refused").links if "export" in link)
    taken = auditor.client.get(csv)
    assert taken.text.count('"looker2"') == 1
    assert auditor.client.get(xlsx).status_code == 200
    paper = auditor.client.get(pdf)
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    noted = auditor.get("/trace?kind=register:exported")
    assert len(numbers(noted)) == 3
    assert "refused" in noted.text
    taken_away(auditor, told)


def taken_away(auditor: Person, told: Any) -> None:
    """Take away what a search of the trace found, by the buttons of its page."""
    stream = f"grant/{told['grant']['id']}"
    for place in ("/trace?kind=grant&person=owner.cg", f"/trace?about={stream}", f"/trace/stream?name={stream}"):
        links = {link.partition("format=")[2][:4]: link for link in auditor.get(place).links if "/audit/export" in link}
        assert links.keys() == {"csv&", "xlsx", "json"}, place
        file = auditor.client.get(links["json"]).text
        assert '"kind":"grant:revoked"' in file, place
        assert '"type":"manifest"' in file
    case = auditor.get(f"/trace/requests/{told['request']['id']}")
    assert [link for link in case.links if "/audit/export" in link and told["request"]["id"] in link]


OWN = ("/sign-", "/account", "/language", "/step-up", "/invite", "/trace/verification", "/evidence")
"""Where a form is about oneself, or changes nothing."""


def test_an_auditor_acts_on_nothing_and_sees_no_picture(enter: Enter, broker: Broker, told: Any, city: City) -> None:
    auditor = enter("auditor")
    items = [it["id"] for it in told["request"]["items"]]
    keys = [EXAMPLES["key"], told["request"]["id"], told["grant"]["id"], told["retrieval"]]
    body = {**auditor_token(auditor), "reason": ["because"], "revision": ["1"], "comment": ["x"], "report": ["x"]}
    before = len(broker.audit.page(city.caller(broker, "auditor"), case=None, kind=None, after=0, limit=5000))
    refused = 0
    for method, path in page_routes():
        if method == "GET" or path.startswith(OWN):
            continue
        for key in keys if "{key}" in path else keys[:1]:
            known = {**EXAMPLES, "key": key, "item": items[0]}
            place = re.sub(r"\{(\w+)\}", lambda name, known=known: known.get(name[1], "x"), path)  # type: ignore[misc]
            sent = auditor.client.request(
                method, place, data=body, headers={"Origin": auditor.url}, follow_redirects=False
            )
            # 303: sent to look at something; that nothing was done says the trace, without which no row changes
            assert sent.status_code in {303, 403, 404, 422}, (method, place, sent.status_code)
            assert "/requests/" not in path or sent.status_code != 303 or "not-yours" in sent.headers["set-cookie"]
            refused += 1
    assert refused > 30
    after = broker.audit.page(city.caller(broker, "auditor"), case=None, kind=None, after=0, limit=5000)[before:]
    assert {event.kind for _, event in after} <= {"retrieval:refused"}
    api = f"/api/v1/retrievals/{told['retrieval']}"
    for place in (f"{api}/media", f"{api}/preview", api, "/api/v1/retrievals", "/api/v1/packages"):
        sent = auditor.client.get(place, headers={"Accept": "*/*"})
        assert sent.status_code in {403, 404}, (place, sent.status_code)
    shown = auditor.get(f"/trace/requests/{told['request']['id']}")
    assert [tag for tag, _ in shown.tags if tag in {"video", "img", "audio"}] == []


def test_locks_and_holds_are_read(enter: Enter, plain_door: Door, told: Any) -> None:
    lock = plain_door["owner.cg"].post("/locks", {"kind": "camera", "target": told["camera"], "reason": "a leak"})
    plain_door["owner.cg"].post(f"/locks/{lock['id']}/lift", {"reason": "over"})
    until = (datetime.now().astimezone() + timedelta(days=9)).isoformat()
    held = {"reason": "appeal", "until": until}
    plain_door["center.dh"].post(f"/access-requests/{told['request']['id']}/hold", held)
    auditor = enter("auditor")
    assert "a leak" not in auditor.get("/trace/locks").text
    assert "a leak" in auditor.get("/trace/locks?which=all").text
    assert "appeal" in auditor.get("/trace/holds").text
    assert enter("looker").get("/trace/locks").status == 403
    assert enter("stranger").get("/trace/holds").status in {200, 403}
    assert "appeal" not in enter("stranger").get("/trace/holds").text
