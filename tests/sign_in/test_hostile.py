"""What a house, a stranger or a browser may try; none of it opens a session."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import text

from broker.services.people.throttle import ADDRESS_TRIES, WINDOW
from tests.sign_in.browser import FLOW, SESSION, Browser
from tests.sign_in.conftest import Place
from tests.sign_in.house import CLIENT, Claims, House, Mint
from tests.web.door import bad

STRANGE = RSAKey.generate_key(2048, {"kid": "one"})
SMALL = "eHh4"


def b64(told: object) -> str:
    plain = told if isinstance(told, bytes) else json.dumps(told).encode()
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def unsigned(algorithm: str, end: str = "") -> Mint:
    return lambda _, claims: f"{b64({'alg': algorithm, 'kid': 'one'})}.{b64(claims)}.{end}"


def hmac_with(secret: Callable[[House], bytes], algorithm: str = "HS256") -> Mint:
    """Sign with what everybody may know, as if it were a secret both have."""

    def mint(house: House, claims: Claims) -> str:
        signed = f"{b64({'alg': algorithm, 'kid': 'one'})}.{b64(claims)}"
        return f"{signed}.{b64(hmac.digest(secret(house), signed.encode(), 'sha256'))}"

    return mint


def with_head(key: RSAKey | None = None, **head: object) -> Mint:
    """Sign well, by `key` or the house's own, under a head that says more than it should."""

    def mint(house: House, claims: Claims) -> str:
        told = {"alg": "RS256", "kid": "one", **head}
        signed = f"{b64(told)}.{b64(claims)}"
        signer = (key or house.key).private_key
        return f"{signed}.{b64(signer.sign(signed.encode(), PKCS1v15(), SHA256()))}"  # type: ignore[union-attr]  # private

    return mint


def claiming(**more: object) -> Mint:
    """Sign well what should not be said; None leaves a claim out."""
    return lambda house, claims: house.signed(
        {name: value for name, value in (claims | more).items() if value is not None}
    )


def later(**seconds: float) -> Mint:
    return lambda house, claims: house.signed(
        claims | {name: house.clock().timestamp() + value for name, value in seconds.items()}
    )


def cut(at: int) -> Mint:
    return lambda house, claims: ".".join(house.signed(claims).split(".")[:at])


def changed(house: House, claims: Claims) -> str:
    head, _, signature = house.signed(claims).split(".")
    return f"{head}.{b64(claims | {'sub': 'sub-owner'})}.{signature}"


def flipped(house: House, claims: Claims) -> str:
    token = house.signed(claims)
    return token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]


TOKENS: dict[str, Mint] = {
    "alg none": unsigned("none"),
    "alg none, some signature": unsigned("none", "c2ln"),
    "alg None": unsigned("None"),
    "alg empty": unsigned(""),
    "hmac with the public key as PEM": hmac_with(lambda house: house.key.as_pem(private=False)),
    "hmac with the public key as JSON": hmac_with(lambda house: json.dumps(house.key.as_dict(private=False)).encode()),
    "hmac with the modulus": hmac_with(lambda house: str(house.key.as_dict(private=False)["n"]).encode()),
    "hmac with the client's name": hmac_with(lambda _: b"xueliang-xueliang-xueliang-xueli"),
    "an algorithm nobody named": lambda house, claims: jwt.encode(
        {"alg": "RS512", "kid": "one"}, claims, house.key, algorithms=["RS512"]
    ),
    "a key in the head": with_head(STRANGE, jwk=STRANGE.as_dict(private=False)),
    "a place of keys in the head": with_head(STRANGE, jku="https://evil.example/jwks"),
    "a certificate in the head": with_head(x5c=[SMALL]),
    "a place of certificates in the head": with_head(x5u="https://evil.example/c.pem"),
    "a demand in the head": with_head(crit=["exp"]),
    "an unknown demand": with_head(crit=["evil"], evil=True),
    "a payload that is not encoded": with_head(b64=False, crit=["b64"]),
    "another kind of token": with_head(typ="at+jwt"),
    "a logout token": with_head(typ="logout+jwt"),
    "encrypted, it says": with_head(enc="A256GCM"),
    "another key by the same name": with_head(STRANGE),
    "a key nobody knows": with_head(kid="three"),
    "a name that is no text": with_head(kid=["one"]),
    "no name where two could have signed": lambda _, claims: jwt.encode(
        {"alg": "ES256"}, claims, ECKey.generate_key("P-256")
    ),
    "the curve's name for the other key": with_head(kid="two"),
    "truncated signature": lambda house, claims: house.signed(claims)[:-20],
    "two parts": cut(2),
    "one part": cut(1),
    "five parts": lambda house, claims: house.signed(claims) + ".a.b",
    "no token": lambda *_: "",
    "no base64": lambda *_: "!!.!!.!!",
    "a head that is a list": lambda _, claims: f"{b64([1])}.{b64(claims)}.AAAA",
    "claims that are a list": lambda house, _: with_head()(house, [1]),  # type: ignore[arg-type]  # that is the point
    "very long": lambda house, claims: house.signed(claims | {"x": "x" * 20_000}),
    "other claims under the signature": changed,
    "one sign changed": flipped,
    "issuer of another": claiming(iss="https://evil.example"),
    "issuer with a slash more": lambda house, claims: house.signed(claims | {"iss": house.url + "/"}),
    "no issuer": claiming(iss=None),
    "for another": claiming(aud="another"),
    "for nobody": claiming(aud=None),
    "for an empty list": claiming(aud=[]),
    "for two, not saying who asked": claiming(aud=[CLIENT, "another"]),
    "for two, asked by another": claiming(aud=[CLIENT, "another"], azp="another"),
    "for us, asked by another": claiming(azp="another"),
    "for something that is no text": claiming(aud={"xueliang": True}),
    "another nonce": claiming(nonce="n" * 43),
    "no nonce": claiming(nonce=None),
    "a nonce that is no text": claiming(nonce=0),
    "expired": later(exp=-61),
    "never expires": claiming(exp=None),
    "expires at a word": claiming(exp="never"),
    "expires at infinity": claiming(exp=True),
    "not yet": later(nbf=120),
    "from tomorrow": later(iat=3600, exp=7200),
    "from before the sign-in began": later(iat=-3600),
    "issued at no instant": claiming(iat=None),
    "no subject": claiming(sub=None),
    "an empty subject": claiming(sub=""),
    "a subject that is a number": claiming(sub=1),
    "a subject that is too long": claiming(sub="s" * 256),
}


