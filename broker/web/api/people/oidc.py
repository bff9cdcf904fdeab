"""Identities of another house: the way there and back, and which of them are whose."""

from datetime import datetime
from html import escape
from typing import Annotated, Self
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field, StringConstraints

from broker.domain.ids import PersonId
from broker.domain.people.oidc import LONGEST_SUBJECT, MOST, Linked
from broker.services.people.oidc.provider import LONGEST_CODE, Brought
from broker.web.api.people.persons import Password
from broker.web.auth import address_of, browser_of, clear_flow, device_of, flow_of, set_cookie, set_flow
from broker.web.deps import BrokerDep, CallerDep
from broker.web.routes import OnceRoute, StrictRoute
from broker.web.values import In, Out

STEP_UP = "/step-up"
"""The page of the console for who came in without the second factor they have."""

browser = APIRouter(prefix="/auth/oidc", tags=["sessions"])
"""Followed by a browser, never called by a page. Not strict: the house may send back more than is asked for."""

router = APIRouter(tags=["persons"], route_class=OnceRoute)
linking = APIRouter(prefix="/me", tags=["me"], route_class=StrictRoute)

Place = Annotated[str, Query(max_length=2000)]
Short = Annotated[str, Query(max_length=LONGEST_CODE)]


class IdentityOut(Out):
    """An identity of another house that somebody may sign in with."""

    id: UUID
    issuer: str
    subject: str
    linked_at: datetime

    @classmethod
    def of(cls, linked: Linked) -> Self:
        return cls(id=linked.id, issuer=linked.issuer, subject=linked.subject, linked_at=linked.linked_at)


class IdentitiesOut(Out):
    """All identities of a person; there are ten at most."""

    items: Annotated[list[IdentityOut], Field(max_length=MOST)]


class IdentityIn(In):
    """Who somebody is at the house of the settings: what its tokens say in `sub`."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_SUBJECT)]


class LinkIn(In):
    """The password again, for who has no second factor; `next` is the page of ours to come back to."""

    password: Password | None = None
    next: Annotated[str, StringConstraints(max_length=2000)] = "/account"


class AwayOut(Out):
    """Where to send the browser; the cookie that it has to bring back came with this answer."""

    address: str


@browser.get("/start", status_code=303, response_class=RedirectResponse)
def start_oidc(broker: BrokerDep, next: Place = "/") -> Response:  # noqa: A002  # its name in URLs
    """前往统一身份认证登录。Go to the other house to sign in."""
    away = broker.oidc.begin(next)
    answer = RedirectResponse(away.address, 303, headers={"Cache-Control": "no-store"})
    set_flow(answer, broker.settings, away.note)
    return answer


@browser.get("/callback", response_class=HTMLResponse)
def finish_oidc(
    request: Request, broker: BrokerDep, state: Short = "", code: Short = "", error: Short = "",
    iss: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:  # fmt: skip
    """从统一身份认证返回，完成登录或关联。Come back from the other house: signed in, or linked."""
    brought = Brought(state, code, error, iss)
    back = broker.oidc.finish(brought, flow_of(request), address_of(request), device_of(request), browser_of(request))
    waiting = back.signed is not None and back.signed.must_step_up
    answer = onward(f"{STEP_UP}?next={quote(back.place)}" if waiting else back.place)
    clear_flow(answer, broker.settings)
    if back.signed:
        set_cookie(answer, broker.settings, back.signed)
    return answer


def onward(place: str) -> HTMLResponse:
    """Return a page that goes on by itself.

    No redirect: a strict cookie is not sent along a chain that began at another site.
    """
    there = escape(place, quote=True)
    page = (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>雪亮</title>'
        f'<meta http-equiv="refresh" content="0;url={there}"></head>'
        f'<body><p><a href="{there}">继续 Continue</a></p></body></html>'
    )
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


@linking.post("/identities", status_code=201)
def begin_identity_link(
    body: LinkIn, request: Request, response: Response, caller: CallerDep, broker: BrokerDep
) -> AwayOut:
    """开始为本人关联统一身份（须先完成二次验证，未启用的须填密码）。Begin to link an identity to your account."""
    password = body.password.get_secret_value() if body.password else None
    away = broker.oidc.begin_link(caller, password, address_of(request), body.next)
    set_flow(response, broker.settings, away.note)
    return AwayOut(address=away.address)


@linking.get("/identities")
def list_own_identities(caller: CallerDep, broker: BrokerDep) -> IdentitiesOut:
    """列出本人关联的统一身份。List the identities you may sign in with."""
    return IdentitiesOut(items=[IdentityOut.of(it) for it in broker.identities.of(caller, caller.person())])


@router.delete("/me/identities/{identity}", status_code=204)
def unlink_own_identity(identity: UUID, caller: CallerDep, broker: BrokerDep) -> None:
    """解除本人的一个统一身份（须先完成二次验证）。Take one of your identities away."""
    broker.identities.unlink(caller, caller.person(), identity)


@router.get("/persons/{key}/identities")
def list_identities(key: UUID, caller: CallerDep, broker: BrokerDep) -> IdentitiesOut:
    """列出人员关联的统一身份。List the identities of a person."""
    return IdentitiesOut(items=[IdentityOut.of(it) for it in broker.identities.of(caller, PersonId(key))])


@router.post("/persons/{key}/identities", status_code=201)
def link_identity(key: UUID, body: IdentityIn, caller: CallerDep, broker: BrokerDep) -> IdentityOut:
    """为人员关联统一身份。Link an identity to a person."""
    return IdentityOut.of(broker.identities.link(caller, PersonId(key), body.subject))


@router.delete("/persons/{key}/identities/{identity}", status_code=204)
def unlink_identity(key: UUID, identity: UUID, caller: CallerDep, broker: BrokerDep) -> None:
    """解除人员的统一身份，其会话随即退出。Take an identity away; that person is signed out."""
    broker.identities.unlink(caller, PersonId(key), identity)
