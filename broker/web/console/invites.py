"""The page behind an invite: whom it is for, and the first password."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from broker.services.people.invites import Invited
from broker.web.api.people.invites import TakeIn
from broker.web.auth import address_of, browser_of, device_of, set_cookie
from broker.web.console.forms import FormDep, Refusal, checked
from broker.web.console.routes import PageRoute
from broker.web.console.screen import Screen, ScreenDep
from broker.web.deps import BrokerDep

router = APIRouter(prefix="/invite", route_class=PageRoute)

Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


@router.get("/{token}")
def show_invite(token: Token, request: Request, broker: BrokerDep, screen: ScreenDep) -> Response:
    """邀请页：设置首个密码。The page to choose a first password on."""
    return _page(screen, token, broker.invites.look(token, address_of(request)))


def _page(screen: Screen, token: str, invited: Invited, refusal: Refusal | None = None) -> Response:
    status = 200 if refusal is None else refusal.status
    return screen.show("pages/invite.html", status=status, token=token, invited=invited, refusal=refusal)


@router.post("/{token}")
def take_invite(token: Token, request: Request, form: FormDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """设置首个密码并登录。Choose the first password; one is signed in."""
    answer: list[Response] = []

    def act() -> None:
        body = checked(TakeIn, {"password": next(iter(form.all("password")), "")})
        password = body.password.get_secret_value()
        signed = broker.invites.take(token, password, address_of(request), device_of(request), browser_of(request))
        answer.append(screen.go("/", "invite-taken"))
        set_cookie(answer[0], broker.settings, signed)

    def again(refusal: Refusal) -> Response:
        return _page(screen, token, broker.invites.look(token, address_of(request)), refusal)

    refused = screen.carried_out(act, to="/", said="invite-taken", again=again)
    return answer[0] if answer else refused
