"""Signing in and out. A right password is not typed twice: it waits for the code in a sealed note in the page."""

import base64
import binascii
import json
from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response

from broker.bootstrap import Broker
from broker.domain.errors import Forbidden, Invalid, Throttled, Unauthenticated, Unavailable
from broker.domain.local_paths import local_path
from broker.web.auth import address_of, browser_of, clear_cookie, cookie_name, device_of, session_secret, set_cookie
from broker.web.console.forms import CODE_FIELD, Form, FormDep, Refusal, refusal_of
from broker.web.console.home import Next
from broker.web.console.routes import PageRoute
from broker.web.console.screen import ELSEWHERE, Screen, ScreenDep
from broker.web.deps import BrokerDep, CallerDep

router = APIRouter(route_class=PageRoute)

NOTE_PLACE = "console/sign_in/note"
NOTE_KEPT = timedelta(minutes=5)
LONGEST = {"login": 100, "password": 128, CODE_FIELD: 40, "note": 2000}


@router.get("/sign-in")
def show_sign_in(request: Request, screen: ScreenDep, next: Next = "/") -> Response:  # noqa: A002  # its name in URLs
    """登录页。The page to sign in on; who is signed in already goes on."""
    secret = request.cookies.get(cookie_name(screen.broker.settings))
    if secret and _known(screen.broker, secret):
        return screen.go(local_path(next))
    return _page(screen, next=local_path(next))


def _known(broker: Broker, secret: str) -> bool:
    try:
        broker.sign_in.by_session(secret)
    except (Unauthenticated, Forbidden):
        return False
    return True


@router.post("/sign-in")
def sign_in(request: Request, form: FormDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """登录；启用二次验证的，再填验证码。Sign in; who has a second factor is asked for a code next."""
    place = local_path(form.one("next", "/"))
    try:
        login, password = _credentials(broker, form)
        code = form.one(CODE_FIELD) or None
        signed = broker.sign_in.open(
            login, password, address_of(request), code, device_of(request), browser_of(request)
        )
    except (Unauthenticated, Throttled, Forbidden, Invalid) as error:
        asks_code = error.slug in {"second-factor-needed", "wrong-code"}
        note = _note(broker, login, password) if asks_code else ""
        refusal = None if error.slug == "second-factor-needed" else refusal_of(error, screen.language)
        return _page(screen, next=place, refusal=refusal, login=form.one("login")[:100], note=note)
    answer = screen.go(ELSEWHERE["password-change-needed"] if signed.person.one_time_until is not None else place)
    set_cookie(answer, broker.settings, signed)
    return answer


def _page(screen: Screen, *, next: str, refusal: Refusal | None = None, login: str = "", note: str = "") -> Response:  # noqa: A002
    status = 200 if refusal is None else refusal.status
    settings = screen.broker.settings
    return screen.show(
        "pages/sign_in.html", status=status, next=next, refusal=refusal, login=login, note=note,
        other_house=settings.oidc_label or screen.t("sign-in.other-house") if settings.oidc_issuer else "",
    )  # fmt: skip


@router.post("/sign-out")
def sign_out(request: Request, caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """退出登录。Sign out."""
    broker.sign_in.close(caller, session_secret(request))
    answer = screen.go("/sign-in", "signed-out")
    clear_cookie(answer, broker.settings)
    return answer


def _credentials(broker: Broker, form: Form) -> tuple[str, str]:
    """Return login and password: typed, or those that wait in the note.

    Raises:
        Invalid: too long for either.
        Unauthenticated: the note is none of ours, or waited too long.
    """
    for name, most in LONGEST.items():
        if len(form.one(name)) > most:
            raise Invalid("text-too-long", pointer=f"/{name}", most=most)
    note = form.one("note")
    if not note:
        # a password may begin or end with a blank: taken as it was typed
        return form.one("login"), next(iter(form.all("password")), "")
    try:
        told = json.loads(broker.secrets.open(base64.urlsafe_b64decode(note), NOTE_PLACE))
    except (binascii.Error, ValueError, Unavailable):
        raise Unauthenticated("sign-in-again") from None
    if broker.clock.now() > datetime.fromisoformat(told["until"]):
        raise Unauthenticated("sign-in-again")
    return told["login"], told["password"]


def _note(broker: Broker, login: str, password: str) -> str:
    until = (broker.clock.now() + NOTE_KEPT).isoformat()
    plain = json.dumps({"login": login, "password": password, "until": until}).encode()
    return base64.urlsafe_b64encode(broker.secrets.seal(plain, NOTE_PLACE)).decode()
