"""The inbox: what waits for the reader's word, the nearest deadline first."""

from fastapi import APIRouter, Response

from broker.web.api.inbox import after_of, cursor_of, rows
from broker.web.console.routes import PageRoute
from broker.web.console.screen import ScreenDep
from broker.web.deps import BrokerDep, CallerDep, ReadingDep
from broker.web.paging import ByText

INBOX = "/inbox"

router = APIRouter(prefix=INBOX, route_class=PageRoute)


@router.get("")
def show_inbox(
    caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep, window: ByText
) -> Response:
    """列出待办事项，期限近的在前。List what waits, by deadline."""
    found = broker.inbox.page(caller, after=after_of(window.after), limit=window.wanted)
    page = window.page(found, cursor_of, lambda shown: rows(shown, reading))
    return screen.show("pages/inbox.html", page=page, first=window.after is None)
