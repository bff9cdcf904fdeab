"""The inbox: what waits for the reader's word, the nearest deadline first."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from broker.web.api.requests.inbox import after_of, cursor_of, rows
from broker.web.console.requester import may_begin
from broker.web.console.routes import PageRoute
from broker.web.console.visit import VisitDep
from broker.web.paging import ByText
from storage.db.requests.inbox import Waiting

INBOX = "/inbox"

PLACES = {"approve": "/decision", "ratify": "/decision", "authorize": "/items/"}
"""Where a thing that waits is decided on, below its request; all else on the page of the request itself."""

TICKED = frozenset({"approve", "authorize"})
"""What may be decided on together with others."""

Open = Annotated[str, Query(alias="open", max_length=80, description="The row whose evidence stands beside the list.")]

router = APIRouter(prefix=INBOX, route_class=PageRoute)


@router.get("")
def show_inbox(visit: VisitDep, window: ByText, open_: Open = "") -> Response:
    """列出待办事项，期限近的在前。List what waits, by deadline."""
    found = visit.broker.inbox.page(visit.caller, after=after_of(window.after), limit=window.wanted)
    page = window.page(found, cursor_of, lambda shown: rows(shown, visit.reading))
    picks = [pick_of(it) for it in found]
    return visit.show(
        "inbox", page=page, picks=picks, open=open_, first=window.after is None, places=PLACES, ticked=TICKED,
        tickable=any(it.act in TICKED for it in page.items), may_begin=may_begin(visit),
    )  # fmt: skip


def pick_of(waiting: Waiting) -> str:
    """Return how a row is named when it is ticked: request, part, and the revision that was seen."""
    return f"{waiting.request_id}.{waiting.item_id or ''}.{waiting.revision}"
