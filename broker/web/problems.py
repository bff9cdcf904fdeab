"""From an error to RFC 9457 `application/problem+json`: the one place where a kind becomes a status."""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from broker.domain.errors import BrokerError
from broker.locale import explain, say
from broker.web.language import TAGS, language_of

MEDIA_TYPE = "application/problem+json"
TYPES = "/api/v1/problems"
STATUS: Mapping[str, int] = {
    "invalid": 422,
    "unknown": 404,
    "unauthenticated": 401,
    "forbidden": 403,
    "conflict": 409,
    "too-large": 413,
    "throttled": 429,
    "source-fault": 502,
    "unavailable": 503,
}
DATA = ("/api/", "/health/", "/openapi.json")
"""Below these paths an answer is data, whatever a program says it accepts."""

RETRY_SECONDS = 10
LONGEST_FACT = 500
MOST_TOLD = 50
TELLING_NOTHING = frozenset({"oidc-off", "oidc-unreachable"})
"""What is unavailable, and has a sentence that names no host of ours: it says what to do instead."""

INWARD = frozenset({"source-fault", "unavailable"})
"""Kinds whose facts may name hosts and folders of ours: they go to the log."""

PageOfProblem = Callable[[Request, Mapping[str, object], Mapping[str, str]], Response]
"""What the console hangs into the application's state: a problem and its headers as a page."""

logger = logging.getLogger(__name__)


def problem(
    request: Request, status: int, slug: str, detail: str, *, kind: str = "", headers: Mapping[str, str] | None = None,
    **members: object,
) -> Response:  # fmt: skip
    """Return one problem in the reader's language; members without a value are left out.

    Whoever asks for a page of the console gets a page that says the same.
    """
    language = language_of(request)
    body = {
        "type": f"{TYPES}/{slug}",
        "title": say(f"kind.{kind or slug}", language),
        "status": status,
        "detail": detail,
        "instance": request.scope["path"],  # not request.url, which the Host header can break
        "slug": slug,
        "request_id": getattr(request.state, "request_id", None),
        **members,
    }
    told = {name: value for name, value in body.items() if value not in (None, "", (), {}, [])}
    sent = {"Content-Language": TAGS[language], **(headers or {})}
    page: PageOfProblem | None = getattr(request.app.state, "problem_page", None)
    if page is not None and wants_page(request):
        return page(request, {**told, "kind": kind or slug}, sent)
    return JSONResponse(told, status_code=status, headers=sent, media_type=MEDIA_TYPE)


def wants_page(request: Request) -> bool:
    """Say whether a browser asks for a page, and not a program for data."""
    return "text/html" in request.headers.get("accept", "") and not request.scope["path"].startswith(DATA)


def of_error(request: Request, error: BrokerError) -> Response:
    """Return the problem of an error of the core."""
    status = STATUS.get(error.kind, 500)
    inward = error.kind in INWARD
    if inward:
        logger.warning("%s: %s", error.kind, error)
    language = language_of(request)
    # What is unavailable is the broker itself: its sentence would name folders and hosts to whoever asks.
    hidden = error.kind == "unavailable" and error.slug not in TELLING_NOTHING
    return problem(
        request, status, error.slug, say("unavailable", language) if hidden else explain(error, language),
        kind=error.kind, headers=_headers(error),
        pointer=error.pointer, missing=list(error.missing), facts={} if inward else _facts(error),
        errors=[] if inward else [_fault(fault, language) for fault in error.faults[:MOST_TOLD]],
    )  # fmt: skip


def _fault(fault: BrokerError, language: str) -> dict[str, object]:
    """Return one of several faults, with its place and what would have been right as members of their own."""
    told = {"pointer": fault.pointer, "slug": fault.slug, "detail": explain(fault, language)}
    return {**_facts(fault), **told}


def _headers(error: BrokerError) -> dict[str, str]:
    if error.kind == "unauthenticated":
        return {"WWW-Authenticate": 'Bearer realm="xueliang"'}
    if error.kind == "throttled":
        return {"Retry-After": str(_seconds(error.facts))}
    return {"Retry-After": str(RETRY_SECONDS)} if error.kind == "unavailable" else {}


def _seconds(facts: Mapping[str, object]) -> int:
    seconds, minutes = facts.get("retry_after"), facts.get("minutes")
    if isinstance(seconds, int | float):
        return max(1, round(seconds))
    return minutes * 60 if isinstance(minutes, int) else RETRY_SECONDS


def _facts(error: BrokerError) -> dict[str, object]:
    return {
        name: value if isinstance(value, bool | int | float) else str(value)[:LONGEST_FACT]
        for name, value in error.facts.items()
    }


async def on_broker_error(request: Request, error: Exception) -> Response:
    """Answer an error of the core."""
    if not isinstance(error, BrokerError):
        raise error
    return of_error(request, error)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the web framework itself refuses: no such route, no such method, a body it cannot read."""
    if not isinstance(error, HTTPException):
        raise error
    slug, kind = {
        HTTPStatus.NOT_FOUND: ("unknown-route", "unknown"),
        HTTPStatus.METHOD_NOT_ALLOWED: ("method-not-allowed", "method-not-allowed"),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("body-too-large", "too-large"),
        HTTPStatus.BAD_REQUEST: ("body-unreadable", "invalid"),
    }.get(HTTPStatus(error.status_code), ("refused", "invalid"))
    facts = {"method": request.method, "path": request.scope["path"], "limit": error.detail}
    status = STATUS["invalid"] if slug == "body-unreadable" else error.status_code
    detail = say(slug, language_of(request), **facts)
    return problem(request, status, slug, detail, kind=kind, headers=error.headers)


def unexpected(request: Request) -> Response:
    """Return what is told of a fault of ours: nothing but the number under which the log has it."""
    return problem(request, 500, "unexpected", say("unexpected", language_of(request)))
