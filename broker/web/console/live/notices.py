"""Notices: what one was told, the newest first, and what of it is still unread."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from broker.web.api.notices.notices import shown
from broker.web.console.forms import Refusal, checked
from broker.web.console.routes import OncePageRoute
from broker.web.console.visit import Visit, VisitDep
from broker.web.paging import ById
from broker.web.values import In

NOTICES = "/notices"

router = APIRouter(prefix=NOTICES, route_class=OncePageRoute)

Unread = Annotated[bool, Query(description="Only what was not read. 只列未读。")]


class AllIn(In):
    """Up to which notice all were read."""

    newest: UUID


@router.get("")
def list_notices(visit: VisitDep, window: ById, unread: Unread = False) -> Response:
    """列出发给本人的通知，新的在前。List what one was told, the newest first."""
    found = visit.broker.notices.page(visit.caller, unread=unread, after=window.after, limit=window.wanted)
    page = window.page(
        found, lambda it: it.notice.id, lambda received: shown(received, visit.broker, visit.screen.language)
    )
    return visit.show("notices", page=page, unread=unread, first=window.after is None)


@router.post("/read")
def read_all(visit: VisitDep) -> Response:
    """全部标记为已读。Note that all up to the newest that was shown are read."""

    def act() -> None:
        visit.broker.notices.read_all(visit.caller, checked(AllIn, {"newest": visit.form.one("newest")}).newest)

    return visit.carry_out(act, to=NOTICES, said="notices-read", again=lambda refusal: _again(visit, refusal))


@router.post("/{key}/read")
def read_one(key: UUID, visit: VisitDep) -> Response:
    """标记为已读。Note that a notice is read."""
    return visit.carry_out(
        lambda: visit.broker.notices.read(visit.caller, key), to=NOTICES, said="notice-read",
        again=lambda refusal: _again(visit, refusal),
    )  # fmt: skip


def _again(visit: Visit, refusal: Refusal) -> Response:
    """Say on the list why nothing was marked: there is nothing typed that could be mended."""
    return visit.screen.go(NOTICES, refusal.slug)