@dataclass(frozen=True)
class Seen:
    """A browser that has been over there, and what it was sent back with."""

    browser: Browser
    query: dict[str, Any]
    place: Place

    def with_note(self, note: str) -> httpx.Response:
        self.browser.client.cookies.delete(FLOW)
        with self.place.browser(**({FLOW: note} if note else {})) as other:
            return other.back(self.query)


def _other_browser(seen: Seen) -> httpx.Response:
    with seen.place.browser() as other:
        other.start()
        return other.back(seen.query)


def _late(seen: Seen) -> httpx.Response:
    seen.place.clock.at += timedelta(minutes=10)
    return seen.browser.back(seen.query)


def _mixed_up(seen: Seen) -> httpx.Response:
    """Bring the code of one sign-in to another: the code, the nonce and the proof do not belong to it."""
    mine = seen.browser.over_there(seen.browser.start())
    return seen.browser.back(mine | {"code": seen.query["code"]})


FLOWS: dict[str, Callable[[Seen], httpx.Response]] = {
    "no state": lambda it: it.browser.back({"code": it.query["code"], "iss": it.place.house.url}),
    "another state": lambda it: it.browser.back(it.query | {"state": "s" * 43}),
    "a state that is longer": lambda it: it.browser.back(it.query | {"state": it.query["state"] + "x"}),
    "a state in other signs": lambda it: it.browser.back(it.query | {"state": "é" * 43}),
    "no note": lambda it: it.with_note(""),
    "a note of nonsense": lambda it: it.with_note("bm9uc2Vuc2U="),
    "a note that is no base64": lambda it: it.with_note("!!!"),
    "a note that was changed": lambda it: it.with_note(it.browser.cookies()[FLOW][:-8] + "AAAAAAA="),
    "the cookie of a device as a note": lambda it: it.with_note(
        it.place.broker.sign_in._openings.devices.greeted(None, "asker", it.place.clock.at) or ""
    ),
    "another browser": _other_browser,
    "too late": _late,
    "no code": lambda it: it.browser.back({**it.query, "code": ""}),
    "another code": lambda it: it.browser.back(it.query | {"code": "made-up"}),
    "the code of another sign-in": _mixed_up,
    "the house says it was another": lambda it: it.browser.back(it.query | {"iss": "https://evil.example"}),
    "the house says nothing": lambda it: it.browser.back({name: it.query[name] for name in ("code", "state")}),
    "an error beside a code": lambda it: it.browser.back(it.query | {"error": "access_denied"}),
    "a code that is too long": lambda it: it.browser.back(it.query | {"code": "c" * 3000}),
}

REPLIES: dict[str, Callable[[Claims], tuple[int, object]]] = {
    "no token in the answer": lambda told: (200, {name: told[name] for name in ("access_token", "token_type")}),
    "a token that is no text": lambda told: (200, told | {"id_token": 1}),
    "a good token under an error": lambda told: (400, told),
    "a good token beside an error": lambda told: (200, told | {"error": "invalid_grant"}),
    "no JSON": lambda _: (200, b"<html>"),
    "a list": lambda told: (200, [told]),
    "too much": lambda told: (200, told | {"x": "x" * 300_000}),
    "a fault": lambda told: (500, told),
}


