"""One's own account: password, second factor, sessions, stepping up."""

from collections.abc import Sequence

import segno
from fastapi import APIRouter, Response

from broker.domain.local_paths import local_path
from broker.services.people.second_factor import Enrolment
from broker.web.api.people.me import PasswordIn
from broker.web.api.people.persons import shown
from broker.web.api.people.second_factor import BeginIn, CodeIn
from broker.web.auth import address_of, clear_cookie
from broker.web.console.forms import CODE_FIELD, Form, Refusal, checked
from broker.web.console.home import ACCOUNT, Next
from broker.web.console.routes import OncePageRoute, PageRoute
from broker.web.console.screen import Screen
from broker.web.console.visit import Visit, VisitDep

router = APIRouter(route_class=OncePageRoute)
showing = APIRouter(route_class=PageRoute)
"""Pages that hold a secret, and codes that are good once, keep out of the memory of answers."""

FACTOR = f"{ACCOUNT}/second-factor"


@router.get(ACCOUNT)
def show_account(visit: VisitDep) -> Response:
    """本人账号：会话、密码、二次验证。The own account: sessions, password, second factor."""
    (me,) = shown([visit.broker.accounts.me(visit.caller)], visit.reading)
    identities = visit.broker.identities.of(visit.caller, visit.caller.person())
    return visit.show(
        "account", me=me, sessions=visit.broker.sign_in.sessions(visit.caller),
        factor=visit.broker.second_factor.standing(visit.caller),
        other_house=bool(visit.broker.settings.oidc_issuer or identities),
    )  # fmt: skip


@router.post(f"{ACCOUNT}/sessions/end-others")
def end_other_sessions(visit: VisitDep) -> Response:
    """结束其他会话。End the other sessions."""
    visit.broker.sign_in.end_others(visit.caller)
    return visit.screen.go(ACCOUNT, "sessions-ended")


@router.post(f"{ACCOUNT}/sessions/{{name}}/end")
def end_session(name: str, visit: VisitDep) -> Response:
    """结束一个会话。End one session."""
    visit.broker.sign_in.end(visit.caller, name)
    return visit.screen.go(ACCOUNT, "session-closed")


@showing.get(f"{ACCOUNT}/password")
def show_password(visit: VisitDep) -> Response:
    """修改密码的页面。The page to choose another password on."""
    return visit.show("password", must=visit.caller.must_change_password)


@showing.post(f"{ACCOUNT}/password")
def change_password(visit: VisitDep) -> Response:
    """修改密码，所有会话随即退出。Choose another password; all sessions end."""

    def act() -> None:
        body = checked(PasswordIn, {name: _as_typed(visit.form, name) for name in ("old", "new")})
        visit.broker.accounts.change_password(visit.caller, body.old.get_secret_value(), body.new.get_secret_value())

    def again(refusal: Refusal) -> Response:
        must = visit.caller.must_change_password
        return visit.show("password", refusal=refusal, must=must)

    answer = visit.carry_out(act, to="/sign-in", said="password-changed", again=again)
    if answer.status_code == 303:  # noqa: PLR2004  # sent on: it was changed, and the session is gone
        clear_cookie(answer, visit.broker.settings)
    return answer


def _as_typed(form: Form, name: str) -> str:
    """Return a password as it was typed; it may begin or end with a blank."""
    return next(iter(form.all(name)), "")


@showing.get(FACTOR)
def show_second_factor(visit: VisitDep) -> Response:
    """二次验证的页面。The page of the second factor."""
    return _factor(visit)


def _factor(
    visit: Visit, *, refusal: Refusal | None = None, begun: Enrolment | None = None, waiting: bool = False
) -> Response:
    """Show where the second factor stands; `begun` is shown once, `waiting`: only its code is lacking."""
    code = segno.make(begun.uri, error="m").svg_inline(svgclass="qr", lineclass=None, omitsize=True) if begun else ""
    return visit.show(
        "second_factor", refusal=refusal, begun=begun, qr=code,
        waiting=waiting, factor=visit.broker.second_factor.standing(visit.caller),
    )  # fmt: skip


@showing.post(f"{FACTOR}/begin")
def begin_second_factor(visit: VisitDep) -> Response:
    """登记验证器，二维码只显示一次。Begin to enrol an authenticator; its picture is shown once."""
    begun: list[Enrolment] = []

    def act() -> None:
        body = checked(BeginIn, {"password": _as_typed(visit.form, "password")})
        password = body.password.get_secret_value()
        begun.append(visit.broker.second_factor.begin(visit.caller, password, address_of(visit.request)))

    answer = visit.carry_out(act, to=FACTOR, said="", again=lambda refusal: _factor(visit, refusal=refusal))
    return _factor(visit, begun=begun[0], waiting=True) if begun else answer


@showing.post(f"{FACTOR}/confirm")
def confirm_second_factor(visit: VisitDep) -> Response:
    """用验证码确认登记，恢复码只显示一次。Confirm with a code; recovery codes are shown once."""
    codes: list[str] = []

    def act() -> None:
        body = checked(CodeIn, {"code": visit.form.one(CODE_FIELD)})
        code = body.code.get_secret_value()
        codes.extend(visit.broker.second_factor.confirm(visit.caller, code, address_of(visit.request)).codes)

    answer = visit.carry_out(
        act, to=FACTOR, said="", again=lambda refusal: _factor(visit, refusal=refusal, waiting=True)
    )
    return _codes(visit.screen, codes) if codes else answer


@showing.post(f"{FACTOR}/codes")
def renew_recovery_codes(visit: VisitDep) -> Response:
    """更换恢复码。Replace the recovery codes."""
    return _codes(visit.screen, visit.broker.second_factor.renew_codes(visit.caller))


def _codes(screen: Screen, codes: Sequence[str]) -> Response:
    return screen.show("pages/recovery_codes.html", codes=codes)


@router.post(f"{FACTOR}/remove")
def remove_second_factor(visit: VisitDep) -> Response:
    """取消二次验证。Do without a second factor."""
    visit.broker.second_factor.remove(visit.caller)
    return visit.screen.go(ACCOUNT, "factor-removed")


@showing.get("/step-up")
def show_step_up(visit: VisitDep, next: Next = ACCOUNT) -> Response:  # noqa: A002  # its name in URLs
    """二次验证的页面。The page to show the second factor on."""
    standing = visit.broker.second_factor.standing(visit.caller)
    return visit.show("step_up", next=local_path(next), enrolled=standing.enrolled)


@showing.post("/step-up")
def step_up(visit: VisitDep) -> Response:
    """完成二次验证。Show the second factor."""
    place = local_path(visit.form.one("next", ACCOUNT))

    def act() -> None:
        body = checked(CodeIn, {"code": visit.form.one(CODE_FIELD)})
        visit.broker.second_factor.step_up(visit.caller, body.code.get_secret_value(), address_of(visit.request))

    def again(refusal: Refusal) -> Response:
        return visit.show("step_up", refusal=refusal, next=place, enrolled=True)

    return visit.carry_out(act, to=place, said="stepped-up", again=again)
