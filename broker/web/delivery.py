"""The ASGI side of a delivery: chunk by chunk, each only after the guard was asked.

A delivery that is cut off ends without its last bytes and without the end of the response, so that no client can
take it for whole.
"""

import asyncio
import logging
from collections.abc import Callable, Generator

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from broker.domain.errors import BrokerError
from broker.web.guard import POLL, Cell
from broker.web.wire import ServerWire, SocketWire

AT_ONCE = 2
"""One stop may end a hundred deliveries; to write all their ends down at once would keep everybody else waiting."""

logger = logging.getLogger(__name__)
_noting: RunVar[anyio.CapacityLimiter] = RunVar("noting")


def _limiter() -> anyio.CapacityLimiter:
    """Return the limit on notes of this event loop."""
    try:
        return _noting.get()
    except LookupError:
        _noting.set(anyio.CapacityLimiter(AT_ONCE))
        return _noting.get()


class Ending:
    """How a delivery is ended from outside: what it waits for is cancelled, its connection is cut."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wire: SocketWire | ServerWire) -> None:
        self._loop = loop
        self.wire = wire
        self.scope = anyio.CancelScope()
        self.flowing = False

    def from_thread(self) -> None:
        """End it, from another thread than the event loop's."""
        self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        if self.flowing:
            self.wire.cut()
        self.scope.cancel()


class GuardedResponse(Response):
    """Sends bytes from a generator of chunks while the cell allows it.

    `finished(sent, reason)` is called once, in a worker thread: reason None for a whole delivery, else why it ended.
    `release` is called when the cell is no longer needed.
    """

    def __init__(
        self, chunks: Generator[bytes, None, None], cell: Cell, *, status: int, headers: dict[str, str],
        ending: Ending, finished: Callable[[int, str | None], None],
    ) -> None:  # fmt: skip
        super().__init__(status_code=status, headers=headers)
        self._chunks = chunks
        self._cell = cell
        self._ending = ending
        self._finished = finished
        self._sent = 0
        self._started = False
        self.release: Callable[[], None] = lambda: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # ASGI's signature
        """Run the delivery; raises nothing of its own."""
        reason: str | None = None
        try:
            with self._ending.scope:
                reason = await self._deliver(send)
            if self._ending.scope.cancelled_caught:
                reason = self._cell.refusal() or "cancelled"
        except OSError:
            reason = self._cell.refusal() or "client-left"
        except BaseException:
            reason = "fault"
            raise
        finally:
            if reason is not None and self._ending.flowing:
                self._ending.wire.cut()
            self._ending.flowing = False
            self._ending.wire.release()
            self.release()
            self._chunks.close()
            await self._note(reason)
        if reason is None:
            await self._finished_answer(send)
        elif not self._started:
            await Response(status_code=403)(scope, receive, send)

    async def _note(self, reason: str | None) -> None:
        """Have the end written down; the answer has begun, so an error here can be told to the log only."""
        with anyio.CancelScope(shield=True):
            try:
                await anyio.to_thread.run_sync(self._finished, self._sent, reason, limiter=_limiter())
            except BrokerError as error:
                logger.warning("the end of a delivery after %d bytes (%s) is not noted: %s", self._sent, reason, error)

    async def _finished_answer(self, send: Send) -> None:
        if not self._started:  # an empty result
            await self._start(send)
        await self._ending.wire.finish(send)

    async def _start(self, send: Send) -> None:
        self._started = self._ending.flowing = True
        head = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await self._ending.wire.start(send, head)

    async def _deliver(self, send: Send) -> str | None:
        while chunk := await anyio.to_thread.run_sync(next, self._chunks, b""):
            left = memoryview(chunk)
            while left:
                if refusal := self._cell.refusal():  # asked before each look into the kernel, whoever is waited for
                    return refusal
                if not self._started:
                    await self._start(send)
                    continue
                written = await self._ending.wire.write(send, left)
                self._sent += written
                left = left[written:]
                if left:
                    await self._ending.wire.room(POLL)
        return None
