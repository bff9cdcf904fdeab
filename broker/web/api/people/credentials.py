"""What somebody else is signed in with: sessions and API tokens, for who keeps the account."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path

from broker.domain.ids import PersonId
from broker.services.people.credentials import Opened
from broker.web.api.people.me import TokenOut, tokens_shown
from broker.web.deps import BrokerDep, CallerDep
from broker.web.paging import ById, Page
from broker.web.routes import OnceRoute
from broker.web.values import Out

router = APIRouter(prefix="/persons", tags=["persons"], route_class=OnceRoute)

SessionName = Annotated[str, Path(pattern=r"^[0-9a-f]{1,64}$")]


class OpenedOut(Out):
    """A session of somebody; `address` and `browser` say where it was opened from."""

    name: str
    address: str
    browser: str
    opened_at: datetime
    seen_at: datetime
    until: datetime
    stepped_up_at: datetime | None

    @classmethod
    def of(cls, opened: Opened) -> Self:
        it = opened.session
        return cls(
            name=opened.name, address=it.address, browser=it.browser, opened_at=it.opened_at, seen_at=it.seen_at,
            until=it.expires_at, stepped_up_at=it.stepped_up_at,
        )  # fmt: skip


class OpenedSessionsOut(Out):
    """The sessions of somebody, the newest first; there are never more than a few."""

    sessions: list[OpenedOut]


@router.get("/{key}/sessions")
def list_sessions_of(key: UUID, caller: CallerDep, broker: BrokerDep) -> OpenedSessionsOut:
    """列出人员的会话。List the sessions of a person."""
    found = broker.credentials.sessions(caller, PersonId(key))
    return OpenedSessionsOut(sessions=[OpenedOut.of(opened) for opened in found])


@router.delete("/{key}/sessions/{session}", status_code=204)
def end_session_of(key: UUID, session: SessionName, caller: CallerDep, broker: BrokerDep) -> None:
    """结束人员的一个会话。End one session of a person."""
    broker.credentials.end_session(caller, PersonId(key), session)


@router.get("/{key}/tokens")
def list_tokens_of(key: UUID, caller: CallerDep, broker: BrokerDep, window: ById) -> Page[TokenOut]:
    """列出人员的令牌。List the tokens of a person."""
    found = broker.credentials.tokens(caller, PersonId(key), after=window.after, limit=window.wanted)
    return window.page(found, lambda it: it.id, tokens_shown)


@router.delete("/{key}/tokens/{item}", status_code=204)
def revoke_token_of(key: UUID, item: UUID, caller: CallerDep, broker: BrokerDep) -> None:
    """吊销人员的一个令牌。Revoke one token of a person."""
    broker.credentials.revoke_token(caller, PersonId(key), item)
