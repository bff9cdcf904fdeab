"""A line between an adapter and its source that can be made bad: what sockets do when networks and servers fail."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event, Thread

_CHUNK = 16 * 1024


class Line(StrEnum):
    """How a line fails."""

    GOOD = "good"
    DELAYED = "delayed"  # every answer comes a little late
    DROPPED = "dropped"  # taken and closed at once
    RESET = "reset"  # broken off with RST in the middle of the answer
    HALF_CLOSED = "half-closed"  # ends in the middle of the answer, as if it were complete
    GARBAGE = "garbage"  # something that is not HTTP
    TRICKLING = "trickling"  # a byte now and then
    HANGING = "hanging"  # taken, and never answered
    STUCK = "stuck"  # nothing more comes from the middle of the answer on


@dataclass
class Proxy:
    """A running line; `bad` may be changed between two connections, `after` is where an answer's middle is."""

    port: int
    bad: Line
    after: int
    connections: int = 0
    over: Event = field(default_factory=Event)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def between(port: int, bad: Line, *, after: int = 2000, once: bool = False) -> Iterator[Proxy]:
    """Open a line to a port of this machine; with `once` only its first connection is bad."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        proxy = Proxy(listener.getsockname()[1], bad, after)
        thread = Thread(target=_accept, args=(listener, proxy, port, once), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def _accept(listener: socket.socket, proxy: Proxy, port: int, once: bool) -> None:
    while not proxy.over.is_set():
        try:
            client, _ = listener.accept()
        except OSError:
            return
        bad = Line.GOOD if once and proxy.connections else proxy.bad
        proxy.connections += 1
        Thread(target=_serve, args=(client, proxy, port, bad), daemon=True).start()


def _serve(client: socket.socket, proxy: Proxy, port: int, bad: Line) -> None:
    with client, suppress(OSError):
        if bad is Line.DROPPED:
            return
        if bad is Line.HANGING:
            proxy.over.wait(60)
            return
        if bad is Line.GARBAGE:
            client.recv(_CHUNK)
            client.sendall(b"\x00\xff\x15\x03SSH-2.0-camera\r\n" * 50)
            return
        with socket.create_connection(("127.0.0.1", port)) as server:
            asking = Thread(target=_copy, args=(client, server), daemon=True)
            asking.start()
            _answer(server, client, proxy, bad)
            # A socket that somebody still reads from is not closed: the reader goes first.
            client.shutdown(socket.SHUT_RD if bad is Line.RESET else socket.SHUT_RDWR)
            asking.join(5)


def _copy(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while chunk := here.recv(_CHUNK):
            there.sendall(chunk)


def _answer(server: socket.socket, client: socket.socket, proxy: Proxy, bad: Line) -> None:
    """Hand the answer on, up to its middle at least."""
    passed = 0
    while chunk := server.recv(_CHUNK):
        if bad is Line.DELAYED:
            time.sleep(0.05)
        if bad is Line.TRICKLING:
            for byte in chunk:
                client.sendall(bytes([byte]))
                if proxy.over.wait(0.1):
                    return
        broken = bad in {Line.RESET, Line.HALF_CLOSED, Line.STUCK} and passed + len(chunk) > proxy.after
        client.sendall(chunk[: proxy.after - passed] if broken else chunk)
        passed += len(chunk)
        if broken:
            if bad is Line.RESET:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif bad is Line.STUCK:
                proxy.over.wait(60)
            return
