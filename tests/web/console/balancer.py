"""A balancer that shares connections out at random; each carries one question, so that the next goes somewhere else."""

import random
import selectors
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

KEEPS, ENDS = b"onnection: keep-alive", b"onnection: close"


@dataclass
class Balancer:
    """Where it is reached, and how many connections each server was given."""

    url: str
    given: Counter[int] = field(default_factory=Counter)


@contextmanager
def balanced(urls: Sequence[str]) -> Iterator[Balancer]:
    """Stand before servers at these addresses."""
    doors = [(urlsplit(url).hostname, urlsplit(url).port) for url in urls]
    dice = random.Random(7)  # noqa: S311  # the same way each time
    with socket.create_server(("127.0.0.1", 0), backlog=64) as door:
        balancer = Balancer(f"http://127.0.0.1:{door.getsockname()[1]}")

        def receive() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = door.accept()
                    chosen, server = _reached(doors, dice)
                    balancer.given[chosen] += 1
                    threading.Thread(target=_carry, args=(caller, server), daemon=True).start()

        threading.Thread(target=receive, daemon=True).start()
        yield balancer
        door.shutdown(socket.SHUT_RDWR)


def _reached(doors: Sequence[tuple[str | None, int | None]], dice: random.Random) -> tuple[int, socket.socket]:
    """Connect to a server that answers; where one is gone, to another."""
    for chosen in dice.sample(range(len(doors)), len(doors)):
        with suppress(ConnectionRefusedError):
            return chosen, socket.create_connection(doors[chosen])
    raise ConnectionRefusedError


def _carry(caller: socket.socket, server: socket.socket) -> None:
    """Carry bytes both ways until one side ends; the question says that the connection is for it alone."""
    with caller, server, selectors.DefaultSelector() as both, suppress(OSError):
        both.register(caller, selectors.EVENT_READ, server)
        both.register(server, selectors.EVENT_READ, caller)
        while True:
            for key, _ in both.select():
                told = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]  # a socket was registered
                if not told:
                    return
                key.data.sendall(told.replace(KEEPS, ENDS) if key.data is server else told)
