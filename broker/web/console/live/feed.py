"""The streams of this process, and the one look every second that serves them all.

What is told is read from the database, so it does not matter which process made the change or which one a browser
comes back to. While nobody looks on, nothing is asked.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import ParamSpec, TypeVar

from fastapi.concurrency import run_in_threadpool

from broker.bootstrap import Broker
from broker.domain.errors import BrokerError, Throttled, Unavailable
from broker.services.notices.live import Look, Seen, Watcher

TICK = 1.0
SESSIONS_EVERY = 10.0
"""Seconds between two looks at whether the sessions still hold."""

MOST_OF_PERSON = 12
MOST_OF_PROCESS = 1000
RETRY = 30
"""Seconds after which one too many may try again."""

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

logger = logging.getLogger(__name__)


class Stream:
    """One open page. Only the newest view is kept for it: whoever reads slowly misses steps between, and no result."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.view: tuple[Look, Seen] | None = None
        self.ended = self.over = False
        self.woken = asyncio.Event()

    def show(self, look: Look) -> None:
        """Hand over what the person is told now."""
        seen = look.seen.get(self.watcher.person)
        if seen is not None:
            self.view = look, seen
            self.woken.set()

    def end(self, *, over: bool = False) -> None:
        """Have it end; `over`: for good, since the session has."""
        self.ended, self.over = True, over
        self.woken.set()


class Feed:
    """The streams of one process; used in its event loop only."""

    def __init__(self, broker: Broker) -> None:
        self._live = broker.live
        self._streams: set[Stream] = set()
        self._task: asyncio.Task[None] | None = None
        self._joined = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()

    def __len__(self) -> int:
        return len(self._streams)

    @contextlib.asynccontextmanager
    async def open(self, watcher: Watcher) -> AsyncIterator[Stream]:
        """Give a stream that is shown each look, until the block is left.

        Raises:
            Throttled: the person has too many open.
            Unavailable: this process has.
        """
        if sum(each.watcher.person == watcher.person for each in self._streams) >= MOST_OF_PERSON:
            raise Throttled("too-many-streams", most=MOST_OF_PERSON, retry_after=RETRY)
        if len(self._streams) >= MOST_OF_PROCESS:
            raise Unavailable("too-many-streams", most=MOST_OF_PROCESS)
        stream = Stream(watcher)
        self._streams.add(stream)
        self._joined.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow(), name="live")
        try:
            yield stream
        finally:
            self._streams.discard(stream)
            if not self._streams:  # a server that stops leaves no question behind
                await self._quiet.wait()

    async def _follow(self) -> None:
        """Look while somebody looks on; where that fails all streams end, and browsers that come back begin anew."""
        try:
            await self._look_on()
        except Exception:
            logger.exception("pages that are open are told nothing more, and let go to come back")
        finally:  # heartbeats without news would hold them for ever
            for stream in self._streams:
                stream.end()

    async def _look_on(self) -> None:
        look: Look | None = None
        checked = time.monotonic()
        while self._streams:
            self._joined.clear()
            try:
                if time.monotonic() - checked >= SESSIONS_EVERY:
                    await self._check()
                    checked = time.monotonic()
                look = await self._ask(self._live.look, self._watchers(), look)
            except BrokerError as error:  # the database is away: what was shown stays, and is asked for again
                logger.warning("pages that are open are told nothing for now: %s", error)
            else:
                for stream in self._streams:
                    stream.show(look)
            await self._pause()

    async def _ask(self, question: Callable[Asked, Answer], *of: Asked.args, **more: Asked.kwargs) -> Answer:
        self._quiet.clear()
        try:
            return await run_in_threadpool(question, *of, **more)
        finally:
            self._quiet.set()

    async def _pause(self) -> None:
        """Wait for the next look; whoever comes meanwhile does not wait so long."""
        await asyncio.sleep(TICK / 5)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._joined.wait(), TICK * 4 / 5)

    def _watchers(self) -> Collection[Watcher]:
        return [stream.watcher for stream in self._streams]

    async def _check(self) -> None:
        """End the streams whose session has ended, and take up changed rights of the others."""
        sessions = {stream.watcher.session for stream in self._streams}
        found: Mapping[bytes, Watcher] = await self._ask(self._live.watchers, sessions)
        for stream in self._streams:
            if stream.watcher.session in found:
                stream.watcher = found[stream.watcher.session]
            elif stream.watcher.session in sessions:
                stream.end(over=True)
