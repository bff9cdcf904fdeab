"""How requests of httpx reach a server: through the gate, and never longer than they may take.

The gate stands where connections are made, so nothing that a server answers, no redirect and no second address, leads
around it; the name stays in the request and in TLS, the connection goes to the address that was checked.
"""

import math
import select
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

from adapters.web.gate import Gate

CONNECT_SECONDS = 5.0


class Deadline:
    """When the work in hand has to be done; whoever waits for the server asks it how long."""

    def __init__(self) -> None:
        self._end = math.inf

    def in_seconds(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def bound(self, seconds: float | None) -> float:
        """Return how long one wait may take.

        Raises:
            httpcore.ReadTimeout: no time is left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if seconds is None else min(left, seconds)


class GatedTransport(httpx.BaseTransport):
    """One connection at a time, through a gate; recorders tend to serve no more."""

    def __init__(self, gate: Gate, deadline: Deadline, context: ssl.SSLContext) -> None:
        backend = _GatedBackend(gate, deadline)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=1, http1=True, http2=False, retries=0, network_backend=backend
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        stream = _Body(answer)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _GatedBackend(httpcore.NetworkBackend):
    def __init__(self, gate: Gate, deadline: Deadline) -> None:
        self._gate, self._deadline = gate, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - the signature of httpcore
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        seconds = self._deadline.bound(timeout or CONNECT_SECONDS)
        return _Stream(self._gate.connect(host, port, seconds), self._deadline)


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends with the deadline."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection, self._deadline = connection, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _told_as(httpcore.ReadTimeout, httpcore.ReadError):
            self._connection.settimeout(self._deadline.bound(timeout))
            return self._connection.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _told_as(httpcore.WriteTimeout, httpcore.WriteError):
            self._connection.settimeout(self._deadline.bound(timeout))
            self._connection.sendall(buffer)

    def close(self) -> None:
        self._connection.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        with _told_as(httpcore.ConnectTimeout, httpcore.ConnectError):
            self._connection.settimeout(self._deadline.bound(timeout))
            secured = ssl_context.wrap_socket(self._connection, server_hostname=server_hostname)
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        match info:
            case "is_readable":  # an idle connection with something to read was closed by the server
                return bool(select.select([self._connection], [], [], 0)[0])
            case "ssl_object":
                return self._connection if isinstance(self._connection, ssl.SSLSocket) else None
            case "server_addr":
                return self._connection.getpeername()
            case _:
                return None


@contextmanager
def _told_as(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise late from error
    except OSError as error:
        raise broken from error
