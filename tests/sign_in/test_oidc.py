"""Signing in through another house: there and back, who may, what it counts for, and what happens when it is away."""

import logging
import ssl
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pyotp
import pytest
import trustme
from joserfc import jwt

from broker.bootstrap import operator
from broker.domain.errors import Invalid
from broker.domain.footage.locks import LockKind
from broker.fittings import provider
from broker.services.people.oidc.provider import AWAY_FOR
from broker.services.people.sign_in import csrf_of
from tests.city import PASSWORD
from tests.sign_in.browser import DEVICE, FLOW, SESSION
from tests.sign_in.conftest import Place, told_of, under
from tests.sign_in.house import House, housed
from tests.web.door import bad, good


def test_there_and_back(place: Place) -> None:
    place.link("asker", "sub-asker")
    with place.browser() as browser:
        address = browser.start(next="/requests?state=DRAFT")
        asked = dict(parse_qsl(urlsplit(address).query))
        assert address.startswith(f"{place.house.url}/authorize?")
        assert {"state", "nonce", "code_challenge"} <= asked.keys()
        assert asked["redirect_uri"] == "http://127.0.0.1:1024/auth/oidc/callback"
        assert not {"login_hint", "id_token_hint"} & asked.keys()
        answer = browser.back(browser.over_there(address))
        assert answer.status_code == 200, answer.text
        assert '<meta http-equiv="refresh" content="0;url=/requests?state=DRAFT">' in answer.text
        assert answer.headers["cache-control"] == "no-store"
        given = {cookie.partition("=")[0]: cookie.lower() for cookie in answer.headers.get_list("set-cookie")}
        assert set(given) == {SESSION, FLOW, DEVICE}
        assert "samesite=strict" in given[SESSION]
        assert "max-age=0" in given[FLOW]
        me = good(browser.get("/me"))
        assert me["login"] == "asker"
    (data,) = place.told("session:opened")
    assert data == {"address": "127.0.0.1", "by": "oidc", "issuer": place.house.url}


def test_the_note_that_travels_is_lax_and_tells_nothing(place: Place) -> None:
    with place.browser() as browser:
        answer = browser.client.get("/auth/oidc/start")
        cookie = answer.headers["set-cookie"].lower()
        assert {"httponly", "path=/", "samesite=lax", "max-age=600"} <= {it.strip() for it in cookie.split(";")}
        asked = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
        for told in (asked["state"], asked["nonce"], "verifier"):
            assert told not in browser.cookies()[FLOW]
        assert place.rows("SELECT count(*) FROM spent_state") == [(0,)]  # beginning writes nothing


def test_nobody_is_let_in_who_may_not_come_in_by_password(place: Place) -> None:
    with place.browser() as browser:
        bad(browser.sign_in(), 403, "oidc-unlinked")
        place.link("asker", "sub-asker")
        key = place.city.persons["asker"]
        secadmin = place.city.caller(place.broker, "secadmin")
        lock = place.broker.locks.set(secadmin, LockKind.PERSON, key, "missing phone, to be looked into")
        bad(browser.sign_in(), 403, "account-locked")
        place.broker.locks.lift(secadmin, lock.id, "the phone was found again")
        assert browser.sign_in().status_code == 200
        place.broker.accounts.disable(operator("tests"), key)
        bad(browser.get("/me"), 401, "session-ended")
        bad(browser.sign_in(), 403, "oidc-unlinked")
    assert [it["reason"] for it in place.told("session:refused")] == ["unlinked", "lock", "unlinked"]
    assert place.rows("SELECT count(*) FROM person") == [(len(place.city.persons),)]


