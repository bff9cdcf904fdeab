"""Signing in with a cookie or a token, and what a stranger's page cannot do with our cookie."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from broker.bootstrap import Broker
from broker.web.app import create_app
from tests.city import PASSWORD, City
from tests.web.door import Door, bad, good, serving


def flags(answer_cookie: str) -> set[str]:
    return {part.strip().partition("=")[0].lower() for part in answer_cookie.split(";")[1:]}


def test_the_cookie_is_for_this_host_this_site_and_no_script(door: Door) -> None:
    answer = door.sign_in("asker")
    cookie, device = answer.headers.get_list("set-cookie")
    assert answer.status_code == 201
    assert device.startswith("__Host-xueliang-device=")
    assert flags(device) == flags(cookie)
    assert cookie.startswith("__Host-xueliang=")
    assert {"secure", "httponly", "path", "samesite", "expires"} == flags(cookie)
    assert "Path=/;" in cookie
    assert "SameSite=strict" in cookie
    body = good(answer)
    assert body["person"]["login"] == "asker"
    assert body["csrf"] not in cookie
    until = datetime.fromisoformat(body["until"])
    assert timedelta(hours=9) < until - datetime.now(UTC) <= timedelta(hours=10)


@pytest.fixture
def plain(broker: Broker) -> Iterator[Door]:
    """The door of a program that is told to do without TLS."""
    settings = broker.settings.model_copy(update={"secure_cookies": False})
    with serving(create_app(replace(broker, settings=settings))) as url, Door(url) as opened:
        yield opened


def test_without_tls_the_cookie_has_another_name(plain: Door) -> None:
    answer = plain.sign_in("asker")
    cookie, device = answer.headers.get_list("set-cookie")
    assert device.startswith("xueliang-device=")
    assert cookie.startswith("xueliang=")
    assert flags(cookie) == {"httponly", "path", "samesite", "expires"}
    assert "strict-transport-security" not in answer.headers
    assert plain["asker"].get("/me")["login"] == "asker"


def test_signing_out_ends_the_session(door: Door) -> None:
    visitor = door["asker"]
    assert visitor.get("/me")["department"]["code"] == "dh-hb"
    answer = visitor.send("DELETE", "/sessions")
    assert answer.status_code == 204
    assert '__Host-xueliang=""' in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]
    bad(visitor.send("GET", "/me"), 401, "session-ended")


def test_a_wrong_password_tells_nothing_and_too_many_wait(door: Door) -> None:
    known = bad(door.sign_in("asker", "wrong-password-1"), 401, "wrong-credentials")
    unknown = bad(door.sign_in("nobody", "wrong-password-1"), 401, "wrong-credentials")
    assert known["detail"] == unknown["detail"]
    answers = [door.sign_in("looker", "wrong-password-1") for _ in range(11)]
    told = bad(answers[-1], 429, "too-many-sign-ins")
    assert answers[-1].headers["retry-after"] == "900"
    assert told["facts"] == {"minutes": 15}


def test_nobody_is_told_how_to_become_somebody(lobby: Door) -> None:
    for headers in (
        {},
        {"Cookie": "__Host-xueliang="},
        {"Cookie": "__Host-xueliang=made-up"},
        {"Cookie": "xueliang=made-up"},
        {"Authorization": "Bearer xlt_made-up"},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
        {"Authorization": "Basic YXNrZXI6eA=="},
        {"Authorization": "xlt_made-up"},
        {"Authorization": ""},
    ):
        answer = lobby.anybody.send("GET", "/me", headers=headers)
        assert answer.status_code == 401, headers
        assert answer.headers["www-authenticate"] == 'Bearer realm="xueliang"'


def test_a_bad_token_does_not_fall_back_to_the_cookie(lobby: Door) -> None:
    answer = lobby["asker"].send("GET", "/me", headers={"Authorization": "Bearer xlt_made-up"})
    bad(answer, 401, "token-ended")


FORGED = [
    ({"X-CSRF-Token": ""}, "csrf-token"),
    ({"X-CSRF-Token": "0" * 64}, "csrf-token"),
    ({"X-CSRF-Token": "ü"}, "csrf-token"),
    ({"Sec-Fetch-Site": "cross-site"}, "csrf-origin"),
    ({"Sec-Fetch-Site": "same-site"}, "csrf-origin"),
    ({"Sec-Fetch-Site": "none"}, "csrf-origin"),
    ({"Origin": "https://evil.example"}, "csrf-origin"),
    ({"Origin": "null"}, "csrf-origin"),
    ({"Origin": "http://["}, "csrf-origin"),
]


@pytest.mark.parametrize(("headers", "slug"), FORGED)
def test_a_write_under_a_cookie_must_come_from_our_own_page(lobby: Door, headers: dict[str, str], slug: str) -> None:
    sent = {name: told.encode("latin-1") for name, told in headers.items()}
    bad(lobby["asker"].send("POST", "/access-requests", {}, headers=sent), 403, slug)
    assert lobby["asker"].send("GET", "/me", headers=sent).status_code == 200


def test_our_own_page_may_write(lobby: Door) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": lobby.url}
    bad(lobby["asker"].send("POST", "/access-requests", {}, headers=headers), 422, "request-invalid")


def test_nobody_is_signed_in_from_a_strangers_page(lobby: Door) -> None:
    bad(lobby.sign_in("asker", headers={"Origin": "https://evil.example"}), 403, "csrf-origin")
    bad(lobby.sign_in("asker", headers={"Sec-Fetch-Site": "cross-site"}), 403, "csrf-origin")


def test_a_token_writes_without_csrf_within_its_scopes(door: Door, city: City) -> None:
    program = door.token("asker", "camera", "access_request:list")
    assert len(program.get("/cameras")["items"]) == 7
    assert program.get("/cameras")["items"][0]["owner"]["name"]
    assert program.get("/access-requests")["items"] == []
    told = bad(program.send("GET", "/grants"), 403, "token-scope")
    assert told["facts"] == {"act": "grant:list"}
    bad(program.send("POST", "/me/tokens", {"name": "x", "scopes": ["*"], "valid_days": 1}), 403, "token-scope")
    bad(door.token("asker", "*").send("DELETE", "/sessions"), 409, "no-session")
    assert city.persons


def test_a_token_cannot_give_more_than_it_has(door: Door) -> None:
    program = door.token("asker", "token", "camera:list")
    wide = {"name": "wider", "scopes": ["camera"], "valid_days": 1}
    bad(program.send("POST", "/me/tokens", wide), 403, "token-scope")
    assert program.post("/me/tokens", {**wide, "scopes": ["camera:list"]})["secret"].startswith("xlt_")


def test_a_token_is_shown_once_and_can_be_revoked(door: Door) -> None:
    visitor = door["asker"]
    issued = visitor.post("/me/tokens", {"name": "nightly", "scopes": ["camera"], "valid_days": 90})
    (listed,) = visitor.get("/me/tokens")["items"]
    assert "secret" not in listed
    assert (listed["id"], listed["revoked"]) == (issued["id"], False)
    assert visitor.send("DELETE", f"/me/tokens/{issued['id']}").status_code == 204
    bad(visitor.send("DELETE", f"/me/tokens/{issued['id']}"), 404, "unknown-token")
    bad(door["looker"].send("DELETE", f"/me/tokens/{issued['id']}"), 404, "unknown-token")
    answer = door.anybody.send("GET", "/cameras", headers={"Authorization": f"Bearer {issued['secret']}"})
    bad(answer, 401, "token-ended")


@pytest.mark.parametrize("query", ["token=x", "access_token=x", "limit=xlt_abc", "Api_Key=1"])
def test_a_token_in_a_url_is_refused(lobby: Door, query: str) -> None:
    bad(lobby["asker"].send("GET", f"/cameras?{query}"), 422, "token-in-url")


def test_a_new_password_ends_every_session(door: Door) -> None:
    visitor = door["asker"]
    bad(
        visitor.send("POST", "/me/password", {"old": "not-the-old-one", "new": "four-rivers-meet"}),
        403,
        "wrong-password",
    )
    answer = visitor.send("POST", "/me/password", {"old": PASSWORD, "new": "four-rivers-meet"})
    assert answer.status_code == 204
    bad(visitor.send("GET", "/me"), 401, "session-ended")
    bad(door.sign_in("asker"), 401, "wrong-credentials")
    assert door.sign_in("asker", "four-rivers-meet").status_code == 201


def test_a_disabled_account_is_out_at_once(door: Door, city: City) -> None:
    program = door.token("looker", "*")
    visitor = door["looker"]
    disabled = door["secadmin"].post(f"/persons/{city.persons['looker']}/disable")
    assert disabled["active"] is False
    bad(visitor.send("GET", "/me"), 401, "session-ended")
    bad(program.send("GET", "/me"), 401, "account-disabled")
