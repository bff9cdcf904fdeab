"""One page for one reader: the frame around it, the language, the tokens of its forms, what was done a moment ago."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError

from broker import locale
from broker.domain.errors import BrokerError, Conflict, Forbidden, Invalid, Throttled, TooLarge
from broker.domain.people.accounts import Caller
from broker.services.people.sign_in import csrf_of
from broker.web.auth import cookie_name
from broker.web.console.assets import asset
from broker.web.console.desks import counts_for, desks_for
from broker.web.console.forms import Refusal, refusal_of
from broker.web.console.instants import Instants
from broker.web.console.live.events import number_of
from broker.web.console.maps.setup import setup_of
from broker.web.console.places import here
from broker.web.language import TAGS, language_of
from broker.web.texts import catalogue, tell

if TYPE_CHECKING:
    from broker.bootstrap import Broker

FLASH = "xueliang-flash"
FLASH_SECONDS = 60
TOLD_BESIDE_THE_FORM = (Invalid, Forbidden, Conflict, Throttled, TooLarge, ValidationError)
HEADERS = {
    "Cache-Control": "no-store",
    # Not `no-referrer`: a form would then say that it comes from nowhere, and be refused.
    "Referrer-Policy": "same-origin",
}
ELSEWHERE = {"password-change-needed": "/account/password", "step-up-needed": "/step-up"}
"""Errors that another page helps out of."""

_BUSY = "pk_idempotency"


@cache
def environment() -> Environment:
    """Return how templates are read; what a template names and nobody gives it is an error."""
    made = Environment(
        loader=PackageLoader("broker.web", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    made.globals["asset"] = asset
    return made


class Screen:
    """What an endpoint shows its answer on."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.broker: Broker = request.app.state.broker
        self.language = language_of(request)
        self.t = partial(tell, language=self.language)

    @property
    def caller(self) -> Caller | None:
        """Who is signed in; None on the few pages that are for everybody."""
        found: Caller | None = getattr(self.request.state, "caller", None)
        return found

    @property
    def instants(self) -> Instants:
        return Instants(self.broker.zone, self.broker.clock.now(), self.language)

    def show(self, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
        """Return a page; `facts` are what the template names beside the frame."""
        page = environment().get_template(template).render({**self._frame(), **facts})
        answer = HTMLResponse(page, status, headers={**HEADERS, "Content-Language": TAGS[self.language]})
        if FLASH in self.request.cookies:
            answer.delete_cookie(FLASH, path="/", httponly=True, samesite="strict", secure=self._secure)
        return answer

    def go(self, place: str, said: str = "") -> Response:
        """Send the browser on to a page of ours, which says `said` (a slug below `flash.`)."""
        answer = RedirectResponse(place, 303, headers=HEADERS)
        if said:
            answer.set_cookie(
                FLASH, said, max_age=FLASH_SECONDS, path="/", httponly=True, samesite="strict", secure=self._secure
            )
        return answer

    def carried_out(
        self, act: Callable[[], object], *, to: str | Callable[[], str], said: str, again: Callable[[Refusal], Response]
    ) -> Response:
        """Carry a form out and send the browser on; a refusal shows the form again, with what was typed.

        `to` may be asked for when all is done: what was made has a page of its own.

        Raises:
            BrokerError: what the form cannot help: nothing there, nobody signed in, the program cannot work.
        """
        try:
            act()
        except TOLD_BESIDE_THE_FORM as error:
            if isinstance(error, BrokerError) and (error.facts.get("subject") == _BUSY or not self._tells(error)):
                raise
            return again(refusal_of(error, self.language))
        return self.go(to if isinstance(to, str) else to(), said)

    def _told(self, slug: str) -> str:
        """Return the sentence that a slug from the browser stands for: a text of the console, or a plain error."""
        text = catalogue(self.language).get(f"flash.{slug}") or locale.catalogue(self.language).get(slug, "")
        return "" if "{" in text else text

    def _tells(self, error: BrokerError) -> bool:
        """Say whether an error has words for the form, and no page of its own."""
        return error.slug not in ELSEWHERE

    @property
    def _secure(self) -> bool:
        return self.broker.settings.secure_cookies

    def _frame(self) -> Mapping[str, object]:
        """Return what the layout and the macros name."""
        secret = self.request.cookies.get(cookie_name(self.broker.settings), "")
        caller, said = self.caller, self.request.cookies.get(FLASH, "")
        path = self.request.scope["path"]
        desks = desks_for(self.broker, caller, path) if caller else ()
        return {
            "t": self.t,
            "tag": TAGS[self.language],
            "language": self.language,
            "instants": self.instants,
            "caller": caller,
            "desks": desks,
            "counts": counts_for(self.broker, caller) if caller and desks else {},
            "live": number_of(self.broker.clock.now()) if desks else "",
            "csrf": csrf_of(secret) if caller else "",
            "once": lambda: str(uuid4()),
            "map_setup": partial(setup_of, self.broker, caller),
            "flash": self._told(said),
            "here": here(self.request),
            "refusal": None,
        }


async def screen_of(request: Request) -> Screen:
    """Return the screen of this call."""
    return Screen(request)


ScreenDep = Annotated[Screen, Depends(screen_of)]
