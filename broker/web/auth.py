"""Who is calling: an API token in the Authorization header, or the session cookie of a browser.

A cookie is sent by the browser whoever asks for it, so a write under a cookie must also carry the token of its
session in a header and come from a page of our own. A token in a header needs neither.
"""

import hmac
import re
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from broker.bootstrap import Broker
from broker.domain.errors import Conflict, Forbidden, Unauthenticated
from broker.domain.people.accounts import Caller
from broker.domain.people.oidc import FLOW as LONGEST_FLOW
from broker.services.people.devices import KEPT
from broker.services.people.sign_in import TOKEN_PREFIX, Signed, csrf_of
from broker.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HOST_COOKIE = "__Host-xueliang"
PLAIN_COOKIE = "xueliang"
DEVICE = "xueliang-device"
FLOW = "xueliang-oidc"
CSRF_HEADER = "X-CSRF-Token"
UNATTENDED = "X-Unattended"
"""What a page of ours sends when it asks by itself: that is no use of the session."""

BROWSERS = (
    ("Edge", re.compile(r"\bEdg/(\d{1,4})")),
    ("Opera", re.compile(r"\bOPR/(\d{1,4})")),
    ("Firefox", re.compile(r"\bFirefox/(\d{1,4})")),
    ("Chrome", re.compile(r"\bChrome/(\d{1,4})")),
    ("Safari", re.compile(r"\bVersion/(\d{1,4})[\d.]* .*\bSafari/")),
)
"""In this order: most of them say that they are Chrome and Safari as well."""

SYSTEMS = (("Android", "Android"), ("iOS", "iPhone"), ("iOS", "iPad"), ("Windows", "Windows NT"), ("macOS", "Mac OS X"),
           ("Linux", "Linux"))  # fmt: skip

_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="API token, xlt_…; POST /api/v1/me/tokens")
_cookie = APIKeyCookie(name=HOST_COOKIE, auto_error=False, scheme_name="session", description="POST /api/v1/sessions")


def signed_in(
    request: Request,
    _token: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    _session: Annotated[str | None, Security(_cookie)],
) -> Caller:
    """Return who is calling; the two unused arguments tell OpenAPI how to sign in."""
    return authenticate(request)


def authenticate(request: Request) -> Caller:
    """Return who is calling, asking the database once a request.

    Raises:
        Unauthenticated: nobody is signed in, or the sign-in no longer holds.
        Forbidden: a write under a cookie that does not prove to come from our own pages.
    """
    known: Caller | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
    broker: Broker = request.app.state.broker
    header = request.headers.get("authorization")
    caller = _by_session(broker, request) if header is None else broker.sign_in.by_token(_token_of(header))
    request.state.caller = caller
    return caller


def require_session(request: Request) -> Caller:
    """Return who is signed in, before anything of a body is read.

    Raises:
        Unauthenticated: there is no session, or it no longer holds.
    """
    broker: Broker = request.app.state.broker
    secret = request.cookies.get(cookie_name(broker.settings))
    if not secret:
        raise Unauthenticated("sign-in-needed")
    return broker.sign_in.by_session(secret)


def _token_of(header: str) -> str:
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.startswith(TOKEN_PREFIX):
        raise Unauthenticated("credentials-malformed")
    return secret


def _by_session(broker: Broker, request: Request) -> Caller:
    secret = request.cookies.get(cookie_name(broker.settings))
    if not secret:
        raise Unauthenticated("sign-in-needed")
    caller = broker.sign_in.by_session(secret, used=UNATTENDED not in request.headers)
    if request.method not in SAFE:
        require_same_origin(request)
        field: str = getattr(request.state, "csrf_given", "")  # of a form of the console
        given = request.headers.get(CSRF_HEADER, field)
        if not hmac.compare_digest(given.encode(), csrf_of(secret).encode()):
            raise Forbidden("csrf-token")
    return caller


def require_same_origin(request: Request) -> None:
    """Refuse a write that a browser says comes from somebody else's page.

    Raises:
        Forbidden: Sec-Fetch-Site or Origin name another site. Programs send neither.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site != "same-origin":
        raise Forbidden("csrf-origin")
    # Only host and port: behind a proxy that ends TLS the scheme seen here is not the browser's.
    if origin is not None and _place(origin) != request.headers.get("host"):
        raise Forbidden("csrf-origin")


def _place(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # "http://[": the sender decides what stands here
        return ""


def session_secret(request: Request) -> str:
    """Return the secret of the session that makes this call.

    Raises:
        Conflict: the call was made with a token; there is no session to end.
    """
    broker: Broker = request.app.state.broker
    secret = request.cookies.get(cookie_name(broker.settings))
    if not secret or "authorization" in request.headers:
        raise Conflict("no-session")
    return secret


def address_of(request: Request) -> str:
    """Return where the call comes from; behind a proxy that is trusted, what the proxy says."""
    return request.client.host if request.client else ""


def browser_of(request: Request) -> str:
    """Return what the browser calls itself, in a few words: Chrome 88, Windows; nothing for what is none we know.

    Only that is kept of the header, which tells more of a person than is needed to know an own session again.
    """
    said = request.headers.get("user-agent", "")
    browser = next((f"{name} {found[1]}" for name, form in BROWSERS if (found := form.search(said))), "")
    system = next((name for name, mark in SYSTEMS if mark in said), "")
    return ", ".join(part for part in (browser, system) if part)


def cookie_name(settings: Settings) -> str:
    """Return the cookie's name: the prefix makes browsers insist on Secure, Path=/ and no Domain."""
    return HOST_COOKIE if settings.secure_cookies else PLAIN_COOKIE


def set_cookie(response: Response, settings: Settings, signed: Signed) -> None:
    """Hand the session to the browser."""
    response.set_cookie(
        cookie_name(settings), signed.secret, expires=signed.until, path="/",
        secure=settings.secure_cookies, httponly=True, samesite="strict",
    )  # fmt: skip
    if signed.device is not None:  # it opens nothing, so it may stay when the session goes
        response.set_cookie(
            _named(DEVICE, settings), signed.device, expires=signed.until + KEPT, path="/",
            secure=settings.secure_cookies, httponly=True, samesite="strict",
        )  # fmt: skip


def device_of(request: Request) -> str | None:
    """Return the cookie that tells this device from others."""
    broker: Broker = request.app.state.broker
    return request.cookies.get(_named(DEVICE, broker.settings))


def set_flow(response: Response, settings: Settings, note: str) -> None:
    """Give the browser what it has to bring back from another house; lax, since it comes from another site."""
    response.set_cookie(
        _named(FLOW, settings), note, max_age=int(LONGEST_FLOW.total_seconds()), path="/",
        secure=settings.secure_cookies, httponly=True, samesite="lax",
    )  # fmt: skip


def flow_of(request: Request) -> str | None:
    """Return what the browser brought back from another house."""
    broker: Broker = request.app.state.broker
    return request.cookies.get(_named(FLOW, broker.settings))


def clear_flow(response: Response, settings: Settings) -> None:
    """Take that away: it was good once."""
    response.delete_cookie(
        _named(FLOW, settings), path="/", secure=settings.secure_cookies, httponly=True, samesite="lax"
    )


def _named(name: str, settings: Settings) -> str:
    return f"__Host-{name}" if settings.secure_cookies else name


def clear_cookie(response: Response, settings: Settings) -> None:
    """Take the session away from the browser."""
    response.delete_cookie(
        cookie_name(settings), path="/", secure=settings.secure_cookies, httponly=True, samesite="strict"
    )
