"""A house of identities on this machine: a real HTTP server with keys of its own, which says what a test wants."""

import base64
import hashlib
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "xueliang", "s+cret/ü & long=enough"
PATIENCE = 5.0
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
CURVE = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})

Claims = dict[str, Any]
Mint = Callable[["House", Claims], str]


@dataclass
class House:
    """What it says can be changed at any time; `asked` counts the calls by path."""

    url: str = ""
    subject: str = "sub-asker"
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)  # a default that a test replaces
    extra: Claims = field(default_factory=dict)
    mint: Mint | None = None
    describe: Callable[[Claims], Claims] = lambda told: told  # as above
    reply: Callable[[Claims], tuple[int, object]] = lambda told: (200, told)  # as above
    down: bool = False
    redirect: str = ""
    names_itself: bool = True
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: KEY)
    curve: ECKey = field(default_factory=lambda: CURVE)

    @property
    def description(self) -> Claims:
        told = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "authorization_response_iss_parameter_supported": self.names_itself,
        }
        return self.describe(told)

    @property
    def keys(self) -> Claims:
        return {"keys": [self.key.as_dict(private=False), self.curve.as_dict(private=False)]}

    def claims(self, nonce: str) -> Claims:
        now = int(self.clock().timestamp())
        told = {"iss": self.url, "sub": self.subject, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": nonce}
        return told | self.extra

    def signed(self, claims: Claims, **head: Any) -> str:
        """Return a good token."""
        return jwt.encode({"alg": "RS256", "kid": "one", **head}, claims, self.key)

    def authorize(self, query: Mapping[str, str]) -> str:
        """Sign somebody in at once, and return where to send the browser back to."""
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT)
        assert query["code_challenge_method"] == "S256"
        assert {"openid"} <= set(query["scope"].split())
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        told = {"code": code, "state": query["state"], "session_state": "more than was asked for"}
        return f"{query['redirect_uri']}?{urlencode(told | ({'iss': self.url} if self.names_itself else {}))}"

    def got(self, path: str, query: str) -> tuple[int, object, str]:
        """Return status, answer and where to go on to."""
        if self.down:
            return 503, {}, ""
        if self.redirect and path == "/jwks":
            return 302, {}, self.redirect
        if path == "/authorize":
            return 303, {}, self.authorize({name: values[0] for name, values in parse_qs(query).items()})
        known: dict[str, object] = {"/.well-known/openid-configuration": self.description, "/jwks": self.keys}
        return (200, known[path], "") if path in known else (404, {}, "")

    def redeem(self, form: Mapping[str, str], authorization: str) -> tuple[int, object]:
        scheme, _, proof = authorization.partition(" ")
        client, _, secret = base64.b64decode(proof).decode().partition(":")
        if (scheme, unquote_plus(client), unquote_plus(secret)) != ("Basic", CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        query = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if query is None or query["code_challenge"] != challenge.decode().rstrip("="):
            return 400, {"error": "invalid_grant"}
        if (form["redirect_uri"], form["grant_type"]) != (query["redirect_uri"], "authorization_code"):
            return 400, {"error": "invalid_grant"}
        claims = self.claims(query["nonce"])
        token = self.mint(self, claims) if self.mint else self.signed(claims)
        return self.reply({"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": token})


@contextmanager
def housed(house: House, context: ssl.SSLContext | None = None) -> Iterator[House]:
    """Serve the house on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            house.asked.append(parts.path)
            self._tell(*house.got(parts.path, parts.query))

        def do_POST(self) -> None:
            house.asked.append(self.path)
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            if house.redirect:
                self._tell(307, {}, house.redirect)
                return
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._tell(*house.redeem(form, self.headers.get("authorization", "")))

        def _tell(self, status: int, told: object, location: str = "") -> None:
            text = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            if location:
                self.send_header("location", location)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    house.url = f"{scheme}://{'localhost' if context else '127.0.0.1'}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield house
    finally:
        server.shutdown()
        thread.join(PATIENCE)
        server.server_close()
