"""Identities of another house, at the pages: linked to the own account, signed in with, unlinked."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser
from sqlalchemy import Engine

from broker.bootstrap import Broker, build, operator
from broker.domain.time import SystemClock
from broker.web.app import create_app
from tests.city import PASSWORD, City
from tests.sign_in.conftest import told_of
from tests.sign_in.house import House, housed
from tests.web.console.browsing import IN_A_BROWSER, hold
from tests.web.console.page import Page, Person
from tests.web.console.test_sign_in import enrol
from tests.web.door import NOBODY, serving

IDENTITIES = "/account/identities"
SHOWN = (IDENTITIES,)


@pytest.fixture
def house() -> Iterator[House]:
    with housed(House()) as running:
        yield running


@pytest.fixture
def linked(house: House, database_url: str, engine: Engine, city: City, tmp_path: Path) -> Iterator[tuple[Broker, str]]:
    """A console beside a house; what owner.cg signs in with over there is linked."""
    settings = told_of(house, tmp_path / "data", oidc_label="市统一身份认证")
    broker = build(settings, database_url, engine, SystemClock())
    broker.identities.link(operator("tests"), city.persons["owner.cg"], "sub-owner")
    with serving(create_app(broker)) as url:
        yield broker, url


@pytest.fixture
def asker(linked: tuple[Broker, str]) -> Iterator[Person]:
    with Person(linked[1]) as person:
        person.come_in("asker")
        yield person


def back(person: Person, away: Page) -> Page:
    """Follow the page that leads to the other house, sign in there, and come back."""
    (there,) = re.findall(r'content="0;url=([^"]+)"', away.answer.text)
    answer = httpx.get(unescape(there), trust_env=False, verify=NOBODY)
    brought = urlsplit(answer.headers["location"])
    returned = person.client.get(brought.path, params=parse_qs(brought.query))
    (place,) = re.findall(r'content="0;url=([^"]+)"', returned.text)
    return person.get(unescape(place))


def test_a_person_links_and_unlinks(asker: Person, house: House) -> None:
    page = asker.get("/account")
    assert IDENTITIES in page.links
    page = asker.get(IDENTITIES)
    assert "None is linked" in page.text
    for wrong in ("", "wrong-wrong-wrong"):
        refused = asker.press(page, IDENTITIES, password=wrong)
        assert refused.status == 403
        assert "password" in refused.text
        assert not house.asked or "/authorize" not in house.asked
    page = back(asker, asker.press(page, IDENTITIES, password=PASSWORD))
    assert page.answer.url.path == IDENTITIES
    assert {"sub-asker", house.url} <= set(page.text.split())
    (unlink,) = [form.action for form in page.forms if form.action.endswith("/unlink")]
    page = asker.press(page, unlink)
    assert "no longer signs you in" in page.text
    assert "sub-asker" not in page.text
    assert asker.send(unlink, asker.get(IDENTITIES).form("/sign-out").filled({"once": "again"})).status == 404


def test_who_has_a_second_factor_shows_it(asker: Person, linked: tuple[Broker, str]) -> None:
    """Not the password: the code, beside the form that asks for it, in either direction."""
    secret, _ = enrol(asker)
    page = asker.get(IDENTITIES)
    assert "password" not in dict(page.form(IDENTITIES).fields)
    page = back(asker, asker.press(page, IDENTITIES))  # shown a moment ago
    with linked[0].engine.begin() as connection:
        connection.exec_driver_sql("UPDATE session SET stepped_up_at = stepped_up_at - interval '1 hour'")
        connection.exec_driver_sql("UPDATE second_factor SET last_step = 0")
    (unlink,) = [form.action for form in page.forms if form.action.endswith("/unlink")]
    asked = asker.press(page, unlink)
    assert asked.status == 403
    assert "code" in dict(asked.form(unlink).fields)
    assert "code" not in dict(asked.form(IDENTITIES).fields)
    done = asker.press(asked, unlink, code=pyotp.TOTP(secret).now())
    assert "no longer signs you in" in done.text


def test_nobody_unlinks_for_somebody_else(asker: Person, linked: tuple[Broker, str], city: City) -> None:
    broker = linked[0]
    (theirs,) = broker.identities.of(operator("tests"), city.persons["owner.cg"])
    page = asker.get(IDENTITIES)
    assert "sub-owner" not in page.text
    sent = page.form("/sign-out").filled({"once": "b7e6b6ee-6a3c-4f43-9c86-0f2a86a7a001"})
    assert asker.send(f"{IDENTITIES}/{theirs.id}/unlink", sent).status == 404
    assert len(broker.identities.of(operator("tests"), city.persons["owner.cg"])) == 1


@pytest.mark.usefixtures("city")
@IN_A_BROWSER[0]
@IN_A_BROWSER[1]
def test_the_page_is_like_all_others(linked: tuple[Broker, str], browser: Browser) -> None:
    hold(browser, linked[1], {"owner.cg": SHOWN})
