"""Invites: a link, good once, for who has no password yet; all bad ones look alike."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from broker.bootstrap import Broker, build, operator
from broker.domain.ids import PersonId
from broker.domain.people.invites import VALID
from broker.services.people.accounts import NewPerson
from broker.services.people.throttle import ADDRESS_TRIES
from tests.city import PASSWORD, City
from tests.clock import Turned
from tests.conftest import fast_settings
from tests.notices.conftest import Mailbox, mailbox
from tests.sign_in.browser import SESSION
from tests.sign_in.conftest import Front, Place
from tests.sign_in.house import House
from tests.web.door import Door, bad, good

__all__ = ["mailbox"]

PUBLIC = "https://video.example.org"
FIRST = "four-rivers-meet-here"


@pytest.fixture
def hall(
    database_url: str, engine: Engine, city: City, clock: Turned, tmp_path: Path, mailbox: Mailbox, front: Front
) -> Iterator[Place]:
    """A program with a mail server and no other house."""
    settings = fast_settings(tmp_path / "data").model_copy(
        update={
            "public_url": PUBLIC, "secure_cookies": False, "mail_from": "雪亮 <xueliang@example.org>",
            "smtp_url": SecretStr(mailbox.url),
        }
    )  # fmt: skip
    broker = build(settings, database_url, engine, clock)
    with front.over(broker) as url:
        yield Place(url, broker, city, House(), clock, front)


def newcomer(broker: Broker, login: str = "new.one", email: str | None = None) -> str:
    """Open an account that waits for its first password, and return its key."""
    new = NewPerson(login, "新来的人", "dh-hb", None, (("requester", "dh-hb"),), email)
    return str(broker.accounts.add_person(operator("tests"), new).person.id)


def issued(door: Door, key: str, **body: object) -> str:
    told = door["secadmin"].post(f"/persons/{key}/invite", body)
    assert told["link"].startswith(f"{PUBLIC}/invite/")
    return str(told["link"]).rpartition("/")[2]


def test_from_the_account_to_the_first_session(hall: Place, caplog: pytest.LogCaptureFixture) -> None:
    with Door(hall.url) as door, hall.browser() as browser, caplog.at_level(logging.INFO):
        admin = door["secadmin"]
        new = {"login": "new.one", "name": "新来的人", "department": "dh-hb", "roles": []}
        key = admin.post("/persons", new)["id"]
        bad(browser.password("new.one", PASSWORD), 401, "wrong-credentials")
        token = issued(door, key)
        until = hall.clock.at + VALID
        standing = admin.get(f"/persons/{key}/invite")
        assert datetime.fromisoformat(standing["valid_until"]) == until
        assert token not in str(standing)
        told = good(browser.get(f"/invites/{token}"))
        assert told == {"name": "新来的人", "login": "new.one", "valid_until": told["valid_until"]}
        bad(browser.send("POST", f"/invites/{token}", {"password": "short"}), 422, "password-length")
        bad(browser.send("POST", f"/invites/{token}", {"password": "new.one-new.one"}), 422, "password-guessable")
        session = good(browser.send("POST", f"/invites/{token}", {"password": FIRST}))
        assert session["person"]["login"] == "new.one"
        assert session["must_change_password"] is False
        assert browser.signed_in
        begun = browser.send("POST", "/me/second-factor", {"password": FIRST}, session["csrf"])
        assert begun.status_code == 201, "to be enrolled at once"
        again = bad(browser.send("POST", f"/invites/{token}", {"password": FIRST}), 404, "unknown-invite")
        never = bad(browser.send("POST", "/invites/never", {"password": FIRST}), 404, "unknown-invite")
        assert again["detail"] == never["detail"]
        assert browser.password("new.one", FIRST).status_code == 201
        bad(admin.send("POST", f"/persons/{key}/invite", {}), 409, "invite-not-needed")
        assert admin.get(f"/persons/{key}/invite") == {"issued_at": None, "valid_until": None}
    logged = [it.getMessage() for it in caplog.records if it.name.startswith("broker")]  # not of the test's own client
    assert not [line for line in logged if token in line]
    assert [line for line in logged if "/invites/…" in line]
    for kind in ("issued", "taken"):
        assert len(hall.told(f"person:invite:{kind}")) == 1
    bodies = b"".join(bytes(row[0]) for row in hall.rows("SELECT body FROM audit_event"))  # type: ignore[call-overload]
    assert token.encode() not in bodies
    assert hall.rows("SELECT count(*) FROM invite WHERE octet_length(digest) = 32") == [(1,)]


def test_bad_links_look_alike(hall: Place) -> None:
    key = newcomer(hall.broker)
    with Door(hall.url) as door, hall.browser() as browser:
        admin = door["secadmin"]
        first = issued(door, key)
        second = issued(door, key)  # the first one ends
        answers = [browser.get(f"/invites/{first}")]
        assert admin.send("DELETE", f"/persons/{key}/invite").status_code == 204
        bad(admin.send("DELETE", f"/persons/{key}/invite"), 409, "no-invite")
        answers.append(browser.get(f"/invites/{second}"))
        third = issued(door, key)
        assert browser.get(f"/invites/{third}").status_code == 200
        hall.clock.at += VALID
        answers.append(browser.get(f"/invites/{third}"))
        hall.clock.at -= VALID
        handed = hall.broker.accounts.reset_password(operator("tests"), _person(key))
        assert handed.text
        answers.append(browser.get(f"/invites/{third}"))
        closed = newcomer(hall.broker, "new.two")
        fourth = issued(door, closed)
        hall.broker.accounts.disable(operator("tests"), _person(closed))
        answers.append(browser.get(f"/invites/{fourth}"))
        bad(admin.send("POST", f"/persons/{closed}/invite", {}), 409, "invite-not-needed")
        answers.append(browser.get(f"/invites/{'x' * 43}"))
        answers += [browser.send("POST", f"/invites/{token}", {"password": FIRST}) for token in (first, third, fourth)]
        told = {(it.status_code, it.json()["slug"], it.json()["detail"], frozenset(it.json())) for it in answers}
        assert len(told) == 1, told
        assert not browser.signed_in


def _person(key: str) -> PersonId:
    return PersonId(UUID(key))


def test_who_may_invite(hall: Place) -> None:
    key = newcomer(hall.broker)
    with Door(hall.url) as door:
        for login in ("sysadmin", "auditor", "center.dh", "asker"):
            for method in ("POST", "GET", "DELETE"):
                body: object = {} if method == "POST" else None
                bad(door[login].send(method, f"/persons/{key}/invite", body), 403, "not-allowed")
        nobody, somebody = hall.city.departments["dh"].id, hall.city.persons["asker"]
        bad(door["secadmin"].send("POST", f"/persons/{nobody}/invite", {}), 404, "unknown-person")
        bad(door["secadmin"].send("POST", f"/persons/{somebody}/invite", {}), 409, "invite-not-needed")


def test_it_is_mailed_at_once_and_stands_in_no_outbox(hall: Place, mailbox: Mailbox) -> None:
    with Door(hall.url) as door:
        key = newcomer(hall.broker, email="new.one@example.org")
        told = door["secadmin"].post(f"/persons/{key}/invite", {"mail": True})
        assert told["mailed"] is True
        (message,) = mailbox.taken
        assert message["To"] == "new.one@example.org"
        text = message.get_content()
        assert text.count(told["link"]) == 2, "in both languages"
        assert "new.one" in text
        assert hall.rows("SELECT count(*) FROM notice") == [(0,)]
        mailbox.answers.append("550 no such user")
        assert door["secadmin"].post(f"/persons/{key}/invite", {"mail": True})["mailed"] is False
        nowhere = newcomer(hall.broker, "new.two")
        assert door["secadmin"].post(f"/persons/{nowhere}/invite", {"mail": True})["mailed"] is False
        assert door["secadmin"].post(f"/persons/{nowhere}/invite", {"mail": False})["mailed"] is False
    assert len(mailbox.taken) == 1


def test_of_two_who_take_it_up_at_once_one_does(hall: Place) -> None:
    key = newcomer(hall.broker)
    with Door(hall.url) as door:
        token = issued(door, key)

        def take(number: int) -> int:
            with hall.browser() as browser:
                return browser.send("POST", f"/invites/{token}", {"password": f"{FIRST}-{number}"}).status_code

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(take, range(4))) == [201, 404, 404, 404]


def test_guessing_links_waits(hall: Place) -> None:
    key = newcomer(hall.broker)
    with Door(hall.url) as door, hall.browser() as browser:
        token = issued(door, key)
        for number in range(ADDRESS_TRIES):
            assert browser.get(f"/invites/made-up-{number}").status_code == 404
        bad(browser.get(f"/invites/{token}"), 429, "too-many-tries")
        bad(browser.send("POST", f"/invites/{token}", {"password": FIRST}), 429, "too-many-tries")
        hall.clock.at += timedelta(minutes=15)
        assert browser.get(f"/invites/{token}").status_code == 200


def test_a_strangers_page_takes_nothing_up(hall: Place) -> None:
    key = newcomer(hall.broker)
    with Door(hall.url) as door, hall.browser() as browser:
        token = issued(door, key)
        answer = browser.client.post(
            f"/api/v1/invites/{token}", json={"password": FIRST}, headers={"Origin": "https://evil.example"}
        )
        bad(answer, 403, "csrf-origin")
        assert SESSION not in browser.cookies()
