"""The second factor over HTTP: what is asked for, what is shown once, and what goes stale."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pyotp
import pytest

from broker.bootstrap import Broker
from broker.services.people.throttle import LOGIN_TRIES
from broker.web.app import create_app
from tests.city import PASSWORD, City
from tests.clock import Turned
from tests.web.door import Door, Visitor, bad, good, serving

STEP = timedelta(seconds=30)


@pytest.fixture
def door(turned: Broker, city: City) -> Iterator[Door]:
    """The door of an application whose clock the test turns."""
    assert city.persons
    with serving(create_app(turned)) as url, Door(url) as opened:
        yield opened


def enrolled(visitor: Visitor, clock: Turned) -> tuple[pyotp.TOTP, list[str]]:
    begun = visitor.post("/me/second-factor", {"password": PASSWORD})
    app = pyotp.parse_uri(begun["uri"])
    assert isinstance(app, pyotp.TOTP)
    assert begun["secret"] == app.secret
    confirmed = visitor.post("/me/second-factor/confirm", {"code": app.at(clock.at)})
    assert datetime.fromisoformat(confirmed["fresh_until"]) == clock.at + timedelta(minutes=10)
    return app, confirmed["recovery_codes"]


def signed(door: Door, **body: Any) -> httpx.Response:
    return door.anybody.send("POST", "/sessions", {"login": "owner.cg", "password": PASSWORD, **body})


def test_from_enrolling_to_doing_without(door: Door, clock: Turned, city: City) -> None:
    visitor, program = door["owner.cg"], door.token("owner.cg", "*")
    narrow = door.token("owner.cg", "camera")
    told = {"enrolled": False, "confirmed_at": None, "recovery_codes_left": 0, "fresh_until": None}
    assert visitor.get("/me/second-factor") == told
    bad(visitor.send("POST", "/me/second-factor", {"password": "wrong-wrong-wrong"}), 403, "wrong-password")
    bad(visitor.send("POST", "/me/second-factor", {}), 422, "request-invalid")
    bad(visitor.send("POST", "/me/step-up", {"code": "123456"}), 409, "second-factor-absent")
    bad(visitor.send("POST", "/me/second-factor/confirm", {"code": "123456"}), 409, "no-enrolment")
    app, recovery = enrolled(visitor, clock)
    assert len(set(recovery)) == 10
    bad(visitor.send("POST", "/me/second-factor", {"password": PASSWORD}), 409, "second-factor-present")
    standing = visitor.get("/me/second-factor")
    assert (standing["enrolled"], standing["recovery_codes_left"]) == (True, 10)

    clock.at += timedelta(minutes=10)
    assert visitor.get("/me/second-factor")["fresh_until"] is None
    for stale in (visitor, program):
        refused = bad(stale.send("DELETE", "/me/second-factor"), 403, "not-allowed")
        assert refused["missing"] == ["mfa_fresh"]
        bad(stale.send("POST", "/me/second-factor/recovery-codes"), 403, "not-allowed")
    bad(narrow.send("POST", "/me/step-up", {"code": app.at(clock.at)}), 403, "token-scope")
    code = app.at(clock.at)
    fresh = program.post("/me/step-up", {"code": code})["fresh_until"]
    assert datetime.fromisoformat(fresh) == clock.at + timedelta(minutes=10)
    again = bad(program.send("POST", "/me/step-up", {"code": code}), 403, "wrong-code")
    assert again["pointer"] == "/code"
    assert code not in json.dumps(again)
    bad(visitor.send("DELETE", "/me/second-factor"), 403, "not-allowed")  # the token is fresh, the session is not
    renewed = program.post("/me/second-factor/recovery-codes")["recovery_codes"]
    bad(visitor.send("POST", "/me/step-up", {"code": recovery[0]}), 403, "wrong-code")
    visitor.post("/me/step-up", {"code": renewed[0]})
    bad(visitor.send("POST", "/me/step-up", {"code": renewed[0]}), 403, "wrong-code")
    assert visitor.get("/me/second-factor")["recovery_codes_left"] == 9
    assert visitor.send("DELETE", "/me/second-factor").status_code == 204
    assert good(signed(door))["fresh_until"] is None

    trace = json.dumps([event for page in _pages(door["auditor"]) for event in page])
    assert "person:second_factor:removed" in trace
    secrets = [app.secret, code, *recovery, *renewed, *(it.replace("-", "") for it in recovery + renewed)]
    assert [secret for secret in secrets if secret in trace] == []
    assert city.persons


def _pages(visitor: Visitor) -> Iterator[list[dict[str, Any]]]:
    after: str | None = None
    while True:
        page = visitor.get("/audit", **({"after": after} if after else {}))
        yield page["items"]
        after = page["next"]
        if after is None:
            return


def test_signing_in(door: Door, clock: Turned) -> None:
    app, recovery = enrolled(door["owner.cg"], clock)
    clock.at += 2 * STEP
    code = app.at(clock.at)
    wanted = bad(signed(door), 401, "second-factor-needed")
    wrong = bad(signed(door, password="wrong-wrong-wrong"), 401, "wrong-credentials")
    assert wanted["detail"] != wrong["detail"]
    bad(signed(door, password="wrong-wrong-wrong", code=code), 401, "wrong-credentials")
    for nonsense in ("000000", "é" * 6, "1", "x" * 40):
        bad(signed(door, code=nonsense), 401, "wrong-code")
    bad(signed(door, code=""), 422, "request-invalid")
    bad(signed(door, code=app.at(clock.at - 2 * STEP)), 401, "wrong-code")
    first = good(signed(door, code=code))
    assert datetime.fromisoformat(first["fresh_until"]) == clock.at + timedelta(minutes=10)
    bad(signed(door, code=code), 401, "wrong-code")
    good(signed(door, code=recovery[0].lower()))
    bad(signed(door, code=recovery[0]), 401, "wrong-code")


def test_guessing_is_bounded(door: Door, clock: Turned) -> None:
    visitor = door["owner.cg"]
    app, recovery = enrolled(visitor, clock)
    clock.at += 2 * STEP
    for _ in range(LOGIN_TRIES):
        bad(visitor.send("POST", "/me/step-up", {"code": "000000"}), 403, "wrong-code")
    for answer, slug in (
        (visitor.send("POST", "/me/step-up", {"code": app.at(clock.at)}), "too-many-tries"),
        (visitor.send("POST", "/me/step-up", {"code": recovery[0]}), "too-many-tries"),
        (signed(door, code=app.at(clock.at)), "too-many-sign-ins"),
    ):
        bad(answer, 429, slug)
        assert answer.headers["retry-after"] == "900"
    clock.at += timedelta(minutes=15, seconds=1)
    assert good(signed(door, code=app.at(clock.at)))["csrf"]


def test_what_an_administrator_resets(door: Door, clock: Turned, city: City) -> None:
    visitor, key = door["owner.cg"], city.persons["owner.cg"]
    app, _ = enrolled(visitor, clock)
    for nobody in ("auditor", "owner.cg2", "sysadmin"):
        bad(door[nobody].send("POST", f"/persons/{key}/reset-password"), 403, "not-allowed")
        bad(door[nobody].send("DELETE", f"/persons/{key}/second-factor"), 403, "not-allowed")
    admin = door["secadmin"]
    bad(admin.send("POST", f"/persons/{city.departments['dh'].id}/reset-password"), 404, "unknown-person")
    handed = admin.post(f"/persons/{key}/reset-password")
    assert datetime.fromisoformat(handed["valid_until"]) == clock.at + timedelta(days=3)
    bad(visitor.send("GET", "/me"), 401, "session-ended")
    bad(signed(door), 401, "wrong-credentials")
    clock.at += 2 * STEP
    bad(signed(door, password=handed["password"]), 401, "second-factor-needed")
    assert admin.send("DELETE", f"/persons/{key}/second-factor").status_code == 204
    bad(admin.send("DELETE", f"/persons/{key}/second-factor"), 409, "second-factor-absent")
    answer = signed(door, password=handed["password"], code=app.at(clock.at))
    assert good(answer)["must_change_password"] is True
    cookie = answer.headers["set-cookie"].partition(";")[0]
    door.client.cookies.clear()
    back = Visitor(door.client, {"Cookie": cookie}, answer.json()["csrf"])
    for path in ("/me", "/cameras", "/me/second-factor", "/me/tokens"):
        bad(back.send("GET", path), 403, "password-change-needed")
    same = {"old": handed["password"], "new": handed["password"]}
    bad(back.send("POST", "/me/password", same), 422, "password-unchanged")
    back.post("/me/password", {**same, "new": "four-rivers-meet"})
    assert good(signed(door, password="four-rivers-meet"))["must_change_password"] is False


def test_another_key_file_lets_nobody_in_and_does_not_say_where_it_lies(
    door: Door, turned: Broker, clock: Turned
) -> None:
    app, recovery = enrolled(door["owner.cg"], clock)
    clock.at += 2 * STEP
    (turned.settings.data / "secret.key").write_text("00" * 32, encoding="ascii")
    turned.secrets._keys = {}  # as after a restart
    told = bad(signed(door, code=app.at(clock.at)), 503, "secret-key-wrong")
    assert "secret.key" not in json.dumps(told)
    assert good(signed(door, code=recovery[0]))["csrf"]