def test_without_its_own_word_the_second_factor_is_still_to_be_shown(place: Place) -> None:
    place.link("owner.cg", "sub-owner")
    place.house.subject = "sub-owner"
    app = enrolled(place, "owner.cg")
    place.house.extra = {"amr": ["pwd", "mfa"], "acr": "2", "auth_time": int(place.clock.at.timestamp())}
    with place.browser() as browser:
        answer = browser.sign_in(next="/grants")
        assert "url=/step-up?next=/grants" in answer.text
        page = browser.client.get("/step-up?next=/grants", headers={"Accept": "text/html"})
        assert page.status_code == 200, page.text
        elsewhere = browser.client.get("/account", headers={"Accept": "text/html"})
        assert (elsewhere.status_code, elsewhere.headers["location"]) == (303, "/step-up?next=/account")
        csrf = csrf_of(browser.cookies()[SESSION])
        for path in ("/me", "/cameras", "/grants", "/me/identities"):
            bad(browser.get(path), 403, "step-up-needed")
        token = {"name": "x", "scopes": ["*"], "valid_days": 1}
        bad(browser.send("POST", "/me/tokens", token, csrf), 403, "step-up-needed")
        assert good(browser.get("/me/second-factor"))["enrolled"] is True
        good(browser.send("POST", "/me/step-up", {"code": app.at(place.clock.at)}, csrf))
        assert good(browser.get("/me"))["login"] == "owner.cg"


WORDS: list[tuple[dict[str, str], dict[str, object], bool, bool]] = [  # setting, token, waits, fresh
    ({"oidc_mfa_amr": "mfa otp"}, {"amr": ["pwd", "otp"], "auth_time": 0}, False, True),
    ({"oidc_mfa_amr": "mfa otp"}, {"amr": ["pwd", "otp"], "auth_time": -3600}, False, False),
    ({"oidc_mfa_amr": "mfa otp"}, {"amr": ["pwd", "otp"]}, False, False),
    ({"oidc_mfa_amr": "mfa otp"}, {"amr": ["pwd"], "auth_time": 0}, True, False),
    ({"oidc_mfa_amr": "mfa otp"}, {"amr": "otp", "auth_time": 0}, True, False),
    ({"oidc_mfa_acr": "gold"}, {"acr": "gold", "auth_time": 0}, False, True),
    ({"oidc_mfa_acr": "gold"}, {"acr": ["gold"], "amr": ["mfa"], "auth_time": 0}, True, False),
]


def test_what_counts_as_a_second_factor(place: Place, tmp_path: Path) -> None:
    place.link("owner.cg", "sub-asker")
    enrolled(place, "owner.cg")
    place.clock.at += timedelta(hours=1)
    inside = place.broker.oidc._provider
    assert inside is not None
    for setting, told, waits, fresh in WORDS:
        place.clock.at += timedelta(seconds=1)  # the newest session stays
        under_setting = provider(told_of(place.house, tmp_path, **setting))
        assert under_setting is not None
        inside.house = under_setting.house
        now, ago = int(place.clock.at.timestamp()), told.get("auth_time")
        place.house.extra = told | ({"auth_time": now + ago} if isinstance(ago, int) else {})
        with place.browser() as browser:
            answer = browser.sign_in()
            assert ("url=/step-up" in answer.text) is waits, (setting, told, answer.text)
            standing = good(browser.get("/me/second-factor"))
            assert (standing["fresh_until"] is not None) is fresh, (setting, told)
            assert (browser.get("/me").status_code == 200) is not waits


