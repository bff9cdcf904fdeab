"""The caller's own account: who am I, my password, my tokens."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field, StringConstraints

from broker.services.people.accounts import LONGEST_TOKEN
from broker.services.people.sign_in import Own
from broker.web.api.people.persons import Password, PersonOut, shown
from broker.web.auth import clear_cookie
from broker.web.deps import BrokerDep, CallerDep, ReadingDep
from broker.web.paging import ById, Page
from broker.web.routes import OnceRoute, StrictRoute
from broker.web.values import In, Line, Out
from storage.db.people.sessions import Token

router = APIRouter(prefix="/me", tags=["me"], route_class=OnceRoute)
issuing = APIRouter(prefix="/me", tags=["me"], route_class=StrictRoute)
"""Issuing a token keeps out of the memory of answers: this one holds a secret."""

Scope = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z_]{1,40}(:[a-z_]{1,40})?)$")]


class PasswordIn(In):
    """The present password and the one to be."""

    old: Password
    new: Password


class OwnSessionOut(Out):
    """One of your sessions; `here` is the one that asks, `address` and `browser` say where it was opened from."""

    name: str
    here: bool
    address: str
    browser: str
    opened_at: datetime
    seen_at: datetime
    until: datetime
    stepped_up_at: datetime | None

    @classmethod
    def of(cls, own: Own) -> Self:
        it = own.session
        return cls(
            name=own.name, here=own.here, address=it.address, browser=it.browser, opened_at=it.opened_at,
            seen_at=it.seen_at, until=it.expires_at, stepped_up_at=it.stepped_up_at,
        )  # fmt: skip


class OwnSessionsOut(Out):
    """Your sessions, the newest first; there are never more than a few."""

    sessions: list[OwnSessionOut]


class TokenIn(In):
    """A token for oneself: what it may do ("camera", "access_request:list", "*") and for how long."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "nightly export", "scopes": ["camera:list", "grant:list"], "valid_days": 30}]
        },
    )

    name: Line
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=64)]
    valid_days: Annotated[int, Field(ge=1, le=LONGEST_TOKEN.days)]


class TokenOut(Out):
    """A token, without its secret."""

    id: UUID
    name: str
    scopes: list[str]
    expires_at: datetime
    revoked: bool

    @classmethod
    def of(cls, token: Token) -> Self:
        return cls(
            id=token.id, name=token.name, scopes=list(token.scopes), expires_at=token.expires_at, revoked=token.revoked
        )


class IssuedOut(TokenOut):
    """A fresh token; its secret is shown this once."""

    secret: str


def tokens_shown(tokens: Sequence[Token]) -> list[TokenOut]:
    """Return tokens without their secrets."""
    return [TokenOut.of(token) for token in tokens]


@router.get("")
def read_me(caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> PersonOut:
    """查看本人账号。Read your own account."""
    return shown([broker.accounts.me(caller)], reading)[0]


@router.post("/password", status_code=204)
def change_password(body: PasswordIn, caller: CallerDep, broker: BrokerDep) -> Response:
    """修改密码，所有会话随即退出。Change your password; you are signed out everywhere."""
    broker.accounts.change_password(caller, body.old.get_secret_value(), body.new.get_secret_value())
    response = Response(status_code=204)
    clear_cookie(response, broker.settings)
    return response


@router.get("/sessions")
def list_sessions(caller: CallerDep, broker: BrokerDep) -> OwnSessionsOut:
    """列出本人的会话。List your sessions."""
    return OwnSessionsOut(sessions=[OwnSessionOut.of(own) for own in broker.sign_in.sessions(caller)])


@router.delete("/sessions", status_code=204)
def end_other_sessions(caller: CallerDep, broker: BrokerDep) -> None:
    """结束本人的其他会话。End your sessions, but for the one that asks."""
    broker.sign_in.end_others(caller)


@router.delete("/sessions/{name}", status_code=204)
def end_session(name: str, caller: CallerDep, broker: BrokerDep) -> None:
    """结束本人的一个会话。End one of your sessions."""
    broker.sign_in.end(caller, name)


@router.get("/tokens")
def list_tokens(caller: CallerDep, broker: BrokerDep, window: ById) -> Page[TokenOut]:
    """列出本人的令牌。List your tokens."""
    found = broker.accounts.tokens(caller, after=window.after, limit=window.wanted)
    return window.page(found, lambda it: it.id, tokens_shown)


@issuing.post("/tokens", status_code=201)
def issue_token(body: TokenIn, caller: CallerDep, broker: BrokerDep) -> IssuedOut:
    """签发令牌，密钥只显示一次。Issue a token; its secret is shown once."""
    token, secret = broker.accounts.issue_token(caller, body.name, body.scopes, timedelta(days=body.valid_days))
    return IssuedOut(**TokenOut.of(token).__dict__, secret=secret)


@router.delete("/tokens/{key}", status_code=204)
def revoke_token(key: UUID, caller: CallerDep, broker: BrokerDep) -> None:
    """吊销本人的一个令牌。Revoke one of your tokens."""
    broker.accounts.revoke_token(caller, key)
