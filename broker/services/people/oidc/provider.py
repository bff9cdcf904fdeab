"""The house as it describes itself: where to send people, where to redeem what they bring back, and its keys."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, cast
from urllib.parse import quote_plus, urlencode

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client

from broker.domain.errors import Invalid, Unavailable
from broker.domain.people.oidc import Flow, Identity, Refused, identity_in
from broker.services.people.oidc.calls import Answer, Line
from broker.services.people.oidc.house import House
from broker.services.people.oidc.tokens import Jwk, UnknownKey, read_token

DESCRIPTION = "/.well-known/openid-configuration"
DESCRIBED_FOR = 3600.0  # seconds
KEYS_FOR = 600.0
KEYS_AGAIN = 30.0  # seconds between two readings because of a key that is not known
AWAY_FOR = 5.0  # seconds in which a house that did not answer is not asked again
LONGEST_CODE = 2000


@dataclass(frozen=True)
class Brought:
    """What a browser brings back, as the query of its call says."""

    state: str
    code: str = ""
    error: str = ""
    issuer: str | None = None


@dataclass(frozen=True)
class _Described:
    ask: str
    redeem: str
    keys: str
    names_itself: bool
    method: str


@dataclass
class _Kept:
    """Something that was read, and when."""

    at: float
    described: _Described | None = None
    keys: Sequence[Jwk] = ()


class _Redeeming:
    """The session that Authlib makes its one call through."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.answer: Answer = (0, {})

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any, **_: object) -> Self:
        _, signed, sent = auth.prepare("POST", url, dict(headers), urlencode(data))
        self.answer = self._line.post(url, signed, sent)
        return self

    @property
    def status_code(self) -> int:
        return self.answer[0]

    def raise_for_status(self) -> None:
        raise Refused("exchange")

    def json(self) -> object:
        return self.answer[1]


class Provider:
    """Sends people to the house, and reads who they are from what they bring back."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._line = Line(house)
        self._lock = threading.Lock()
        self._description = self._keys = _Kept(float("-inf"))
        self._away_at = float("-inf")

    def address_for(self, flow: Flow) -> str:
        """Return where to send a browser.

        Raises:
            Unavailable: the house cannot be asked.
        """
        client = self._client(None)
        address, _ = client.create_authorization_url(
            self._described().ask, state=flow.state, code_verifier=flow.verifier, nonce=flow.nonce
        )
        return str(address)

    def identify(self, brought: Brought, flow: Flow, now: datetime) -> Identity:
        """Redeem the code and return who it is.

        Raises:
            Refused: what was brought is not good, or the token is not.
            Unavailable: the house cannot be asked.
        """
        described = self._described()
        if brought.issuer != self.house.issuer and (brought.issuer is not None or described.names_itself):
            raise Refused("issuer-of-answer")
        if not 0 < len(brought.code) <= LONGEST_CODE:
            raise Refused("code")
        token = self._redeemed(described, brought.code, flow)
        return identity_in(self._checked(token, described), self.house.issuer, self.house.client, flow, now)

    def _redeemed(self, described: _Described, code: str, flow: Flow) -> str:
        client = self._client(described.method)
        client.session = _Redeeming(self._line)
        try:
            told = client.fetch_token(
                described.redeem, grant_type="authorization_code", code=code, code_verifier=flow.verifier,
                redirect_uri=self.house.back,
            )  # fmt: skip
        except (AuthlibBaseError, ValueError, TypeError):  # an answer that says no, or nothing that can be read
            raise Refused("exchange") from None
        token = told.get("id_token")
        if client.session.status_code != 200 or not isinstance(token, str):  # noqa: PLR2004  # OK
            raise Refused("exchange")
        return token

    def _checked(self, token: str, described: _Described) -> Mapping[str, object]:
        try:
            return read_token(token, self._keys_of(described, KEYS_FOR), self.house.algorithms)
        except UnknownKey:
            return read_token(token, self._keys_of(described, KEYS_AGAIN), self.house.algorithms)

    def _client(self, method: str | None) -> Any:
        house = self.house
        quoted = quote_plus if method == "client_secret_basic" else str  # RFC 6749 2.3.1; the library leaves it out
        return OAuth2Client(
            None, client_id=quoted(house.client), client_secret=quoted(house.secret) or None, scope=house.scopes,
            redirect_uri=house.back, code_challenge_method="S256", token_endpoint_auth_method=method,
        )  # fmt: skip

    def _described(self) -> _Described:
        with self._lock:
            kept = self._description
        if kept.described is not None and time.monotonic() < kept.at + DESCRIBED_FOR:
            return kept.described
        described = self._read_description(self._asked(self.house.issuer.rstrip("/") + DESCRIPTION))
        with self._lock:
            self._description = _Kept(time.monotonic(), described=described)
        return described

    def _keys_of(self, described: _Described, lasting: float) -> Sequence[Jwk]:
        with self._lock:
            kept = self._keys
        if time.monotonic() < kept.at + lasting:
            return kept.keys
        listed = self._asked(described.keys).get("keys")
        if not isinstance(listed, list):
            raise Unavailable("oidc-unreachable", reason="keys")
        keys = [cast("Jwk", key) for key in listed if isinstance(key, dict)]
        with self._lock:
            self._keys = _Kept(time.monotonic(), keys=keys)
        return keys

    def _asked(self, url: str) -> Mapping[str, object]:
        """Read a document, unless the house was away a moment ago: nobody should wait for that in a row."""
        if time.monotonic() < self._away_at + AWAY_FOR:
            raise Unavailable("oidc-unreachable", reason="away a moment ago")
        try:
            return self._line.get(url)
        except Unavailable:
            self._away_at = time.monotonic()
            raise

    def _read_description(self, told: Mapping[str, object]) -> _Described:
        if told.get("issuer") != self.house.issuer:
            raise Unavailable("oidc-unreachable", reason="issuer")
        places = [told.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        for place in places:
            try:
                self.house.read(place if isinstance(place, str) else "")
            except Invalid:
                raise Unavailable("oidc-unreachable", reason="endpoints") from None
        ask, redeem, keys = map(str, places)
        known = told.get("token_endpoint_auth_methods_supported")
        methods = known if isinstance(known, list) else ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        names_itself = told.get("authorization_response_iss_parameter_supported") is True
        return _Described(ask, redeem, keys, names_itself, method if self.house.secret else "none")
