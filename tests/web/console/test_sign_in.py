"""Signing in at a page, with and without a second factor; sessions and how they end."""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pyotp
import pytest

from broker.bootstrap import Broker, operator
from broker.services.people.accounts import NewPerson
from tests.city import PASSWORD, City
from tests.web.console.conftest import Enter
from tests.web.console.page import Page, Person
from tests.web.door import Door

FACTOR = "/account/second-factor"


def enrol(person: Person) -> tuple[str, list[str]]:
    """Enrol an authenticator; return its secret and the recovery codes."""
    begun = person.press(person.get(FACTOR), f"{FACTOR}/begin", password=PASSWORD)
    secret = re.search(r"[A-Z2-7]{32}", begun.text)
    assert secret, begun.text
    assert "svg" in {tag for tag, _ in begun.tags}
    shown = person.press(begun, f"{FACTOR}/confirm", code=pyotp.TOTP(secret[0]).now())
    codes = re.findall(r"\b(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}\b", shown.text)
    assert len(codes) == 10
    return secret[0], codes


def cookie_of(page: Page) -> str:
    return next(answer.headers["set-cookie"] for answer in page.answer.history if "set-cookie" in answer.headers)


def test_the_cookie_is_that_of_the_api(enter: Enter, plain_door: Door) -> None:
    person = enter()
    arrived = person.sign_in("asker")
    assert arrived.answer.url.path == "/inbox"
    cookie = cookie_of(arrived).lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert person.client.get("/api/v1/me", headers={"Accept": "*/*"}).json()["login"] == "asker"
    visitor = plain_door["looker"]
    assert Page(person.client.get("/inbox", headers={"Cookie": visitor.headers["Cookie"]})).status == 200


