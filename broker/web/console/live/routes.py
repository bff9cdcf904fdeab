"""What moved, for a page that stays open: as a stream of events, or asked for once where streams do not come through.

A page asks by itself, so none of this counts as use of the session: a forgotten tab does not keep it open.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from broker.domain.errors import Unauthenticated
from broker.services.notices.live import Watcher
from broker.services.people.sign_in import digest
from broker.web.auth import cookie_name
from broker.web.console.live.events import Teller, instant_of, number_of
from broker.web.console.live.feed import Feed
from broker.web.console.live.response import NewsResponse
from broker.web.console.routes import PageRoute
from broker.web.deps import BrokerDep, Language

router = APIRouter(prefix="/live", route_class=PageRoute)


def watcher_of(request: Request, broker: BrokerDep) -> Watcher:
    """Return who looks on.

    Raises:
        Unauthenticated: nobody is signed in here, or may do nothing yet; a token opens no pages.
    """
    secret = request.cookies.get(cookie_name(broker.settings))
    if not secret:
        raise Unauthenticated("sign-in-needed")
    session = digest(secret)
    found = broker.live.watchers([session]).get(session)
    if found is None:
        raise Unauthenticated("session-ended")
    return found


WatcherDep = Annotated[Watcher, Depends(watcher_of)]
Since = Annotated[str, Query(max_length=20)]
Last = Annotated[str, Header(alias="Last-Event-ID", max_length=20)]


@router.get("")
async def stream_news(
    request: Request, watcher: WatcherDep, broker: BrokerDep, language: Language, since: Since = "", last: Last = ""
) -> Response:
    """推送待办、通知、本人的调取和申请的变化。Stream what waits, notices, and how own retrievals and requests move."""
    teller = Teller(watcher.parts, language, broker.zone, instant_of(last) or instant_of(since))
    return NewsResponse(feed_of(request), watcher, teller)


@router.get("/now")
def tell_news(watcher: WatcherDep, broker: BrokerDep, language: Language, since: Since = "") -> Response:
    """查询同样的内容一次。Tell the same once, for where streams do not come through."""
    look = broker.live.look([watcher])
    teller = Teller(watcher.parts, language, broker.zone, instant_of(since))
    news = [{"name": each.name, "data": each.data} for each in teller.news(look, look.seen[watcher.person])]
    return JSONResponse({"id": str(number_of(look.at)), "events": news}, headers={"Cache-Control": "no-store"})


def feed_of(request: Request) -> Feed:
    """Return the feed of this process, which begins with the first who looks on."""
    state = request.app.state
    if not hasattr(state, "feed"):
        state.feed = Feed(state.broker)
    found: Feed = state.feed
    return found
