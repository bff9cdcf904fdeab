"""Signing in the way a browser does, but with the cookie carried by hand."""

from broker.cli.client.server import Server, Session
from broker.domain.errors import Unavailable


def sign_in(url: str, login: str, password: str) -> Session:
    """Open a session and return how to make calls under it.

    The cookie is marked Secure, so no cookie jar would send it over plain http to this very machine.

    Raises:
        Unauthenticated: wrong login or password.
        Throttled: too many failures lately.
    """
    with Server(url) as server:
        answer = server.raw_post("/sessions", {"login": login, "password": password})
    cookie = answer.headers.get("set-cookie", "").partition(";")[0]
    if not cookie:
        raise Unavailable("server-strange", url=url, status=answer.status_code)
    return Session(cookie, answer.json()["csrf"])
