"""What a bucket does when its server does not: without a server, or with one that answers nonsense."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from broker.domain.errors import Unavailable
from storage.blobs import BlobStore, open_store

DIGEST = "0" * 64
Answers = dict[str, tuple[int, str, bytes]]


def open_bucket(port: int, directory: Path) -> BlobStore:
    return open_store(f"s3://key:hidden@127.0.0.1:{port}/footage?secure=false", directory=directory)


@pytest.fixture
def answers() -> Answers:
    """Status, type and body that the server gives, by method."""
    return {}


@pytest.fixture
def port(answers: Answers) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, kind, body = answers[self.command]
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", "100" if kind == "video/mp4" else str(len(body)))
            self.send_header("Last-Modified", "Mon, 05 Jan 2026 00:00:00 GMT")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            self.close_connection = True

        do_GET = do_PUT = do_HEAD = answer  # noqa: N815  # http.server's names

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_server_that_is_gone_is_unavailable_quickly(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    store = open_bucket(port, tmp_path)
    for act in (
        store.check,
        lambda: store.size(DIGEST),
        lambda: store.put_stream([b"x"]),
        lambda: store.delete(DIGEST),
    ):
        with pytest.raises(Unavailable) as caught:
            act()
        assert caught.value.slug == "blob-store-unreachable"
        facts = {"place": f"s3://127.0.0.1:{port}/footage", "detail": "Connection refused"}
        assert caught.value.facts == facts
    assert not list((tmp_path / "spool").iterdir())


def test_a_server_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.blobs.s3.ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = open_bucket(silent.getsockname()[1], tmp_path)
        with pytest.raises(Unavailable, match="blob-store-unreachable"):
            store.size(DIGEST)


REFUSALS = {
    "blob-store-refused AccessDenied": (403, "application/xml", b"<Error><Code>AccessDenied</Code></Error>"),
    "blob-bucket-missing None": (404, "application/xml", b"<Error><Code>NoSuchBucket</Code></Error>"),
    "blob-store-refused HTTP 404": (404, "text/html", b"<h1>hidden</h1>"),
    "blob-store-unreachable None": (503, "text/plain", b""),
}


@pytest.mark.parametrize("expected", REFUSALS)
def test_a_server_that_refuses(answers: Answers, port: int, tmp_path: Path, expected: str) -> None:
    answers["PUT"] = REFUSALS[expected]
    with pytest.raises(Unavailable) as caught:
        open_bucket(port, tmp_path).check()
    assert f"{caught.value.slug} {caught.value.facts.get('code')}" == expected
    assert "hidden" not in str(caught.value)


def test_a_server_that_breaks_off_in_the_middle(answers: Answers, port: int, tmp_path: Path) -> None:
    answers["HEAD"] = answers["GET"] = (200, "video/mp4", b"only this")
    reading = open_bucket(port, tmp_path).read(DIGEST)
    with pytest.raises(Unavailable, match="blob-store-unreachable"):
        list(reading)


def test_a_server_that_keeps_less_than_it_was_given(answers: Answers, port: int, tmp_path: Path) -> None:
    answers["HEAD"] = answers["PUT"] = (200, "text/plain", b"")
    with pytest.raises(Unavailable, match="blob-damaged"):
        open_bucket(port, tmp_path).put_stream([b"footage"])
