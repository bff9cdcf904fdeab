"""Identities of another house on the own account: which there are, one more, one less."""

from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import APIRouter, Response

from broker.web.api.people.oidc import LinkIn, onward
from broker.web.auth import address_of, set_flow
from broker.web.console.forms import Refusal, checked
from broker.web.console.home import ACCOUNT
from broker.web.console.routes import OncePageRoute, PageRoute
from broker.web.console.visit import Visit, VisitDep

if TYPE_CHECKING:
    from broker.services.people.oidc_sign_in import Away

router = APIRouter(route_class=OncePageRoute)
leaving = APIRouter(route_class=PageRoute)
"""What a browser leaves with is a secret, and keeps out of the memory of answers."""

IDENTITIES = f"{ACCOUNT}/identities"


@leaving.get(IDENTITIES)
def show_own_identities(visit: VisitDep) -> Response:
    """本人关联的统一身份。The identities one may sign in with."""
    return _page(visit)


@leaving.post(IDENTITIES)
def begin_own_link(visit: VisitDep) -> Response:
    """前往统一身份认证，为本人关联。Go to the other house, to link an identity to the own account."""
    away: list[Away] = []

    def act() -> None:
        typed = next(iter(visit.form.all("password")), "")  # may begin or end with a blank
        body = checked(LinkIn, {"password": typed or None, "next": IDENTITIES})
        password = body.password.get_secret_value() if body.password else None
        away.append(visit.broker.oidc.begin_link(visit.stepped_up(), password, address_of(visit.request), body.next))

    answer = visit.carry_out(
        act, to=IDENTITIES, said="", again=lambda refusal: _page(visit, refused="link", refusal=refusal)
    )
    if away:  # a form may lead to pages of ours only: that one leads on
        answer = onward(away[0].address)
        set_flow(answer, visit.broker.settings, away[0].note)
    return answer


@router.post(f"{IDENTITIES}/{{identity}}/unlink")
def unlink_own(identity: UUID, visit: VisitDep) -> Response:
    """解除本人的一个统一身份。Take one of the own identities away."""

    def act() -> None:
        visit.broker.identities.unlink(visit.stepped_up(), visit.caller.person(), identity)

    return visit.carry_out(
        act, to=IDENTITIES, said="own-identity-unlinked",
        again=lambda refusal: _page(visit, refused=str(identity), refusal=refusal),
    )  # fmt: skip


def _page(visit: Visit, *, refused: str = "", refusal: Refusal | None = None) -> Response:
    settings = visit.broker.settings
    return visit.show(
        "identities", refused=refused, refusal=refusal, by_password=not visit.caller.second_factor,
        house=settings.oidc_issuer and (settings.oidc_label or settings.oidc_issuer),
        identities=visit.broker.identities.of(visit.caller, visit.caller.person()),
    )  # fmt: skip
