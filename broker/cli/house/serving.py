"""The web server over an open broker: a socket of our own making, uvicorn on top of it."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address
from types import FrameType

import uvicorn

from broker.bootstrap import Broker
from broker.domain.errors import Invalid, Unavailable
from broker.web.app import create_app
from broker.web.wire import WiredProtocol

SEND_BUFFER = 128 * 1024
"""What the kernel may hold of a download that is revoked: little, for it has left the broker and will arrive."""

BACKLOG = 512
GRACE = 10  # seconds for answers under way when the server is stopped


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Open the socket that clients connect to; 0 takes a free port.

    Raises:
        Unavailable: the port is taken, or only root may have it.
        Invalid: the machine has no such address.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise Invalid("listen-address", pointer="/host", host=host) from None
    with socket.socket(family, kind, protocol) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # before listen: connections inherit it
        try:
            opened.bind(place)
        except PermissionError:
            raise Unavailable("port-forbidden", host=host, port=port) from None
        except OSError as error:
            raise Unavailable("port-taken", host=host, port=port, detail=error.strerror or "") from None
        opened.listen(BACKLOG)
        yield opened


def url_of(opened: socket.socket) -> str:
    """Return the URL under which the socket is reached from this machine."""
    host, port = opened.getsockname()[:2]
    address = ip_address(host.partition("%")[0])
    if address.is_unspecified:
        host = "127.0.0.1"
    elif isinstance(address, IPv6Address):
        host = f"[{host}]"
    return f"http://{host}:{port}"


class WebServer(uvicorn.Server):
    """uvicorn that tells when it answers."""

    def __init__(self, broker: Broker, ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            create_app(broker),
            log_config=None,
            server_header=False,
            http=WiredProtocol,
            ws="none",
            timeout_graceful_shutdown=GRACE,
        )
        super().__init__(config)
        self._ready = ready

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End in good order, however often one asks: forced, it would leave deliveries without an end in the trace."""
        super().handle_exit(sig, frame)
        self.force_exit = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start and tell."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()


def serve_here(broker: Broker, opened: socket.socket, ready: Callable[[], None]) -> None:
    """Serve in this thread until a signal ends it."""
    WebServer(broker, ready).run(sockets=[opened])


@contextmanager
def serving_beside(broker: Broker, opened: socket.socket) -> Iterator[str]:
    """Serve in a thread for as long as the block lasts, and give the URL.

    Raises:
        Unavailable: the server did not start; the log says why.
    """
    ready = threading.Event()
    server = WebServer(broker, ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, name="web")
    thread.start()
    try:
        while not ready.wait(0.05):
            if not thread.is_alive():
                raise Unavailable("server-not-started")
        yield url_of(opened)
    finally:
        server.should_exit = True
        thread.join()
