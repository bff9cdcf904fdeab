"""Invites: the link with which somebody chooses a first password, and what an administrator does with it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from broker.domain.ids import PersonId
from broker.web.api.people.persons import Password
from broker.web.api.people.sessions import SessionOut, opened
from broker.web.auth import address_of, browser_of, device_of, require_same_origin, set_cookie
from broker.web.deps import BrokerDep, CallerDep
from broker.web.routes import OnceRoute, StrictRoute
from broker.web.values import In, Out

router = APIRouter(prefix="/persons", tags=["persons"], route_class=OnceRoute)
issuing = APIRouter(prefix="/persons", tags=["persons"], route_class=StrictRoute)
"""A link that opens an account keeps out of the memory of answers."""

taking = APIRouter(prefix="/invites", tags=["sessions"], route_class=StrictRoute)

Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


class InviteIn(In):
    """Whether the link is mailed to the person as well."""

    mail: bool = False


class InviteIssuedOut(Out):
    """The link, shown this once; good once, until then."""

    link: str
    valid_until: datetime
    mailed: bool


class InviteOut(Out):
    """The invite that was neither used nor taken back; empty when there is none."""

    issued_at: datetime | None
    valid_until: datetime | None


class InvitedOut(Out):
    """Whom a link is for, and until when it is good."""

    name: str
    login: str
    valid_until: datetime


class TakeIn(In):
    """The password to be."""

    password: Password


@issuing.post("/{key}/invite", status_code=201)
def invite_person(key: UUID, body: InviteIn, caller: CallerDep, broker: BrokerDep) -> InviteIssuedOut:
    """签发邀请链接，只显示一次；旧链接作废。Issue an invite; its link is shown once, an earlier one ends."""
    issued = broker.invites.issue(caller, PersonId(key), mail=body.mail)
    return InviteIssuedOut(link=issued.link, valid_until=issued.until, mailed=issued.mailed)


@router.get("/{key}/invite")
def read_invite(key: UUID, caller: CallerDep, broker: BrokerDep) -> InviteOut:
    """查看人员的邀请。See whether a person is invited."""
    found = broker.invites.standing(caller, PersonId(key))
    return InviteOut(issued_at=found and found.issued_at, valid_until=found and found.until)


@router.delete("/{key}/invite", status_code=204)
def revoke_invite(key: UUID, caller: CallerDep, broker: BrokerDep) -> None:
    """收回邀请。Take an invite back."""
    broker.invites.revoke(caller, PersonId(key))


@taking.get("/{token}")
def look_at_invite(token: Token, request: Request, broker: BrokerDep) -> InvitedOut:
    """查看邀请是给谁的、有效到何时。See whom an invite is for."""
    found = broker.invites.look(token, address_of(request))
    return InvitedOut(name=found.name, login=found.login, valid_until=found.until)


@taking.post("/{token}", status_code=201)
def take_invite(token: Token, body: TakeIn, request: Request, response: Response, broker: BrokerDep) -> SessionOut:
    """设置首个密码并登录。Choose the first password; you are signed in."""
    require_same_origin(request)
    password = body.password.get_secret_value()
    signed = broker.invites.take(token, password, address_of(request), device_of(request), browser_of(request))
    set_cookie(response, broker.settings, signed)
    return opened(signed)
