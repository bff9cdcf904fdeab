"""Three administrators apart: every write of these desks against every role, and no secret on any page."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.routing import APIRoute
from pydantic import SecretStr

from broker.bootstrap import Broker
from broker.services.house.settings_shown import SettingsShown
from broker.settings import listed
from broker.web.app import create_app
from broker.web.console.administering.wiring import ROUTERS
from tests.city import City
from tests.web.console.conftest import Enter, without_tls
from tests.web.console.page import Person, own_links
from tests.web.door import Door, serving
from tests.web.test_policies import NARROWER

SECURITY, SYSTEM = {"secadmin"}, {"sysadmin"}
ROLES = ("asker", "owner.cg", "auditor", "sysadmin", "secadmin")
NOBODY: set[str] = set()

WRITES: dict[str, tuple[set[str], dict[str, str]]] = {
    "/departments/dh/add": (SYSTEM, {"code": "x1", "name": "甲", "kind": "department", "division": "990102"}),
    "/departments/dh/edit": (SYSTEM, {"name": "东河区", "name_en": "", "division": "990102", "revision": "1"}),
    "/departments/dh/move": (SYSTEM, {"parent": "xs", "reason": "x", "revision": "9"}),
    "/departments/dh/close": (SYSTEM, {"reason": "x", "revision": "1"}),
    "/departments/dh/reopen": (SYSTEM, {"reason": "x", "revision": "1"}),
    "/divisions/import": (SYSTEM, {"how": "check"}),
    "/people/new": (SECURITY, {"login": "new.one", "name": "新", "department": "dh-hb"}),
    "/people/{person}/roles": (SECURITY, {"role": "requester", "department": "dh-cg"}),
    "/people/{person}/roles/withdraw": (SECURITY, {"role": "requester", "department": "dh-cg"}),
    "/people/{person}/absences": (SECURITY, {"end": "2020-01-01T00:00"}),
    "/people/{person}/disable": (SECURITY, {}),
    "/people/{person}/enable": (SECURITY, {}),
    "/people/{person}/sessions/abc/end": (SECURITY, {}),
    "/people/{person}/tokens/{person}/revoke": (SECURITY, {}),
    "/people/{person}/invite": (SECURITY, {}),
    "/people/{person}/invite/revoke": (SECURITY, {}),
    "/people/{person}/reset-password": (SECURITY, {}),
    "/people/{person}/reset-second-factor": (SECURITY, {}),
    "/people/{person}/identities": (SECURITY, {"subject": "abc"}),
    "/people/{person}/identities/{person}/unlink": (SECURITY, {}),
    "/policies/new": (SECURITY, {"text": "", "comment": "x"}),
    "/policies/{policy}/activate": (NOBODY, {}),  # the one who may has proposed it
    "/policies/{policy}/discard": (SECURITY, {"reason": "x"}),
    "/rulebook/check": (SYSTEM, {"document": "{}", "replaces": "0"}),
    "/rulebook/new": (SYSTEM, {"document": "{}", "comment": "x", "replaces": "0"}),
    "/locks/set": (SECURITY, {"kind": "person", "name": "stranger", "reason": "x"}),
    "/locks/{lock}/lift": (SECURITY, {"reason": "x"}),
    "/webhooks": (SYSTEM, {"department": "dh-hb", "url": "nowhere"}),
    "/webhooks/{webhook}/remove": (SYSTEM, {}),
    "/webhooks/{webhook}/test": (SYSTEM, {}),  # it is gone by then: nobody is called
    "/camera-fields": (SYSTEM, {"key": "one", "zh": "一", "en": "One", "kind": "text"}),
    "/camera-fields/one": (SYSTEM, {"zh": "一", "en": "One", "kind": "text"}),
    "/plan-targets/set": (SYSTEM, {"year": "2027", "indicator": "coverage.plan", "value": "1", "department": "jc"}),
    "/standing-in/{delegation}/end": (SECURITY | {"owner.cg"}, {}),  # and who lends it
    "/standing-in/absences/{absence}/end": (SECURITY, {}),
}
"""Every write of these desks: who may, and a form for it; what is sent may be wrong, the right is asked first."""

GONE = {
    "/people/{person}/identities/{person}/unlink", "/webhooks/{webhook}/test", "/people/{person}/sessions/abc/end",
    "/people/{person}/tokens/{person}/revoke",
}  # fmt: skip
"""There is nothing any more for who may."""


def test_every_write_stands_in_the_table() -> None:
    written = {
        re.sub(r"\{\w+\}", "*", route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and "POST" in (route.methods or ())
    }
    fixed = r"\{\w+\}|(?<=/departments/)dh|(?<=/camera-fields/)one|(?<=/sessions/)abc"
    shapes = {re.sub(fixed, "*", path) for path in WRITES}
    assert written == shapes


@pytest.fixture
def things(plain_door: Door, city: City) -> dict[str, str]:
    """What the writes are about: made by who may."""
    secadmin, sysadmin = plain_door["secadmin"], plain_door["sysadmin"]
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    away = {"end": until, "note": ""}
    lent = {"delegate": "owner.cg2", "role": "department_authorizer", "end": until, "reason": "外出"}
    lock = {"kind": "person", "target": str(city.persons["looker2"]), "reason": "疑似被盗"}
    hook = {"department": "dh-hb", "url": "https://9.9.9.9/notices", "kinds": []}
    return {
        "person": str(city.persons["stranger"]),
        "policy": secadmin.post("/policies", NARROWER)["id"],
        "lock": secadmin.post("/locks", lock)["id"],
        "webhook": sysadmin.post("/webhooks", hook)["id"],
        "absence": secadmin.post(f"/persons/{city.persons['center.xs']}/absences", away)["id"],
        "delegation": plain_door["owner.cg"].post("/me/delegations", lent)["id"],
    }


def test_nobody_does_the_work_of_another_administrator(enter: Enter, things: dict[str, str]) -> None:
    people = {login: enter(login) for login in ROLES}
    tokens = {login: dict(person.get("/keys").form("/sign-out").fields)["csrf"] for login, person in people.items()}
    wrong = []
    for path, (may, typed) in WRITES.items():
        for login in sorted(ROLES, key=lambda it: it in may):  # who may comes last: some of it can be done once
            sent = {**{name: [value] for name, value in typed.items()}, "csrf": [tokens[login]]}
            status = people[login].send(path.format(**things), sent).status
            gone = login in may and path in GONE
            if status != 404 if gone else (status in {403, 404}) != (login not in may):
                wrong.append((path, login, status))
    assert wrong == []


AREAS = ("/departments", "/people", "/policies", "/rulebook", "/locks", "/webhooks", "/settings", "/plan-targets")
MOST = 25
CANARY = "canary-f00d"
MARKED = {
    "smtp_url": SecretStr(f"smtps://user:{CANARY}@192.0.2.1:465"),
    "oidc_client_secret": SecretStr(CANARY),
    "blobs_url": SecretStr(f"s3://{CANARY}@bucket"),
}


@pytest.fixture
def marked(broker: Broker, city: City, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The console of a program whose secrets can be told from anything else."""
    assert city.persons
    monkeypatch.setenv("XUELIANG_PORT", "8099")
    settings = broker.settings.model_copy(update={**MARKED, "port": 8099})
    made = replace(
        without_tls(broker),
        settings_shown=SettingsShown(broker.work, broker.policy, listed(settings)),
    )
    with serving(create_app(made)) as url:
        yield url


def test_no_page_of_these_desks_shows_a_secret(marked: str) -> None:
    for login in ("sysadmin", "secadmin", "auditor"):
        with Person(marked) as person:
            person.come_in(login)
            seen, waiting = set[str](), ["/administration"]
            while waiting:
                place = waiting.pop()
                page = person.get(place)
                seen.add(place)
                assert CANARY not in page.answer.text, place
                waiting += sorted({
                    link for link in own_links(page)
                    if link not in seen and link not in waiting and link.startswith(tuple(AREAS)) and len(seen) < MOST
                })  # fmt: skip
            assert len(seen) > 10


def test_settings_say_where_they_came_from(marked: str) -> None:
    with Person(marked) as person:
        person.come_in("sysadmin")
        text = person.get("/settings").text
    assert "XUELIANG_PORT 8099 environment" in text
    assert "XUELIANG_HOST 127.0.0.1 default" in text
    assert "XUELIANG_OIDC_CLIENT_SECRET set, not shown command line" in text
    assert "XUELIANG_DATABASE_URL not set default" in text
