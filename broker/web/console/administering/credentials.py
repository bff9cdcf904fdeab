"""What somebody is signed in with: sessions and API tokens on a page of their own, each ended by itself."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from broker.domain.ids import PersonId
from broker.services.people.credentials import END
from broker.web.api.people.credentials import OpenedOut, SessionName
from broker.web.api.people.me import tokens_shown
from broker.web.console.administering.people import PEOPLE
from broker.web.console.administering.seat import Seat, SeatDep
from broker.web.console.forms import Refusal
from broker.web.console.routes import OncePageRoute
from broker.web.paging import ById, Window

TOP: Window[UUID] = Window(None, 50)

router = APIRouter(prefix=PEOPLE, route_class=OncePageRoute)

Key = Annotated[UUID, Path()]


@router.get("/{key}/access")
def show_access(key: Key, seat: SeatDep, window: ById) -> Response:
    """一个账号的登录会话和令牌。The sessions and API tokens of an account."""
    return _page(seat, key, window)


def _page(seat: Seat, key: UUID, window: Window[UUID] = TOP, refusal: Refusal | None = None) -> Response:
    who, credentials = PersonId(key), seat.broker.credentials
    found = seat.broker.people.read(seat.caller, who)
    sessions = [OpenedOut.of(each) for each in credentials.sessions(seat.caller, who)]
    tokens = credentials.tokens(seat.caller, who, after=window.after, limit=window.wanted)
    return seat.show(
        "access", person=found.account.person, base=f"{PEOPLE}/{key}", sessions=sessions,
        page=window.page(tokens, lambda it: it.id, tokens_shown), first=window.after is None,
        ends=END in found.may, now=seat.broker.clock.now(), refusal=refusal,
    )  # fmt: skip


@router.post("/{key}/sessions/{session}/end")
def end_session(key: Key, session: SessionName, seat: SeatDep) -> Response:
    """结束他人的一个会话。End one session of a person."""
    return _carried_out(
        seat,
        key,
        lambda: seat.broker.credentials.end_session(seat.caller, PersonId(key), session),
        said="session-ended",
    )


@router.post("/{key}/tokens/{item}/revoke")
def revoke_token(key: Key, item: UUID, seat: SeatDep) -> Response:
    """吊销他人的一个令牌。Revoke one API token of a person."""
    return _carried_out(
        seat, key, lambda: seat.broker.credentials.revoke_token(seat.caller, PersonId(key), item), said="token-revoked"
    )


def _carried_out(seat: Seat, key: UUID, act: Callable[[], None], *, said: str) -> Response:
    return seat.carry_out(
        act, to=f"{PEOPLE}/{key}/access", said=said, again=lambda why: _page(seat, key, refusal=why)
    )  # fmt: skip
