"""Signing in and out with a browser."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, StringConstraints

from broker.services.people.sign_in import Signed
from broker.web.api.people.persons import Password
from broker.web.api.people.second_factor import Code
from broker.web.auth import (
    address_of,
    browser_of,
    clear_cookie,
    device_of,
    require_same_origin,
    session_secret,
    set_cookie,
)
from broker.web.deps import BrokerDep, CallerDep
from broker.web.refs import PersonRef
from broker.web.routes import StrictRoute
from broker.web.values import In, Out

router = APIRouter(prefix="/sessions", tags=["sessions"], route_class=StrictRoute)
"""Strict, not once: the answer of a sign-in is never kept."""


class SignInIn(In):
    """Login and password, and the code of the second factor for who has one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"login": "asker", "password": "three-rivers-meet-here"}]}
    )

    login: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    password: Password
    code: Code | None = None


class SessionOut(Out):
    """A fresh session: its cookie came with this answer; `csrf` goes into X-CSRF-Token of every write under it.

    With `must_change_password` nothing else is allowed until that is done. `fresh_until` says until when the second
    factor counts as shown just now; None for who has none.
    """

    csrf: str
    person: PersonRef
    until: datetime
    fresh_until: datetime | None
    must_change_password: bool


@router.post("", status_code=201)
def sign_in(body: SignInIn, request: Request, response: Response, broker: BrokerDep) -> SessionOut:
    """登录，会话写入 Cookie。Sign in; the session comes as a cookie."""
    require_same_origin(request)
    code = body.code.get_secret_value() if body.code else None
    password, device = body.password.get_secret_value(), device_of(request)
    signed = broker.sign_in.open(body.login, password, address_of(request), code, device, browser_of(request))
    set_cookie(response, broker.settings, signed)
    return opened(signed)


def opened(signed: Signed) -> SessionOut:
    """Return what a browser is told of a fresh session."""
    return SessionOut(
        csrf=signed.csrf, person=PersonRef.of(signed.person), until=signed.until, fresh_until=signed.fresh_until,
        must_change_password=signed.person.one_time_until is not None,
    )  # fmt: skip


@router.delete("", status_code=204)
def sign_out(request: Request, caller: CallerDep, broker: BrokerDep) -> Response:
    """退出登录。Sign out."""
    broker.sign_in.close(caller, session_secret(request))
    response = Response(status_code=204)
    clear_cookie(response, broker.settings)
    return response
