"""The whole flow against a certified provider: `oidc-provider` of npm, run by Node."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest

from broker.bootstrap import build
from tests.city import City
from tests.clock import Turned
from tests.sign_in.browser import CALLBACK
from tests.sign_in.conftest import HERE, Front, Place, told_of
from tests.sign_in.house import House
from tests.sign_in.real_house import SECRET, fetched, running
from tests.web.door import NOBODY, bad, good


@pytest.fixture(scope="session")
def folder() -> Path:
    return fetched()


@pytest.fixture
def real(folder: Path) -> Iterator[House]:
    with running(folder, f"{HERE}{CALLBACK}") as house:
        yield house


@pytest.fixture
def place(real: House, database_url: str, engine: object, city: City, tmp_path: Path, front: Front) -> Iterator[Place]:
    clock = Turned()
    settings = told_of(real, tmp_path / "data", oidc_client_secret=None, oidc_client_secret_file=tmp_path / "secret")
    (tmp_path / "secret").write_text(f"{SECRET}\n", encoding="utf-8")
    broker = build(settings, database_url, engine, clock)  # type: ignore[arg-type]  # the fixture's engine
    with front.over(broker) as url:
        yield Place(url, broker, city, real, clock, front)


def signed_in_there(address: str, login: str) -> dict[str, str]:
    """Go through the provider's own pages as somebody, and return what we are sent back with."""
    with httpx.Client(trust_env=False, timeout=30, verify=NOBODY) as browser:
        answer = browser.get(address)
        for _ in range(12):
            if answer.is_redirect:
                there = urljoin(str(answer.url), answer.headers["location"])
                if there.startswith(f"{HERE}{CALLBACK}"):
                    return dict(parse_qsl(urlsplit(there).query))
                answer = browser.get(there)
                continue
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            assert form, answer.text
            hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
            typed = {"login": login, "password": "anything"} if 'name="login"' in answer.text else {}
            answer = browser.post(urljoin(str(answer.url), unescape(form[1])), data=hidden | typed)
    pytest.fail("the provider sent nobody back")


def test_the_whole_flow(place: Place) -> None:
    place.link("asker", "wang.min")
    with place.browser() as browser:
        query = signed_in_there(browser.start(next="/requests"), "wang.min")
        assert {"code", "state", "iss"} <= query.keys(), "it names itself, after RFC 9207"
        answer = browser.back(query)
        assert answer.status_code == 200, answer.text
        assert "url=/requests" in answer.text
        assert good(browser.get("/me"))["login"] == "asker"
        bad(browser.back(query), 403, "oidc-stale")


def test_what_does_not_fit_is_refused_by_one_of_the_two(place: Place) -> None:
    place.link("asker", "wang.min")
    with place.browser() as browser:
        bad(browser.back(signed_in_there(browser.start(), "li.na")), 403, "oidc-unlinked")
        first = signed_in_there(browser.start(), "wang.min")
        second = signed_in_there(browser.start(), "wang.min")
        bad(browser.back(second | {"code": first["code"]}), 403, "oidc-refused")  # its proof belongs to the other
        query = signed_in_there(browser.start(), "wang.min")
        bad(browser.back(query | {"iss": "https://evil.example"}), 403, "oidc-refused")
    assert len(place.told("session:opened")) == 0


def test_a_wrong_secret_opens_nothing(place: Place, tmp_path: Path) -> None:
    place.link("asker", "wang.min")
    (tmp_path / "secret").write_text("another-secret", encoding="utf-8")
    broker = build(place.broker.settings, place.broker.database_url, place.broker.engine, place.clock)
    with place.front.over(broker), place.browser() as browser:
        bad(browser.back(signed_in_there(browser.start(), "wang.min")), 403, "oidc-refused")
