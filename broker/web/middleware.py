"""What surrounds every call, as plain ASGI: its number, its log line, the last resort, limits and headers."""

import logging
import re
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from broker.domain.errors import TooLarge
from broker.domain.ids import new_id
from broker.web.problems import of_error, unexpected

REQUEST_ID = "X-Request-ID"
API = "/api/"
MEBIBYTE = 1024 * 1024
LARGEST_JSON = MEBIBYTE  # 500 lines of a request take some 100 KB
CONTENT_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HSTS = "max-age=31536000"

_SECRET_PATH = re.compile(r"^(/invite/|/api/v1/invites/).*", re.DOTALL)
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

logger = logging.getLogger(__name__)


class Context:
    """Gives each call a number that its log lines, its answer and its problem carry; catches what nothing else did."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        number = given if _SANE_ID.fullmatch(given) else str(new_id())
        scope.setdefault("state", {})["request_id"] = number
        with structlog.contextvars.bound_contextvars(request_id=number):
            await self._watched(scope, receive, send, number)

    async def _watched(self, scope: Scope, receive: Receive, send: Send, number: str) -> None:
        begun, status = time.perf_counter(), 0

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = number
            await send(message)

        try:
            await self._app(scope, receive, numbered)
        except Exception:
            logger.exception("unexpected: %s %s", scope["method"], _untold(scope["path"]))
            if status:
                raise  # the answer has begun: the server cuts the connection, so that nobody takes it for whole
            await unexpected(Request(scope))(scope, receive, numbered)
        finally:
            spent = (time.perf_counter() - begun) * 1000
            logger.info("%s %s %d %.1f ms", scope["method"], _untold(scope["path"]), status, spent)


def _untold(path: str) -> str:
    """Return a path as the log may have it: the link of an invite opens an account."""
    return _SECRET_PATH.sub(r"\1…", path)


class BodyLimit:
    """Ends a call whose body is too large, told by its length or found out while it comes.

    `larger` are the paths that take in files of a size of their own, in MiB.
    """

    def __init__(self, app: ASGIApp, *, upload_mb: int, larger: Mapping[str, int] = MappingProxyType({})) -> None:
        self._app = app
        self._upload = upload_mb * MEBIBYTE
        self._larger = {path: size * MEBIBYTE + LARGEST_JSON for path, size in larger.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        form = headers.get("content-type", "").lower().startswith("multipart/form-data")
        upload = self._larger.get(scope["path"], self._upload)
        limit = upload if form else min(LARGEST_JSON, self._upload)
        told = headers.get("content-length", "")
        if told.isascii() and told.isdigit() and int(told[:20]) > limit:
            await of_error(Request(scope), TooLarge("body-too-large", limit=limit))(scope, receive, send)
            return
        await self._app(scope, _counted(receive, limit), send)


def _counted(receive: Receive, limit: int) -> Receive:
    come = 0

    async def counted() -> Message:
        nonlocal come
        message = await receive()
        come += len(message.get("body", b""))
        if come > limit:
            # The one exception that the framework lets through while it reads a body.
            raise HTTPException(413, detail=str(limit))
        return message

    return counted


class SecurityHeaders:
    """Adds what browsers must be told; a page with a policy of its own (the documentation) keeps that."""

    def __init__(self, app: ASGIApp, *, policies: Mapping[str, str], https: bool, pictures: Sequence[str] = ()) -> None:
        self._app = app
        self._policies = policies
        self._headers = dict(HEADERS)
        if pictures:  # the base map of the console, where browsers fetch it themselves
            self._headers["Content-Security-Policy"] += f"; img-src 'self' {' '.join(pictures)}"
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), path)
            await send(message)

        await self._app(scope, receive, guarded)

    def _add(self, headers: MutableHeaders, path: str) -> None:
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        if path in self._policies:
            headers["Content-Security-Policy"] = self._policies[path]
        if path.startswith(API):
            headers.setdefault("Cache-Control", "no-store")
        if self._https:
            headers.setdefault("Strict-Transport-Security", HSTS)
