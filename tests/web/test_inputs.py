"""What nobody asked for is refused on every write: in the body, nested, in the query, in forms."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from broker.bootstrap import Broker
from tests.city import City
from tests.web.catalogue_writes import CATALOGUE_WRITES
from tests.web.door import Door, bad
from tests.web.steps import bind, draft, form, granted, item_of, span, submitted

KEY = str(UUID(int=1))
EXTRA = [
    "state",
    "approved_by",
    "department_id",
    "owner_id",
    "requester_id",
    "is_admin",
    "version",
    "created_at",
    "State",
]
PURPOSE = {"basis": "b", "matter": "m", "case_number": "c", "reason": "r"}
LINE = {"camera": KEY, **span()}
TERMS = {"actions": ["clip"], "valid_days": 1, "quota": {"snapshots": 1, "seconds": 1, "bytes": 1}}
REQUEST = {"purpose": PURPOSE, "investigators": [], "lines": [LINE], "terms": TERMS}
WRITES: list[tuple[str, str, str, dict[str, Any] | None]] = [
    ("asker", "POST", "/sessions", {"login": "a", "password": "b"}),
    ("asker", "DELETE", "/sessions", None),
    ("asker", "DELETE", "/me/sessions", None),
    ("asker", "DELETE", "/me/sessions/0123456789abcdef", None),
    ("asker", "POST", "/me/identities", {"password": "a"}),
    ("asker", "DELETE", f"/me/identities/{KEY}", None),
    ("secadmin", "POST", f"/persons/{KEY}/identities", {"subject": "a"}),
    ("secadmin", "DELETE", f"/persons/{KEY}/identities/{KEY}", None),
    ("secadmin", "POST", f"/persons/{KEY}/invite", {"mail": False}),
    ("secadmin", "DELETE", f"/persons/{KEY}/invite", None),
    ("asker", "POST", "/invites/abc", {"password": "a"}),
    ("asker", "POST", "/me/password", {"old": "a", "new": "b"}),
    ("asker", "POST", "/me/tokens", {"name": "a", "scopes": ["camera"], "valid_days": 1}),
    ("asker", "DELETE", f"/me/tokens/{KEY}", None),
    ("sysadmin", "POST", "/departments", {"code": "a", "name": "b", "kind": "department", "division": "99"}),
    (
        "secadmin",
        "POST",
        "/persons",
        {
            "login": "a",
            "name": "b",
            "department": "jc",
            "password": "c",
            "roles": [{"role": "auditor", "department": "jc"}],
        },
    ),
    ("secadmin", "POST", f"/persons/{KEY}/roles", {"role": "auditor", "department": "jc"}),
    ("secadmin", "DELETE", f"/persons/{KEY}/roles/jc/auditor", None),
    ("secadmin", "POST", f"/persons/{KEY}/disable", None),
    ("secadmin", "POST", f"/persons/{KEY}/enable", None),
    ("sysadmin", "PUT", "/departments/dh", {"name": "b", "division": "99", "revision": 1}),
    ("sysadmin", "POST", "/departments/dh/move", {"parent": "xs", "reason": "r", "revision": 1}),
    ("sysadmin", "POST", "/departments/dh/close", {"reason": "r", "revision": 1}),
    ("sysadmin", "POST", "/departments/dh/reopen", {"reason": "r", "revision": 1}),
    ("secadmin", "DELETE", f"/persons/{KEY}/sessions/abc", None),
    ("secadmin", "DELETE", f"/persons/{KEY}/tokens/{KEY}", None),
    ("sysadmin", "POST", "/cameras/bind", {"gb_code": "9" * 20, "source": "a", "channel": "b"}),
    ("sysadmin", "POST", f"/cameras/{KEY}/sensitivity", {"sensitive": True}),
    ("sysadmin", "PUT", f"/cameras/{KEY}/masks", {"masks": [{"polygon": [[0, 0], [1, 0], [1, 1]], "style": "blur"}]}),
    ("center.dh", "POST", f"/access-requests/{KEY}/hold", {"reason": "保全", "until": "2027-03-01T00:00:00+08:00"}),
    ("center.dh", "POST", f"/retrievals/{KEY}/hold", {"reason": "保全", "until": "2027-03-01T00:00:00+08:00"}),
    ("center.dh", "POST", f"/holds/{KEY}/lift", {"reason": "不再需要"}),
    ("looker", "POST", "/packages", {"retrievals": [KEY]}),
    ("sysadmin", "POST", "/rulebook", {"document": {}, "comment": "c", "replaces": 0}),
    ("sysadmin", "POST", "/rulebook/check", {"document": {}}),
    ("sysadmin", "POST", "/sources", {"code": "a", "name": "b", "adapter": "c", "department": "jc"}),
    ("sysadmin", "POST", "/sources/archive/probe", None),
    ("asker", "POST", "/access-requests", REQUEST),
    ("asker", "PUT", f"/access-requests/{KEY}", REQUEST),
    ("asker", "POST", "/access-requests/plan", REQUEST),
    ("asker", "POST", "/access-requests/check", REQUEST),
    ("asker", "POST", f"/access-requests/{KEY}/check", None),
    ("asker", "POST", f"/access-requests/{KEY}/submit", None),
    ("asker", "POST", f"/access-requests/{KEY}/withdraw", {"reason": "r"}),
    (
        "center.dh",
        "POST",
        f"/access-requests/{KEY}/approve",
        {"revision": 1, "lines": [{"line": KEY, **span()}], "terms": TERMS},
    ),
    ("center.dh", "POST", f"/access-requests/{KEY}/return", {"revision": 1, "comment": "c"}),
    ("center.dh", "POST", f"/access-requests/{KEY}/reject", {"revision": 1, "reason": "r"}),
    ("owner.cg", "POST", f"/request-items/{KEY}/authorize", {"revision": 1, "lines": [{"line": KEY, "struck": True}]}),
    ("owner.cg", "POST", f"/request-items/{KEY}/refuse", {"revision": 1, "reason": "r"}),
    ("owner.cg", "POST", f"/request-items/{KEY}/return", {"revision": 1, "comment": "c"}),
    ("owner.cg", "POST", f"/grants/{KEY}/revoke", {"reason": "r"}),
    ("looker", "POST", "/retrievals", {"camera": KEY, "action": "clip", **span()}),
    ("auditor", "POST", "/audit/verify", None),
    ("asker", "POST", f"/me/notices/{KEY}/read", None),
    ("asker", "PUT", "/me/contact", {"email": "a@b.cn", "language": "en"}),
    ("sysadmin", "POST", "/webhooks", {"department": "jc", "url": "https://a.example/b", "kinds": []}),
    ("sysadmin", "DELETE", f"/webhooks/{KEY}", None),
    ("sysadmin", "POST", f"/webhooks/{KEY}/test", None),
    ("asker", "POST", "/me/second-factor", {"password": "a"}),
    ("asker", "DELETE", "/me/second-factor", None),
    ("asker", "POST", "/me/second-factor/confirm", {"code": "123456"}),
    ("asker", "POST", "/me/second-factor/recovery-codes", None),
    ("asker", "POST", "/me/step-up", {"code": "123456"}),
    ("secadmin", "POST", f"/persons/{KEY}/reset-password", None),
    ("secadmin", "DELETE", f"/persons/{KEY}/second-factor", None),
    ("center.dh", "POST", "/me/delegations", {"delegate": "a", "role": "center_approver", "reason": "r", **span()}),
    ("center.dh", "DELETE", f"/delegations/{KEY}", None),
    ("center.dh", "POST", "/me/absences", {"note": "n", **span()}),
    ("secadmin", "POST", f"/persons/{KEY}/absences", {"note": "n", **span()}),
    ("center.dh", "DELETE", f"/absences/{KEY}", None),
    ("sysadmin", "POST", f"/cameras/{KEY}/transfer", {"to": "jc"}),
    ("asker", "POST", f"/access-requests/{KEY}/close", {"report": "r"}),
    ("looker", "POST", "/emergencies", {"purpose": PURPOSE, "lines": [LINE], "minutes": 5}),
    ("center.dh", "POST", f"/access-requests/{KEY}/ratify", {"comment": "c"}),
    ("center.dh", "POST", f"/access-requests/{KEY}/disavow", {"reason": "r"}),
    ("owner.cg", "POST", f"/request-items/{KEY}/veto", {"reason": "r"}),
    ("owner.cg", "POST", f"/grants/{KEY}/suspend", {"reason": "r"}),
    ("owner.cg", "POST", f"/grants/{KEY}/resume", {"reason": "r"}),
    ("asker", "POST", f"/grants/{KEY}/renew", None),
    ("owner.cg", "POST", "/locks", {"kind": "camera", "target": KEY, "reason": "r"}),
    ("owner.cg", "POST", f"/locks/{KEY}/lift", {"reason": "r"}),
    ("secadmin", "POST", "/policies", {"text": "t", "comment": "c"}),
    ("secadmin", "POST", f"/policies/{KEY}/activate", {"replaces": "0" * 16}),
    ("secadmin", "POST", f"/policies/{KEY}/discard", {"reason": "r"}),
    ("asker", "DELETE", f"/attachments/{KEY}", None),
    ("sysadmin", "POST", "/jobs/1/retry", None),
    *CATALOGUE_WRITES,
]
FORMS, VERSIONED = 8, 3
"""Writes that take forms (test_uploads, test_handed_packages), and edits that know `version`, a member of `EXTRA`."""


def objects(value: Any, place: str = "") -> list[str]:
    """Return the pointers of all objects in a body."""
    if isinstance(value, dict):
        return [place, *(found for name, part in value.items() for found in objects(part, f"{place}/{name}"))]
    if isinstance(value, list):
        return [found for number, part in enumerate(value) for found in objects(part, f"{place}/{number}")]
    return []


def with_member(value: Any, place: str, name: str) -> Any:
    """Return the body with one member more in the object at `place`."""
    if not place:
        return {**value, name: "x"}
    step, _, rest = place[1:].partition("/")
    key: Any = int(step) if isinstance(value, list) else step
    changed: Any = value.copy()
    changed[key] = with_member(value[key], f"/{rest}" if rest else "", name)
    return changed


@pytest.mark.parametrize(("login", "method", "path", "body"), WRITES, ids=[f"{it[1]} {it[2]}" for it in WRITES])
def test_members_nobody_asked_for(lobby: Door, login: str, method: str, path: str, body: dict[str, Any] | None) -> None:
    visitor = lobby[login]
    if body is None:
        bad(visitor.send(method, path, {"state": "DECIDED"}), 422, "body-unexpected")
    for place in objects(body):
        if place in {"/document", "/mapping"}:  # read by rules of their own, see tests/rules and tests/catalog
            continue
        for name in EXTRA if not place else EXTRA[:1]:
            told = bad(visitor.send(method, path, with_member(body, place, name)), 422, "request-invalid")
            assert {"pointer": f"{place}/{name}", "slug": "field-unknown"}.items() <= told["errors"][0].items()
    for name in EXTRA:
        told = bad(visitor.send(method, f"{path}?{name}=x", body), 422, "query-unknown")
        assert told["pointer"] == f"#query/{name}"


def test_no_write_is_left_out(lobby: Door) -> None:
    paths = lobby.client.get("/openapi.json").json()["paths"]
    writes = {(method, path) for path, methods in paths.items() for method in methods if method not in {"get", "head"}}
    assert len(writes) == len(WRITES) + FORMS + VERSIONED


def test_a_parameter_given_twice_is_refused(lobby: Door) -> None:
    bad(lobby["asker"].send("GET", "/cameras?limit=1&limit=200"), 422, "query-twice")
    bad(lobby["asker"].send("GET", "/cameras?text=a%00b"), 422, "text-unstorable")
    bad(lobby["asker"].send("GET", "/cameras?offset=5"), 422, "query-unknown")


def test_a_decision_says_one_thing_about_a_line(door: Door, city: City) -> None:
    request = submitted(door, city)
    line = item_of(request, "dh-cg")["lines"][0]["id"]
    path = f"/access-requests/{request['id']}/approve"
    for wrong in ({}, {"struck": True, **span()}, {"begin": span()["begin"]}):
        told = bad(
            door["center.dh"].send("POST", path, {"revision": 1, "lines": [{"line": line, **wrong}]}),
            422,
            "request-invalid",
        )
        assert told["errors"][0]["slug"] == "line-undecided"
    twice = [{"line": line, **span()}, {"line": line, "struck": True}]
    told = bad(door["center.dh"].send("POST", path, {"revision": 1, "lines": twice}), 422, "line-twice")
    assert told["pointer"] == "/lines/1/line"
    bad(door["center.dh"].send("POST", path, {"revision": 1, "lines": []}), 422, "nothing-approved")
    bad(door["center.dh"].send("POST", path, {"revision": 1, "lines": [{"line": KEY, **span()}]}), 422, "unknown-line")
    short = {"actions": ["clip"]}
    told = bad(door["center.dh"].send("POST", path, {"revision": 1, "terms": short}), 422, "request-invalid")
    assert {entry["pointer"] for entry in told["errors"]} == {"/terms/valid_days", "/terms/quota"}


ORDERS = [
    {"action": "snapshot"},
    {"action": "snapshot", **span()},
    {"action": "snapshot", "instant": span()["begin"], "end": span()["end"]},
    {"action": "clip"},
    {"action": "clip", "instant": span()["begin"]},
    {"action": "clip", "begin": span()["begin"]},
]


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_has_the_times_of_its_kind(lobby: Door, order: dict[str, str]) -> None:
    told = bad(lobby["looker"].send("POST", "/retrievals", {"camera": KEY, **order}), 422, "request-invalid")
    assert told["errors"][0]["slug"] == "order-times"


def test_an_order_of_what_there_is_not(door: Door, city: City) -> None:
    order = {"action": "clip", **span()}
    bad(door["looker"].send("POST", "/retrievals", {"camera": KEY, **order}), 404, "unknown-camera")
    grant = granted(door, city)
    camera = grant["lines"][0]["camera"]["id"]
    bad(door["looker"].send("POST", "/retrievals", {"camera": camera, **order}), 409, "camera-without-source")
    bad(door["looker"].send("GET", f"/retrievals/{KEY}"), 404, "unknown-retrieval")


def test_roles_departments_and_persons(door: Door, city: City) -> None:
    created = door["sysadmin"].post(
        "/departments", {"code": "dh-sl", "name": "水利局", "kind": "department", "division": "990102", "parent": "dh"}
    )
    assert created["path"] == "/jc/dh/dh-sl/"
    again = {"code": "dh-sl", "name": "x", "kind": "department", "division": "990102", "parent": "dh"}
    bad(door["sysadmin"].send("POST", "/departments", again), 409, "code-taken")
    person = door["secadmin"].post(
        "/persons", {"login": "newcomer", "name": "新人", "department": "dh-sl", "password": "three-rivers-meet"}
    )
    role = {"role": "requester", "department": "dh-sl"}
    held = door["secadmin"].post(f"/persons/{person['id']}/roles", role)["roles"]
    assert [(it["role"], it["department"]["name"]) for it in held] == [("requester", "水利局")]
    path = f"/persons/{person['id']}/roles/dh-sl/requester"
    assert door["secadmin"].send("DELETE", path).json()["roles"] == []
    bad(door["secadmin"].send("DELETE", path), 404, "role-not-held")
    bad(door["secadmin"].send("DELETE", f"/persons/{person['id']}/roles/dh-sl/emperor"), 422, "request-invalid")
    weak = {"login": "weak", "name": "x", "department": "dh-sl", "password": "short"}
    assert bad(door["secadmin"].send("POST", "/persons", weak), 422, "password-length")["pointer"] == "/password"
    bad(door["asker"].send("POST", "/persons", {**weak, "password": "three-rivers-meet"}), 403, "not-allowed")
    assert city.persons


def test_options_of_a_source_never_come_out(door: Door, city: City, broker: Broker) -> None:
    admin = door["sysadmin"]
    body = {
        "code": "recorder", "name": "录像机", "adapter": "local_files", "department": "dh-cg", "sessions": 2,
        "options": {"folder": "/nowhere/canary-folder", "names": {"a": "canary-name"}},
    }  # fmt: skip
    told = [admin.send("POST", "/sources", body), admin.send("GET", "/sources")]
    told.append(admin.send("POST", "/sources", {**body, "code": "other", "options": {"folder": 5, "canary": "canary"}}))
    wrong = bad(told[-1], 422, "invalid-option")
    assert wrong["pointer"] == "/options/folder"
    unknown = admin.send("POST", "/sources", {**body, "adapter": "nothing"})
    assert bad(unknown, 422, "unknown-adapter")["pointer"] == "/adapter"
    bind(broker, city, "/nowhere/canary-folder")
    camera = city.cameras_of("dh-cg")[0]
    told += [door[who].send("GET", f"/cameras/{camera.id}") for who in ("asker", "sysadmin")]
    assert told[-1].json()["bound"] is True
    told.append(door["auditor"].send("GET", "/audit?kind=source:added"))
    for answer in told:
        assert "canary-" not in answer.text
        assert '"options":' not in answer.text
    assert told[0].json()["department"]["name"] == "东河区城市管理局"


def test_a_source_is_asked_what_it_has(door: Door, city: City, broker: Broker, tmp_path: Path) -> None:
    bind(broker, city, str(tmp_path))
    probe = door["sysadmin"].post("/sources/archive/probe")
    assert (probe["ok"], probe["points"]) == (False, [])
    assert probe["detail"]
    bad(door["asker"].send("POST", "/sources/archive/probe"), 403, "not-allowed")
    bad(door["sysadmin"].send("POST", "/sources/other/probe"), 404, "unknown-source")
    camera = city.cameras_of("dh-cg")[0].id
    answer = door["asker"].send("GET", f"/cameras/{camera}/coverage", params=span())
    bad(answer, 502, "unknown-channel")
    bound = city.cameras_of("dh-jt")[0].id
    bad(door["asker"].send("GET", f"/cameras/{bound}/coverage", params=span()), 409, "camera-without-source")


def test_binding_tells_the_camera_as_it_is_now(door: Door, broker: Broker, city: City) -> None:
    bind(broker, city, "/nowhere")
    camera = city.cameras_of("dh-jt")[0]
    bound = door["sysadmin"].post("/cameras/bind", {"gb_code": camera.gb_code, "source": "archive", "channel": "x"})
    assert (bound["id"], bound["bound"]) == (str(camera.id), True)
    bad(
        door["asker"].send("POST", "/cameras/bind", {"gb_code": camera.gb_code, "source": "archive", "channel": "x"}),
        403,
        "not-allowed",
    )


def test_a_draft_belongs_to_who_wrote_it(door: Door, city: City) -> None:
    request = draft(door, city)
    for login in ("looker", "center.dh", "owner.cg", "sysadmin"):
        bad(door[login].send("PUT", f"/access-requests/{request['id']}", form(city)), 404, "unknown-access-request")
