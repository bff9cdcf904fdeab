"""The connection below a delivery: what of it the kernel can take now, and how it is cut without a last word.

A server buffers what a slow reader does not take, in its own memory and in the kernel. What lies there when a grant is
revoked would still arrive. So a chunk is only written when the kernel takes it whole, and a connection that is cut is
reset: the kernel then drops what it has not sent.
"""

import asyncio
import contextlib
import os
import socket
import struct
import threading
from typing import Protocol

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

WIRE = "xueliang.wire"
"""The name of the wire among the extensions of an ASGI scope."""

_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time: closing resets and drops what was not sent
_TURNS = 3  # of the event loop: one to cut, one in which the transport closes its socket, one more to be sure


class Wire(Protocol):
    """What a delivery needs of the connection below."""

    async def room(self, seconds: float) -> bool:
        """Wait until the kernel takes a chunk whole; False when it did not after so many seconds."""

    def cut(self) -> None:
        """Reset the connection; what the kernel holds is dropped. To be called in the event loop."""


class SocketWire:
    """The wire over a socket of this machine."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._watching = -1  # a second name of the socket, since the event loop watches the first one itself

    async def room(self, seconds: float) -> bool:
        """Wait until the socket is writable, which Linux says when a third of its buffer is free: 64 KiB fit in.

        Raises:
            ConnectionResetError: nobody is there any more.
        """
        if self._transport.is_closing():
            raise ConnectionResetError
        loop = asyncio.get_running_loop()
        if self._watching < 0:
            self._watching = os.dup(self._socket.fileno())
        writable = asyncio.Event()
        loop.add_writer(self._watching, writable.set)
        try:
            async with asyncio.timeout(seconds):
                await writable.wait()
        except TimeoutError:
            return False
        else:
            return True
        finally:
            if self._watching >= 0:
                loop.remove_writer(self._watching)

    def cut(self) -> None:
        """Reset the connection, unless it is closed already: its number may be another one's by now."""
        self.release()
        if not self._transport.is_closing():
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self._transport.abort()

    def release(self) -> None:
        """Give up the second name; the connection itself stays as it is."""
        if self._watching >= 0:
            asyncio.get_running_loop().remove_writer(self._watching)
            os.close(self._watching)
            self._watching = -1

    @property
    def _socket(self) -> socket.socket:
        found: socket.socket = self._transport.get_extra_info("socket")
        return found


class NoWire:
    """The wire of a server that shows none: it takes everything, and ends in its own way."""

    async def room(self, seconds: float) -> bool:  # noqa: ARG002  # the shape of a wire
        return True

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
            scope.setdefault("extensions", {})[WIRE] = wire
            await application(scope, receive, send)  # type: ignore[arg-type]  # ASGI, typed twice

        self.app = wired  # type: ignore[assignment]  # ASGI, typed twice


def wire_of(scope: Scope) -> SocketWire | NoWire:
    """Return the wire a call came over."""
    found = scope.get("extensions", {}).get(WIRE)
    return found if isinstance(found, SocketWire) else NoWire()


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