def test_a_hostile_token_opens_nothing(place: Place) -> None:
    place.link("asker", "sub-asker")
    place.link("owner.cg", "sub-owner")
    assert _signs_in(place), "the harness lets a good one in"
    accepted = []
    for name, mint in TOKENS.items():
        place.house.mint = mint
        if _signs_in(place):
            accepted.append(name)
        place.forgive()
    assert accepted == []
    assert len(TOKENS) >= 40
    place.house.mint = None
    assert _signs_in(place)
    assert _opened(place) == 2
    told = place.told("session:refused")
    assert len(told) == len(TOKENS)
    assert {"wrong", "reason", "address"} == {name for it in told for name in it}


def test_a_hostile_flow_opens_nothing(place: Place) -> None:
    place.link("asker", "sub-asker")
    accepted = []
    for name, attempt in FLOWS.items():
        with place.browser() as browser:
            query = browser.over_there(browser.start())
            answer = attempt(Seen(browser, query, place))
            if answer.is_success or SESSION in answer.headers.get("set-cookie", ""):
                accepted.append(name)
            assert answer.status_code in {403, 422}, (name, answer.text)
            assert browser.url not in answer.text
        place.forgive()
    for name, reply in REPLIES.items():
        place.house.reply = reply
        if _signs_in(place):
            accepted.append(name)
    assert accepted == []
    assert _opened(place) == 0


def test_what_was_brought_back_is_good_once(place: Place) -> None:
    place.link("asker", "sub-asker")
    with place.browser() as browser:
        query = browser.over_there(browser.start())
        note = browser.cookies()[FLOW]
        assert browser.back(query).status_code == 200
        for _ in range(2):
            with place.browser(**{FLOW: note}) as again:
                assert again.back(query).json()["slug"] == "oidc-stale"
    assert place.house.asked.count("/token") == 1, "a second time nobody is asked"


def test_it_is_used_up_also_when_nothing_came_of_it(place: Place) -> None:
    place.link("asker", "sub-asker")
    with place.browser() as browser:
        query = browser.over_there(browser.start())
        note = browser.cookies()[FLOW]
        assert browser.back(query | {"code": "made-up"}).status_code == 403
        with place.browser(**{FLOW: note}) as again:
            assert again.back(query).json()["slug"] == "oidc-stale"


def test_there_is_no_way_out_of_the_house(place: Place) -> None:
    place.link("asker", "sub-asker")
    for out in (
        "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "",
        "evil.example", "javascript:x", "/\n/evil.example", "/x\\..\\evil", "///evil.example", "http:/evil",
        "/%0d\u2028", "/" + "x" * 600,
    ):  # fmt: skip
        with place.browser() as browser:
            answer = browser.sign_in(next=out)
            assert '<meta http-equiv="refresh" content="0;url=/">' in answer.text, out
    with place.browser() as browser:
        answer = browser.sign_in(next='/x?"><script>alert(1)</script>')
        assert "<script>" not in answer.text


def test_the_house_leads_nowhere_else(place: Place) -> None:
    """Its description may not send our calls inside, its answers not elsewhere."""
    place.link("asker", "sub-asker")
    seen: list[str] = []
    for told in (
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"token_endpoint": "http://10.0.0.1/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": ["https://id.example.org"]},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
    ):
        place.house.describe = lambda own, told=told: own | told  # type: ignore[misc]  # one of each
        place.ask_anew()
        with place.browser() as browser:
            answer = browser.client.get("/auth/oidc/start")
            assert answer.status_code == 503, (told, answer.headers.get("location"))
            seen.append(answer.json()["slug"])
    assert set(seen) == {"oidc-unreachable"}
    place.house.describe = lambda own: own | {"jwks_uri": "https://127.0.0.1:1024/jwks"}
    place.ask_anew()
    with place.browser() as browser:
        assert browser.sign_in().status_code == 503, "another host has to be public"
    place.house.describe = lambda own: own
    place.ask_anew()
    place.house.redirect = f"{place.house.url}/elsewhere"
    with place.browser() as browser:
        assert browser.sign_in().status_code == 503
    assert "/elsewhere" not in place.house.asked


def test_a_flood_at_the_way_back_waits(place: Place) -> None:
    place.link("asker", "sub-asker")
    place.house.mint = TOKENS["alg none"]
    assert not _signs_in(place)
    with place.broker.engine.begin() as connection:
        more = "INSERT INTO sign_in_failure (login, address, at) SELECT '', '127.0.0.1', at FROM sign_in_failure,"
        connection.execute(text(f"{more} generate_series(2, {ADDRESS_TRIES})"))
    place.house.mint = None
    with place.browser() as browser:
        bad(browser.sign_in(), 429, "too-many-sign-ins")
    place.clock.at += WINDOW
    assert _signs_in(place)


def _signs_in(place: Place) -> bool:
    with place.browser() as browser:
        answer = browser.sign_in()
        return answer.is_success or browser.signed_in


def _opened(place: Place) -> int:
    return len(place.told("session:opened"))
