"""One running server, as one person sees it."""

import socket
import ssl
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from broker.cli.client.problems import error_of
from broker.cli.texts import language
from broker.domain.errors import Invalid, Unavailable

API = "/api/v1"
CSRF_HEADER = "X-CSRF-Token"
PATIENCE = httpx.Timeout(70.0, connect=5.0)  # asking a source what it has recorded may take a minute
_TAGS = {"zh_CN": "zh-CN", "en": "en"}
_TRIES = 3
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Token(httpx.Auth):
    """An API token in the Authorization header."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._secret}"
        yield request


class Session(httpx.Auth):
    """A session of a browser: its cookie, and for writes the token that proves the page is our own."""

    def __init__(self, cookie: str, csrf: str) -> None:
        self._cookie = cookie
        self._csrf = csrf

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Cookie"] = self._cookie
        request.headers[CSRF_HEADER] = self._csrf
        yield request


def _proof(url: str) -> ssl.SSLContext:
    """Return what the server must prove; without TLS nothing, and the machine's authorities need not be read."""
    return ssl.create_default_context() if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Server:
    """Asks and tells; what goes wrong comes back as the BrokerError it was on the other side."""

    def __init__(self, url: str, auth: httpx.Auth | None = None, *, receive_buffer: int | None = None) -> None:
        """Nothing is sent yet; `receive_buffer` bounds what the kernel takes in for a reader who pauses."""
        self.url = url.rstrip("/")
        near = on_this_machine(url)
        options = [(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)] if receive_buffer else None
        self._client = httpx.Client(
            base_url=f"{self.url}{API}",
            auth=auth,
            transport=httpx.HTTPTransport(socket_options=options, verify=_proof(self.url)),
            timeout=PATIENCE,
            trust_env=not near,  # a proxy for the rest of the world knows nothing of this machine
            headers={"Accept-Language": _TAGS[language()], "User-Agent": "xueliang"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, path: str, **query: object) -> Any:
        """Return what lies at a path."""
        return self._answer("GET", path, params=_given(query))

    def pages(self, path: str, **query: object) -> Iterator[dict[str, Any]]:
        """Yield the items of a list, page by page."""
        after: str | None = None
        while True:
            page = self.get(path, **query, after=after)
            yield from page["items"]
            after = page["next"]
            if after is None:
                return

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Do something; a connection that breaks is no reason to do it twice, so the server is given a key."""
        return self._answer("POST", path, json=body, headers={"Idempotency-Key": str(uuid4())})

    def upload(self, path: str, name: str, content: bytes) -> Any:
        """Hand a file in."""
        key = {"Idempotency-Key": str(uuid4())}
        return self._answer("POST", path, files={"file": (name, content)}, headers=key)

    def put(self, path: str, body: Mapping[str, object]) -> Any:
        """Replace something."""
        return self._answer("PUT", path, json=body, headers={"Idempotency-Key": str(uuid4())})

    def delete(self, path: str) -> Any:
        """End something."""
        return self._answer("DELETE", path)

    def raw_post(self, path: str, body: Mapping[str, object]) -> httpx.Response:
        """Do something and return the whole answer: signing in needs the cookie."""
        return self._sent("POST", path, json=body)

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str], **query: object) -> Iterator[httpx.Response]:
        """Open a download; the body is read by the caller, chunk by chunk."""
        try:
            with self._client.stream("GET", path, headers=dict(headers), params=_given(query)) as response:
                if response.is_error:
                    response.read()
                    raise error_of(response)
                yield response
        except httpx.ConnectError as error:
            raise self._unreachable(error) from error

    def _answer(self, method: str, path: str, **what: Any) -> Any:
        response = self._sent(method, path, **what)
        return response.json() if response.content else None

    def _sent(self, method: str, path: str, **what: Any) -> httpx.Response:
        for left in reversed(range(_TRIES)):
            try:
                response = self._client.request(method, path, **what)
            except (httpx.RemoteProtocolError, httpx.ReadError) as error:
                if not left:
                    raise Unavailable("server-broke-off", url=self.url) from error
            except httpx.TimeoutException as error:
                raise Unavailable("server-silent", url=self.url) from error
            except (httpx.TransportError, httpx.InvalidURL) as error:
                raise self._unreachable(error) from error
            else:
                break
        if response.is_error or response.is_redirect:
            raise error_of(response)
        return response

    def _unreachable(self, error: Exception) -> Unavailable:
        return Unavailable("server-unreachable", url=self.url, detail=str(error))


def on_this_machine(url: str) -> bool:
    """Say whether the server is this very machine.

    Raises:
        Invalid: the text is no URL.
    """
    try:
        return httpx.URL(url).host in _LOOPBACK
    except httpx.InvalidURL as error:
        raise Invalid("server-url", pointer="/url", url=url[:80], reason=str(error)) from None


def _given(query: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items() if value is not None}
