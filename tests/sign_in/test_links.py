"""Whose an identity is: linked by an administrator or by the person, listed, taken away."""

from datetime import timedelta

import pyotp

from broker.bootstrap import operator
from broker.services.people.sign_in import csrf_of
from tests.city import PASSWORD
from tests.sign_in.browser import SESSION, Browser
from tests.sign_in.conftest import Place
from tests.web.door import Door, bad, good


def signed_in(place: Place, login: str) -> tuple[Browser, str]:
    browser = place.browser()
    csrf = good(browser.password(login, PASSWORD))["csrf"]
    return browser, csrf


def test_an_administrator_links_and_unlinks(place: Place) -> None:
    key = place.city.persons["asker"]
    with Door(place.url) as door:
        for login in ("auditor", "sysadmin", "center.dh", "asker"):  # not even the own one: that needs the password
            bad(door[login].send("POST", f"/persons/{key}/identities", {"subject": "sub-asker"}), 403, "not-allowed")
        admin = door["secadmin"]
        linked = admin.post(f"/persons/{key}/identities", {"subject": "sub-asker"})
        assert (linked["issuer"], linked["subject"]) == (place.house.url, "sub-asker")
        other = place.city.persons["looker"]
        bad(admin.send("POST", f"/persons/{other}/identities", {"subject": "sub-asker"}), 409, "identity-taken")
        for subject in (" x", "a\nb", "x\u0000"):
            answer = admin.send("POST", f"/persons/{other}/identities", {"subject": subject})
            assert answer.status_code == 422, subject
        own = place.city.persons["secadmin"]
        bad(admin.send("POST", f"/persons/{own}/identities", {"subject": "mine"}), 403, "not-allowed")
        assert admin.get(f"/persons/{key}/identities")["items"] == [linked]
        assert door["asker"].get("/me/identities")["items"] == [linked]
        bad(door["looker"].send("GET", f"/persons/{key}/identities"), 403, "not-allowed")
        with place.browser() as browser:
            assert browser.sign_in().status_code == 200
            bad(admin.send("DELETE", f"/persons/{other}/identities/{linked['id']}"), 404, "unknown-identity")
            assert admin.send("DELETE", f"/persons/{key}/identities/{linked['id']}").status_code == 204
            bad(browser.get("/me"), 401, "session-ended")
            bad(browser.sign_in(), 403, "oidc-unlinked")
        bad(admin.send("DELETE", f"/persons/{key}/identities/{linked['id']}"), 404, "unknown-identity")
        assert admin.post(f"/persons/{other}/identities", {"subject": "sub-asker"})["id"] != linked["id"]
    kinds = place.rows("SELECT kind FROM audit_event WHERE kind LIKE 'person:identity:%' ORDER BY id")
    assert [kind for (kind,) in kinds] == [
        "person:identity:linked", "person:identity:unlinked", "person:identity:linked",
    ]  # fmt: skip
    told = [it.notice.kind for it in place.broker.notices.page(
        place.city.caller(place.broker, "asker"), unread=True, after=None, limit=9
    )]  # fmt: skip
    assert told == ["account.identity_unlinked", "account.identity_linked"]


def test_a_person_links_with_the_password_again(place: Place) -> None:
    browser, csrf = signed_in(place, "asker")
    with browser:
        bad(browser.send("POST", "/me/identities", {}, csrf), 403, "wrong-password")
        bad(browser.send("POST", "/me/identities", {"password": "wrong-wrong-wrong"}, csrf), 403, "wrong-password")
        begun = good(browser.send("POST", "/me/identities", {"password": PASSWORD, "next": "/account"}, csrf))
        session = browser.cookies()[SESSION]
        browser.client.cookies.delete(SESSION)  # strict: it is not sent along from another site
        answer = browser.back(browser.over_there(begun["address"]))
        assert answer.status_code == 200, answer.text
        assert "url=/account" in answer.text
        assert not browser.signed_in, "linking opens no session"
        browser.client.cookies.set(SESSION, session, domain="127.0.0.1")
        (linked,) = good(browser.get("/me/identities"))["items"]
        assert linked["subject"] == "sub-asker"
        with place.browser() as another:
            assert another.sign_in().status_code == 200
        assert browser.send("DELETE", f"/me/identities/{linked['id']}", csrf=csrf).status_code == 204
        assert good(browser.get("/me/identities"))["items"] == []


def test_who_has_a_second_factor_shows_it(place: Place) -> None:
    browser, csrf = signed_in(place, "owner.cg")
    with browser:
        secret = good(browser.send("POST", "/me/second-factor", {"password": PASSWORD}, csrf))["secret"]
        app = pyotp.TOTP(secret)
        good(browser.send("POST", "/me/second-factor/confirm", {"code": app.at(place.clock.at)}, csrf))
        place.clock.at += timedelta(minutes=10)
        told = bad(browser.send("POST", "/me/identities", {"password": PASSWORD}, csrf), 403, "not-allowed")
        assert told["missing"] == ["mfa_met"]
        good(browser.send("POST", "/me/step-up", {"code": app.at(place.clock.at)}, csrf))
        begun = good(browser.send("POST", "/me/identities", {}, csrf))
        query = browser.over_there(begun["address"])
        place.clock.at += timedelta(minutes=9, seconds=59)
        assert browser.back(query).status_code == 200


def test_linking_ends_with_the_session_that_began_it(place: Place) -> None:
    for end in ("sign out", "disable", "leave alone"):
        login = {"sign out": "asker", "disable": "looker", "leave alone": "looker2"}[end]
        browser, csrf = signed_in(place, login)
        with browser:
            begun = good(browser.send("POST", "/me/identities", {"password": PASSWORD}, csrf))
            query = browser.over_there(begun["address"])
            if end == "sign out":
                assert browser.send("DELETE", "/sessions", csrf=csrf).status_code == 204
            elif end == "disable":
                place.broker.accounts.disable(operator("tests"), place.city.persons[login])
            else:
                place.clock.at += timedelta(minutes=31)
            assert browser.back(query).status_code == 403, end
    assert place.rows("SELECT count(*) FROM external_identity") == [(0,)]


def test_one_person_has_ten_at_most(place: Place) -> None:
    for number in range(10):
        place.link("asker", f"sub-{number}")
    with Door(place.url) as door:
        answer = door["secadmin"].send("POST", f"/persons/{place.city.persons['asker']}/identities", {"subject": "x"})
        bad(answer, 409, "too-many-identities")


def test_a_signed_in_browser_cannot_be_linked_to_a_stranger(place: Place) -> None:
    """A link that a stranger's page sends: what it begins is a sign-in, and it needs the note that was given here."""
    browser, csrf = signed_in(place, "asker")
    with browser, place.browser() as stranger:
        brought = stranger.over_there(stranger.start())
        bad(browser.back(brought), 403, "oidc-stale")
        assert csrf_of(browser.cookies()[SESSION]) == csrf
        assert good(browser.get("/me/identities"))["items"] == []
