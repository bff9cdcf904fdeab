"""A stream of events as an answer: what is new, a sign of life in between, an end in good order."""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from broker.services.notices.live import Watcher
from broker.web.console.live.events import Teller, number_of
from broker.web.console.live.feed import Feed, Stream
from broker.web.wire import wire_of

HEARTBEAT = 15.0
HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # a proxy that gathers answers would keep everything to itself
}
RETRY = b"retry: 3000\n\n"
ALIVE = b": alive\n\n"
OVER = b"event: over\ndata: {}\n\n"


class NewsResponse(Response):
    """Open for as long as the browser stays, the session holds and the server serves."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, watcher: Watcher, teller: Teller) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["Content-Length"]
        self._feed = feed
        self._watcher = watcher
        self._teller = teller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # ASGI's signature
        """Stream; raises Throttled or Unavailable before anything is sent where there are too many."""
        async with self._feed.open(self._watcher) as stream:
            wire_of(scope).on_leaving = stream.end
            leaving = asyncio.create_task(_left(receive, stream))
            try:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                await self._tell(stream, send)
            finally:
                leaving.cancel()

    async def _tell(self, stream: Stream, send: Send) -> None:
        part = RETRY
        while not stream.ended:
            if part:
                await send({"type": "http.response.body", "body": part, "more_body": True})
            try:
                await asyncio.wait_for(stream.woken.wait(), HEARTBEAT)
            except TimeoutError:
                part = ALIVE
                continue
            stream.woken.clear()
            part = self._news(stream)
        await send({"type": "http.response.body", "body": OVER if stream.over else b"", "more_body": False})

    def _news(self, stream: Stream) -> bytes:
        if stream.view is None:
            return b""
        look, seen = stream.view
        return b"".join(event.written(number_of(look.at)) for event in self._teller.news(look, seen))


async def _left(receive: Receive, stream: Stream) -> None:
    """End the stream when the browser has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()
