"""Signing in the way a browser does, but with the cookie carried by hand."""

from dataclasses import dataclass

from broker.cli.client.server import Server, Session
from broker.domain.errors import Unavailable


@dataclass(frozen=True)
class Opened:
    """A session, and whether all it is good for is to choose a password."""

    session: Session
    must_change_password: bool


def open_session(url: str, login: str, password: str, code: str | None = None) -> Opened:
    """Open a session and return how to make calls under it.

    The cookie is marked Secure, so no cookie jar would send it over plain http to this very machine.

    Raises:
        Unauthenticated: wrong login or password; `second-factor-needed`, a code is wanted too.
        Throttled: too many failures lately.
    """
    body = {"login": login, "password": password} | ({} if code is None else {"code": code})
    with Server(url) as server:
        answer = server.raw_post("/sessions", body)
    cookie = answer.headers.get("set-cookie", "").partition(";")[0]
    if not cookie:
        raise Unavailable("server-strange", url=url, status=answer.status_code)
    told = answer.json()
    return Opened(Session(cookie, told["csrf"]), bool(told.get("must_change_password")))


def sign_in(url: str, login: str, password: str) -> Session:
    """Open a session with a password alone; raises what `open_session` raises."""
    return open_session(url, login, password).session
