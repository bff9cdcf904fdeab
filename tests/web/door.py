"""How tests come in: over the network, with a cookie or a token, as a browser or a program would."""

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Literal, Self

import httpx
import uvicorn
from fastapi import FastAPI

from broker.web.wire import WiredProtocol
from tests.city import PASSWORD

API = "/api/v1"
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""No authority is trusted where nothing is encrypted; reading those of the machine takes longer than many a test."""


@contextmanager
def serving(app: FastAPI, lifespan: Literal["on", "off"] = "off", port: int = 0) -> Iterator[str]:
    """Run the application on a free port, or this one, and give its address; without its lifespan no footage flows."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_config=None,
            http=WiredProtocol,
            ws="none",
            lifespan=lifespan,
            timeout_graceful_shutdown=2,
        ),
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


class Visitor:
    """Somebody at the door, with the headers that say who."""

    def __init__(self, client: httpx.Client, headers: Mapping[str, str], csrf: str = "") -> None:
        self.client = client
        self.headers = dict(headers)
        self.csrf = csrf

    def send(self, method: str, path: str, body: object = None, **more: Any) -> httpx.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        if self.csrf and method != "GET":
            headers.setdefault("X-CSRF-Token", self.csrf)
        if body is not None:
            more["json"] = body
        return self.client.request(method, f"{API}{path}", headers=headers, **more)

    def get(self, path: str, **query: Any) -> Any:
        """Read, and insist on success."""
        return good(self.send("GET", path, params=query or None))

    def post(self, path: str, body: object = None, **more: Any) -> Any:
        """Write, and insist on success."""
        return good(self.send("POST", path, body, **more))


class Door:
    """The application as seen from outside."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=30, verify=NOBODY)
        self._known: dict[str, Visitor] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    @property
    def anybody(self) -> Visitor:
        return Visitor(self.client, {})

    def sign_in(self, login: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        return self.anybody.send("POST", "/sessions", {"login": login, "password": password}, **more)

    def __getitem__(self, login: str) -> Visitor:
        """Return somebody who is signed in, in English, since sentences are easier to tell apart so."""
        if login not in self._known:
            answer = self.sign_in(login)
            cookie = answer.headers["set-cookie"].partition(";")[0]
            self.client.cookies.clear()  # each visitor brings a cookie of their own
            headers = {"Cookie": cookie, "Accept-Language": "en"}
            self._known[login] = Visitor(self.client, headers, good(answer)["csrf"])
        return self._known[login]

    def token(self, login: str, *scopes: str) -> Visitor:
        """Return a program that works under a token of somebody."""
        body = {"name": "program", "scopes": scopes, "valid_days": 1}
        secret = self[login].post("/me/tokens", body)["secret"]
        return Visitor(self.client, {"Authorization": f"Bearer {secret}"})


def good(answer: httpx.Response) -> Any:
    """Return what a successful answer holds."""
    assert answer.is_success, f"{answer.request.method} {answer.request.url} {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def bad(answer: httpx.Response, status: int, slug: str) -> Any:
    """Return the problem of an answer, which must be of this status and slug."""
    assert (answer.status_code, answer.json().get("slug")) == (status, slug), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()
