"""Errors as pages: what went wrong, what would help, and the number under which the log has it."""

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import Request, Response

from broker.domain.local_paths import START
from broker.web.auth import cookie_name
from broker.web.console.places import here
from broker.web.console.screen import ELSEWHERE, HEADERS, Screen

SIGN_IN = "/sign-in"
FACTOR = frozenset({"mfa_fresh", "mfa_met"})
_SILENT = frozenset({"sign-in-needed", "credentials-malformed"})
"""Whoever is not signed in knows it; any other reason is told on the page to sign in on."""


def problem_page(request: Request, told: Mapping[str, object], headers: Mapping[str, str]) -> Response:
    """Return the page of a problem, or send the browser to where it can be helped."""
    screen = Screen(request)
    slug = str(told["slug"])
    if told["kind"] == "unauthenticated":
        return _to_sign_in(screen, slug)
    if slug in ELSEWHERE:
        place = ELSEWHERE[slug]
        return screen.go(f"{place}?next={quote(here(request))}" if slug == "step-up-needed" else place)
    missing = told.get("missing", ())
    factor = isinstance(missing, list) and bool(FACTOR & set(missing))
    answer = screen.show(
        "problem.html", status=int(str(told["status"])), problem=told, step_up=factor, back=here(request)
    )
    for name, value in headers.items():
        answer.headers[name] = value
    return answer


def _to_sign_in(screen: Screen, slug: str) -> Response:
    request = screen.request
    came_from_outside = request.headers.get("sec-fetch-site") == "cross-site"
    if request.method == "GET" and came_from_outside and cookie_name(screen.broker.settings) not in request.cookies:
        # A strict cookie stays at home when a link in an e-mail is followed; a step from a page of ours brings it.
        return screen.show("once_more.html")
    place = f"{SIGN_IN}?next={quote(here(request))}" if here(request) != START else SIGN_IN
    if "hx-request" in request.headers:  # the whole page goes, not the part that was asked for
        return Response(status_code=204, headers={**HEADERS, "HX-Redirect": place})
    return screen.go(place, "" if slug in _SILENT else slug)