def test_behind_tls_the_cookie_is_bound_to_the_host(door: Door) -> None:
    with Person(door.url) as person:
        sent = person.get("/sign-in").form("/sign-in").filled({"login": "asker", "password": PASSWORD})
        answer = person.client.post("/sign-in", data=sent, headers={"Origin": door.url}, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-xueliang=")
    assert "Secure" in cookie


def test_a_wrong_password_tells_nothing_and_too_many_wait(enter: Enter) -> None:
    person = enter()
    known = person.sign_in("asker", "wrong-password-1")
    assert known.status == 401
    assert ("login", "asker") in known.form("/sign-in").fields
    unknown = person.sign_in("nobody", "wrong-password-1")
    told = known.text.split("Login")[0]
    assert told == unknown.text.split("Login")[0]
    for _ in range(12):
        last = person.sign_in("looker", "wrong-password-1")
    assert last.status == 429
    assert "15 minutes" in last.text


def test_nobody_is_signed_in_from_a_strangers_page(enter: Enter) -> None:
    person = enter()
    fields = person.get("/sign-in").form("/sign-in").filled({"login": "asker", "password": PASSWORD})
    for forged in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        page = person.send("/sign-in", fields, **forged)
        assert page.status == 403
        assert person.get("/account").answer.url.path == "/sign-in"


def test_a_second_factor_from_end_to_end(enter: Enter) -> None:
    person = enter("looker")
    refused = person.press(person.get(FACTOR), f"{FACTOR}/begin", password="not-the-password")
    assert (refused.status, "wrong" in refused.text.lower()) == (403, True)
    secret, codes = enrol(person)
    assert "10 recovery codes" in person.get(FACTOR).text

    other = enter()
    asked = other.sign_in("looker")
    note = dict(asked.form("/sign-in").fields)["note"]
    assert PASSWORD not in asked.answer.text
    assert PASSWORD.encode().hex() not in note
    wrong = other.press(asked, "/sign-in", code="000000")
    assert wrong.status == 401
    arrived = other.press(wrong, "/sign-in", code=codes[0])
    assert arrived.has_form("/sign-out")
    assert "9 recovery codes" in other.get(FACTOR).text

    forged = other.get("/sign-in")  # signed in: sent on
    assert forged.answer.url.path == "/inbox"
    spoilt = enter().send("/sign-in", {"note": [note[:-8] + "AAAAAAAA"], "login": ["looker"], "code": [codes[1]]})
    assert spoilt.status == 401
    assert not spoilt.has_form("/sign-out")
    assert pyotp.TOTP(secret).now().isdigit()


def test_stepping_up_and_doing_without(enter: Enter, broker: Broker, city: City) -> None:
    person = enter("looker")
    _, codes = enrol(person)
    again = enter()
    again.press(again.sign_in("looker"), "/sign-in", code=codes[0])
    with broker.work() as work:  # as if the ten minutes were over
        work.sessions.step_down(city.persons["looker"])
        work.commit(broker.policy.note(operator("tests"), "tests"))
    page = again.get(FACTOR)
    assert not page.has_form(f"{FACTOR}/remove")
    asked = again.get("/step-up?next=/account/second-factor")
    assert again.press(asked, "/step-up", code="000000").status == 403
    back = again.press(asked, "/step-up", code=codes[1])
    assert back.answer.url.path == FACTOR
    renewed = again.press(back, f"{FACTOR}/codes")
    assert not set(re.findall(r"\b(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}\b", renewed.text)) & set(codes)
    gone = again.press(again.get(FACTOR), f"{FACTOR}/remove")
    assert "without a second factor" in gone.text
    assert again.get(FACTOR).has_form(f"{FACTOR}/begin")


def test_sessions_are_listed_and_ended(enter: Enter) -> None:
    first, second, third = enter("asker"), enter("asker"), enter("asker")
    page = first.get("/account")
    ends = [form.action for form in page.forms if form.action.endswith("/end")]
    assert len(ends) == 2
    assert "this one" in page.text
    assert "The session has ended." in first.press(page, ends[0]).text
    ended = [person for person in (second, third) if person.get("/inbox").answer.url.path == "/sign-in"]
    assert len(ended) == 1
    assert first.send(ends[0], {"csrf": [dict(page.form(ends[0]).fields)["csrf"]]}).status == 404
    assert "other sessions have ended" in first.press(page, "/account/sessions/end-others").text
    assert all(person.get("/inbox").answer.url.path == "/sign-in" for person in (second, third))
    assert first.get("/inbox").status == 200


def test_the_api_lists_and_ends_sessions_too(plain_door: Door) -> None:
    visitor, other = plain_door["asker"], plain_door.sign_in("asker")
    plain_door.client.cookies.clear()
    listed = visitor.get("/me/sessions")["sessions"]
    assert [it["here"] for it in listed] == [False, True]
    assert datetime.fromisoformat(listed[0]["until"]) > datetime.now(UTC)
    stranger = plain_door["looker"].send("DELETE", f"/me/sessions/{listed[0]['name']}")
    assert stranger.status_code == 404
    assert visitor.send("DELETE", f"/me/sessions/{listed[0]['name']}").status_code == 204
    cookie = other.headers["set-cookie"].partition(";")[0]
    assert plain_door.anybody.send("GET", "/me", headers={"Cookie": cookie}).status_code == 401
    assert visitor.send("DELETE", "/me/sessions").status_code == 204
    assert len(visitor.get("/me/sessions")["sessions"]) == 1


def test_signing_out(enter: Enter) -> None:
    person = enter("asker")
    page = person.get("/inbox")
    gone = person.press(page, "/sign-out")
    assert "You have signed out." in gone.text
    assert "You have signed out." not in person.get("/sign-in").text
    assert person.get("/inbox").answer.url.path == "/sign-in"
    late = person.send("/sign-out", page.form("/sign-out").filled({}))
    assert late.answer.url.path == "/sign-in"


def test_a_handed_out_password_is_replaced_first(enter: Enter, broker: Broker, city: City) -> None:
    handed = broker.accounts.reset_password(operator("tests"), city.persons["asker"])
    person = enter()
    page = person.sign_in("asker", handed.text)
    assert page.answer.url.path == "/account/password"
    for place in ("/inbox", "/account", "/requests"):
        assert person.get(place).answer.url.path == "/account/password"
    short = person.press(page, "/account/password", old=handed.text, new="short")
    assert short.status == 422
    done = person.press(short, "/account/password", old=handed.text, new="four-rivers-meet-here")
    assert done.answer.url.path == "/sign-in"
    assert "Sign in with the new one" in done.text
    assert person.sign_in("asker", "four-rivers-meet-here").answer.url.path == "/inbox"


@pytest.mark.parametrize("field", ["login", "password", "code"])
def test_what_is_far_too_long_is_refused(hall: Enter, field: str) -> None:
    page = hall().press(hall().get("/sign-in"), "/sign-in", **{"login": "asker", "password": "x", field: "x" * 5000})
    assert page.status == 422


def test_an_invite_is_taken_at_a_page(enter: Enter, broker: Broker) -> None:
    new = NewPerson("newcomer", "新来的人", "dh-hb", None, (("requester", "dh-hb"),))
    issued = broker.invites.issue(operator("tests"), broker.accounts.add_person(operator("tests"), new).person.id)
    place = urlsplit(issued.link).path
    person = enter()
    page = person.get(place)
    assert "newcomer" in page.text
    short = person.press(page, place, password="short")
    assert short.status == 422
    arrived = person.press(short, place, password="four-rivers-meet-here")
    assert "Your account is open." in arrived.text
    assert arrived.has_form("/sign-out")
    assert enter().get(place).status in {401, 404, 409}
    assert enter().get("/invite/made-up").status in {401, 404}