def test_the_house_is_away_and_passwords_are_not(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.house.down = True
    with place.browser() as browser, caplog.at_level(logging.WARNING, "broker.services.people.oidc.calls"):
        answer = browser.client.get("/auth/oidc/start", headers={"Accept-Language": "zh"})
        told = bad(answer, 503, "oidc-unreachable")
        assert "用户名和密码" in told["detail"]
        assert place.house.url not in answer.text
        asked = len(place.house.asked)
        bad(browser.client.get("/auth/oidc/start"), 503, "oidc-unreachable")
        assert len(place.house.asked) == asked, f"it is left alone for {AWAY_FOR} seconds"
        assert browser.password("asker", PASSWORD).status_code == 201
    assert "status 503" in caplog.text


def test_keys_may_change(place: Place) -> None:
    place.link("asker", "sub-asker")
    with place.browser() as browser:
        assert browser.sign_in().status_code == 200
        before = place.house.asked.count("/jwks")
        assert browser.sign_in().status_code == 200
        assert place.house.asked.count("/jwks") == before, "keys are kept"
        assert place.house.asked.count("/.well-known/openid-configuration") == 1
    kept = place.broker.oidc._provider
    assert kept is not None
    place.house.key = type(place.house.key).generate_key(2048, {"kid": "three"})
    place.house.mint = lambda house, claims: house.signed(claims, kid="three")
    with place.browser() as browser:
        bad(browser.sign_in(), 403, "oidc-refused")  # an unknown name is not worth a call, so soon
        kept._keys.at -= 60
        assert browser.sign_in().status_code == 200


def test_a_curve_and_a_house_that_does_not_name_itself(place: Place) -> None:
    place.link("asker", "sub-asker")
    place.house.names_itself = False
    place.house.mint = lambda house, claims: jwt.encode({"alg": "ES256", "kid": "two"}, claims, house.curve)
    with place.browser() as browser:
        assert browser.sign_in().status_code == 200, "signed with a curve"


def test_with_a_certificate_of_the_citys_own_authority(place: Place, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    place.link("asker", "sub-asker")
    with housed(House(clock=place.clock.now), context) as house:
        with under(place, oidc_issuer=house.url) as strict, strict.browser() as browser:
            bad(browser.client.get("/auth/oidc/start"), 503, "oidc-unreachable")
        given = {"oidc_issuer": house.url, "oidc_plain_http": False, "public_url": "https://video.example.org"}
        with under(place, **given, ca_file=tmp_path / "ca.pem") as it, it.browser() as browser:
            it.broker.identities.link(operator("tests"), place.city.persons["looker"], "sub-asker")
            asked = dict(parse_qsl(urlsplit(browser.start()).query))
            back = dict(parse_qsl(urlsplit(house.authorize(asked)).query))
            assert browser.back(back).status_code == 200
            assert good(browser.get("/me"))["login"] == "looker", "the same subject of another house is somebody else"


def test_without_a_house_there_is_no_way(place: Place) -> None:
    with under(place, oidc_issuer="") as without, without.browser() as browser:
        assert (without.broker.oidc.label, place.broker.oidc.label) == (None, "")
        bad(browser.client.get("/auth/oidc/start"), 503, "oidc-off")
        bad(browser.back({"state": "x", "code": "y"}), 403, "oidc-stale")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"oidc_client_id": ""}, "/oidc_client_id"),
        ({"oidc_scopes": "email"}, "/oidc_scopes"),
        ({"oidc_algorithms": "RS256 HS256"}, "/oidc_algorithms"),
        ({"oidc_algorithms": "none"}, "/oidc_algorithms"),
        ({"oidc_algorithms": ""}, "/oidc_algorithms"),
        ({"oidc_issuer": "http://id.example.org"}, "/oidc_issuer"),
        ({"oidc_issuer": "https://user:pw@id.example.org"}, "/oidc_issuer"),
        ({"oidc_issuer": "ldap://id.example.org"}, "/oidc_issuer"),
        ({"oidc_plain_http": False}, "/oidc_issuer"),
        ({"public_url": ""}, "/public_url"),
        ({"oidc_client_secret": None, "oidc_client_secret_file": Path("/nowhere")}, "/oidc_client_secret_file"),
    ],
)
def test_settings_that_cannot_be(wrong: dict[str, object], pointer: str, tmp_path: Path) -> None:
    settings = told_of(House("http://127.0.0.1:8081"), tmp_path, **wrong)
    with pytest.raises(Invalid) as told:
        provider(settings)
    assert (told.value.slug, told.value.pointer) == ("oidc-setting", pointer)


def enrolled(place: Place, login: str) -> pyotp.TOTP:
    """Give somebody a second factor."""
    signed = place.broker.sign_in.open(login, PASSWORD, "10.0.0.9")
    caller = place.broker.sign_in.by_session(signed.secret)
    begun = place.broker.second_factor.begin(caller, PASSWORD, "10.0.0.9")
    app = pyotp.TOTP(begun.secret)
    place.broker.second_factor.confirm(caller, app.at(place.clock.at), "10.0.0.9")
    place.clock.at += timedelta(minutes=2)
    return app
