"""The connection below a delivery: what of it the kernel can take now, and how it is cut without a last word.

A server buffers what a slow reader does not take, in its own memory and in the kernel. What lies there when a grant is
revoked would still arrive. So nothing is kept in memory that was not asked about, and a connection that is cut is
reset: the kernel then drops what it has not sent.
"""

import asyncio
import contextlib
import os
import socket
import struct
import threading
from collections.abc import Callable

from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

WIRE = "xueliang.wire"
"""The name of the wire among the extensions of an ASGI scope."""

_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time: closing resets and drops what was not sent
_SOON = 0.002  # seconds
_TURNS = 3  # of the event loop: one to cut, one in which the transport closes its socket, one more to be sure


class SocketWire:
    """The wire over a socket of this machine; the body of an answer goes straight into the kernel, past the server.

    What the server was given it would send later too, without asking anybody. So it sends the head of the answer and
    learns of its end; between the two the socket is written under a second name.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._socket: socket.socket | None = None
        self.scope: Scope = {}
        self.on_leaving: Callable[[], None] = _stay

    async def start(self, send: Send, head: Message) -> None:
        """Send the head of the answer, and wait until the server has let go of it."""
        await send(head)
        while self._transport.get_write_buffer_size() and not self._transport.is_closing():  # noqa: ASYNC110  # no event tells of it
            await asyncio.sleep(_SOON)
        if self._transport.is_closing():
            raise ConnectionResetError
        self._socket = socket.socket(fileno=os.dup(self._named().fileno()))
        self._socket.setblocking(False)

    async def write(self, send: Send, data: memoryview) -> int:  # noqa: ARG002  # the server is passed by
        """Hand the kernel as much as it takes now, and return how much that was; nothing is kept for later.

        Raises:
            OSError: nobody is there any more.
        """
        if self._socket is None or self._transport.is_closing():
            raise ConnectionResetError
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0

    async def room(self, seconds: float) -> None:
        """Wait until the kernel takes more, so many seconds at most."""
        if self._socket is None:
            return
        loop, watched, writable = asyncio.get_running_loop(), self._socket, asyncio.Event()
        loop.add_writer(watched, writable.set)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await writable.wait()
        finally:
            if self._socket is watched:
                loop.remove_writer(watched)

    async def finish(self, send: Send) -> None:
        """Tell the server that the answer is complete; it counts bytes, and those of a HEAD it does not miss."""
        self.release()
        method = self.scope["method"]
        self.scope["method"] = "HEAD"
        try:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self.scope["method"] = method

    def cut(self) -> None:
        """Reset the connection, unless it is closed already: its number may be another one's by now."""
        self.release()
        if not self._transport.is_closing():
            with contextlib.suppress(OSError):
                self._named().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self._transport.abort()

    def release(self) -> None:
        """Give up the second name; the connection itself stays as it is."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_writer(self._socket)
            self._socket.close()
            self._socket = None

    def _named(self) -> socket.socket:
        found: socket.socket = self._transport.get_extra_info("socket")
        return found


class ServerWire:
    """The wire of a server that shows no socket: all goes through it, and it ends in its own way."""

    on_leaving: Callable[[], None]

    async def start(self, send: Send, head: Message) -> None:
        """Send the head of the answer."""
        await send(head)

    async def write(self, send: Send, data: memoryview) -> int:
        """Give the server what there is; it waits for its reader."""
        await send({"type": "http.response.body", "body": bytes(data), "more_body": True})
        return len(data)

    async def room(self, seconds: float) -> None:
        """Nothing is left to wait for."""

    async def finish(self, send: Send) -> None:
        """Say that the answer is complete."""
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def cut(self) -> None:
        """Leave it to the server, which closes a connection whose answer was not finished."""

    def release(self) -> None:
        """Nothing is held."""


class WiredProtocol(HttpToolsProtocol):
    """HTTP by uvicorn, which hands each call the wire it came over."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        application, wire = self.app, SocketWire(transport)

        async def wired(scope: Scope, receive: Receive, send: Send) -> None:
            wire.scope, wire.on_leaving = scope, _stay
            scope.setdefault("extensions", {})[WIRE] = wire
            await application(scope, receive, send)

        self.app, self._wire = wired, wire

    def shutdown(self) -> None:
        """End in good order; an answer without an end of its own is told first."""
        self._wire.on_leaving()
        super().shutdown()


def _stay() -> None:
    """Let an answer come to its own end."""


def wire_of(scope: Scope) -> SocketWire | ServerWire:
    """Return the wire a call came over."""
    found = scope.get("extensions", {}).get(WIRE)
    return found if isinstance(found, SocketWire) else ServerWire()


def settled(loop: asyncio.AbstractEventLoop, seconds: float) -> bool:
    """Say whether the loop has done what was asked of it from other threads so far; waits so many seconds at most."""
    done = threading.Event()

    def turn(left: int) -> None:
        if left:
            loop.call_soon(turn, left - 1)
        else:
            done.set()

    loop.call_soon_threadsafe(turn, _TURNS)
    return done.wait(seconds)
