"""One's own account: password, second factor, sessions, stepping up."""

from collections.abc import Sequence

import segno
from fastapi import APIRouter, Request, Response

from broker.bootstrap import Broker
from broker.domain.local_paths import local_path
from broker.domain.people.accounts import Caller
from broker.services.people.second_factor import Enrolment
from broker.web.api.people.me import PasswordIn
from broker.web.api.people.persons import shown
from broker.web.api.people.second_factor import BeginIn, CodeIn
from broker.web.auth import address_of, clear_cookie
from broker.web.console.forms import CODE_FIELD, Form, FormDep, Refusal, checked
from broker.web.console.home import ACCOUNT, Next
from broker.web.console.routes import OncePageRoute, PageRoute
from broker.web.console.screen import Screen, ScreenDep
from broker.web.deps import BrokerDep, CallerDep, ReadingDep

router = APIRouter(route_class=OncePageRoute)
showing = APIRouter(route_class=PageRoute)
"""Pages that hold a secret, and codes that are good once, keep out of the memory of answers."""

FACTOR = f"{ACCOUNT}/second-factor"


@router.get(ACCOUNT)
def show_account(caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep) -> Response:
    """本人账号：会话、密码、二次验证。The own account: sessions, password, second factor."""
    (me,) = shown([broker.accounts.me(caller)], reading)
    return screen.show(
        "pages/account.html", me=me, sessions=broker.sign_in.sessions(caller),
        factor=broker.second_factor.standing(caller),
    )  # fmt: skip


@router.post(f"{ACCOUNT}/sessions/end-others")
def end_other_sessions(caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """结束其他会话。End the other sessions."""
    broker.sign_in.end_others(caller)
    return screen.go(ACCOUNT, "sessions-ended")


@router.post(f"{ACCOUNT}/sessions/{{name}}/end")
def end_session(name: str, caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """结束一个会话。End one session."""
    broker.sign_in.end(caller, name)
    return screen.go(ACCOUNT, "session-closed")


@showing.get(f"{ACCOUNT}/password")
def show_password(caller: CallerDep, screen: ScreenDep) -> Response:
    """修改密码的页面。The page to choose another password on."""
    return screen.show("pages/password.html", must=caller.must_change_password)


@showing.post(f"{ACCOUNT}/password")
def change_password(form: FormDep, caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """修改密码，所有会话随即退出。Choose another password; all sessions end."""

    def act() -> None:
        body = checked(PasswordIn, {name: _as_typed(form, name) for name in ("old", "new")})
        broker.accounts.change_password(caller, body.old.get_secret_value(), body.new.get_secret_value())

    def again(refusal: Refusal) -> Response:
        must = caller.must_change_password
        return screen.show("pages/password.html", status=refusal.status, refusal=refusal, must=must)

    answer = screen.carried_out(act, to="/sign-in", said="password-changed", again=again)
    if answer.status_code == 303:  # noqa: PLR2004  # sent on: it was changed, and the session is gone
        clear_cookie(answer, broker.settings)
    return answer


def _as_typed(form: Form, name: str) -> str:
    """Return a password as it was typed; it may begin or end with a blank."""
    return next(iter(form.all(name)), "")


@showing.get(FACTOR)
def show_second_factor(caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """二次验证的页面。The page of the second factor."""
    return _factor(screen, broker, caller)


def _factor(
    screen: Screen, broker: Broker, caller: Caller, *, refusal: Refusal | None = None, begun: Enrolment | None = None,
    waiting: bool = False,
) -> Response:  # fmt: skip
    """Show where the second factor stands; `begun` is shown once, `waiting`: only its code is lacking."""
    code = segno.make(begun.uri, error="m").svg_inline(svgclass="qr", lineclass=None, omitsize=True) if begun else ""
    return screen.show(
        "pages/second_factor.html", status=refusal.status if refusal else 200, refusal=refusal, begun=begun, qr=code,
        waiting=waiting, factor=broker.second_factor.standing(caller),
    )  # fmt: skip


@showing.post(f"{FACTOR}/begin")
def begin_second_factor(
    request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep, screen: ScreenDep
) -> Response:
    """登记验证器，二维码只显示一次。Begin to enrol an authenticator; its picture is shown once."""
    begun: list[Enrolment] = []

    def act() -> None:
        body = checked(BeginIn, {"password": _as_typed(form, "password")})
        begun.append(broker.second_factor.begin(caller, body.password.get_secret_value(), address_of(request)))

    answer = screen.carried_out(
        act, to=FACTOR, said="", again=lambda refusal: _factor(screen, broker, caller, refusal=refusal)
    )
    return _factor(screen, broker, caller, begun=begun[0], waiting=True) if begun else answer


@showing.post(f"{FACTOR}/confirm")
def confirm_second_factor(
    request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep, screen: ScreenDep
) -> Response:
    """用验证码确认登记，恢复码只显示一次。Confirm with a code; recovery codes are shown once."""
    codes: list[str] = []

    def act() -> None:
        body = checked(CodeIn, {"code": form.one(CODE_FIELD)})
        codes.extend(broker.second_factor.confirm(caller, body.code.get_secret_value(), address_of(request)).codes)

    answer = screen.carried_out(
        act, to=FACTOR, said="", again=lambda refusal: _factor(screen, broker, caller, refusal=refusal, waiting=True)
    )
    return _codes(screen, codes) if codes else answer


@showing.post(f"{FACTOR}/codes")
def renew_recovery_codes(caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """更换恢复码。Replace the recovery codes."""
    return _codes(screen, broker.second_factor.renew_codes(caller))


def _codes(screen: Screen, codes: Sequence[str]) -> Response:
    return screen.show("pages/recovery_codes.html", codes=codes)


@router.post(f"{FACTOR}/remove")
def remove_second_factor(caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """取消二次验证。Do without a second factor."""
    broker.second_factor.remove(caller)
    return screen.go(ACCOUNT, "factor-removed")


@showing.get("/step-up")
def show_step_up(caller: CallerDep, broker: BrokerDep, screen: ScreenDep, next: Next = ACCOUNT) -> Response:  # noqa: A002  # its name in URLs
    """二次验证的页面。The page to show the second factor on."""
    standing = broker.second_factor.standing(caller)
    return screen.show("pages/step_up.html", next=local_path(next), enrolled=standing.enrolled)


@showing.post("/step-up")
def step_up(request: Request, form: FormDep, caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """完成二次验证。Show the second factor."""
    place = local_path(form.one("next", ACCOUNT))

    def act() -> None:
        body = checked(CodeIn, {"code": form.one(CODE_FIELD)})
        broker.second_factor.step_up(caller, body.code.get_secret_value(), address_of(request))

    def again(refusal: Refusal) -> Response:
        return screen.show("pages/step_up.html", status=refusal.status, refusal=refusal, next=place, enrolled=True)

    return screen.carried_out(act, to=place, said="stepped-up", again=again)
