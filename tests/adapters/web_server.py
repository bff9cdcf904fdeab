"""An ordinary web server for tests: a function answers, and what was asked is kept."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """One answer; `length` is what the header says where that is not true, `sent` how much of the body really goes."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    sent: int | None = None


Answering = Callable[[Call], Reply]


@dataclass
class WebServer:
    """A running server."""

    address: str
    port: int
    calls: list[Call]


@contextmanager
def serving(answering: Answering) -> Iterator[WebServer]:
    """Serve on a free port of this machine for as long as the block lasts."""
    calls: list[Call] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self) -> None:
            form = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            split = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query, posted = dict(parse_qsl(split.query)), dict(parse_qsl(form))
            call = Call(self.command, unquote(split.path), query, headers, posted)
            calls.append(call)
            reply = _part(call, answering(call))
            length = len(reply.body) if reply.length is None else reply.length
            self.send_response(reply.status)
            for name, value in {"content-length": str(length), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body if reply.sent is None else reply.body[: reply.sent])
            self.close_connection = reply.sent is not None or length != len(reply.body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        port = server.server_address[1]
        yield WebServer(f"http://127.0.0.1:{port}", port, calls)
    finally:
        server.shutdown()
        server.server_close()


def _part(call: Call, reply: Reply) -> Reply:
    """Give the part that was asked for, where the reply has a version that can be asked for."""
    wanted, version = call.headers.get("range", ""), reply.headers.get("etag", "")
    if not wanted or not version or reply.status != 200 or call.headers.get("if-range", version) != version:
        return reply
    begin, whole = int(wanted.removeprefix("bytes=").split("-")[0]), len(reply.body)
    told = {**reply.headers, "content-range": f"bytes {begin}-{whole - 1}/{whole}"}
    sent = None if reply.sent is None else max(reply.sent, 1)
    return Reply(reply.body[begin:], 206, told, reply.length, sent)
