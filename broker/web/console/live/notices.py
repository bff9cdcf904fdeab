"""Notices: what one was told, the newest first, and what of it is still unread."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.web.api.notices.notices import shown
from broker.web.console.forms import Form, FormDep, Refusal, checked
from broker.web.console.routes import OncePageRoute
from broker.web.console.screen import Screen, ScreenDep
from broker.web.deps import BrokerDep, CallerDep
from broker.web.paging import ById
from broker.web.values import In

NOTICES = "/notices"

router = APIRouter(prefix=NOTICES, route_class=OncePageRoute)

Unread = Annotated[bool, Query(description="Only what was not read. 只列未读。")]


class AllIn(In):
    """Up to which notice all were read."""

    newest: UUID


@router.get("")
def list_notices(
    caller: CallerDep, broker: BrokerDep, screen: ScreenDep, window: ById, unread: Unread = False
) -> Response:
    """列出发给本人的通知，新的在前。List what one was told, the newest first."""
    found = broker.notices.page(caller, unread=unread, after=window.after, limit=window.wanted)
    page = window.page(found, lambda it: it.notice.id, lambda received: shown(received, broker, screen.language))
    return screen.show("pages/notices.html", page=page, unread=unread, first=window.after is None)


@router.post("/read")
def read_all(form: FormDep, caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """全部标记为已读。Note that all up to the newest that was shown are read."""

    def act() -> None:
        broker.notices.read_all(caller, checked(AllIn, {"newest": form.one("newest")}).newest)

    return screen.carried_out(act, to=NOTICES, said="notices-read", again=lambda refusal: _again(screen, form, refusal))


@router.post("/{key}/read")
def read_one(key: UUID, form: FormDep, caller: CallerDep, broker: BrokerDep, screen: ScreenDep) -> Response:
    """标记为已读。Note that a notice is read."""
    return screen.carried_out(
        lambda: broker.notices.read(caller, key), to=NOTICES, said="notice-read",
        again=lambda refusal: _again(screen, form, refusal),
    )  # fmt: skip


def _again(screen: Screen, form: Form, refusal: Refusal) -> Response:
    """Say on the list why nothing was marked: there is nothing typed that could be mended."""
    del form
    return screen.go(NOTICES, refusal.slug)
