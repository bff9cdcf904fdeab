"""A call goes to the address that was checked, over TLS that proves the name, and follows nothing."""

import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from socket import create_server, getaddrinfo, socket

import pytest
import trustme

from broker.domain.errors import Invalid
from broker.domain.notices.webhooks import Answer
from broker.services.notices.couriers import calls
from broker.services.notices.couriers.calls import call, trusting
from broker.services.notices.couriers.places import Rules, read_networks
from tests.notices.receiver import Receiver, receiving
from tests.notices.test_places import answering

HERE = Rules(read_networks("127.0.0.0/8"), plain_http=True)


def named(receiver: Receiver, host: str) -> str:
    return receiver.url.replace("127.0.0.1", host)


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, Path]:
    made = trustme.CA()
    file = tmp_path / "authority.pem"
    made.cert_pem.write_to_path(str(file))
    return made, file


@pytest.fixture
def secure(authority: tuple[trustme.CA, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("oa.example.org").configure_cert(context)
    return context


def test_the_name_is_kept_for_the_host_and_for_tls(
    authority: tuple[trustme.CA, Path], secure: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    secure.sni_callback = lambda _socket, name, _context: asked.append(name)
    answering(monkeypatch, "127.0.0.1")
    with receiving(Receiver(), secure) as receiver:
        answer = call(named(receiver, "oa.example.org"), HERE, {"webhook-id": "x"}, b"{}", trusting(authority[1]))
    assert answer == Answer(200)
    assert asked == ["oa.example.org"]
    (came,) = receiver.calls
    assert came.headers["host"].startswith("oa.example.org:")
    assert (came.headers["webhook-id"], came.body, came.path) == ("x", b"{}", "/hook")


@pytest.mark.parametrize("trusted", [False, True], ids=["unknown authority", "another name"])
def test_a_certificate_that_proves_nothing_is_refused(
    authority: tuple[trustme.CA, Path], secure: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, *, trusted: bool
) -> None:
    answering(monkeypatch, "127.0.0.1")
    host = "evil.example.org" if trusted else "oa.example.org"
    with receiving(Receiver(), secure) as receiver:
        answer = call(named(receiver, host), HERE, {}, b"{}", trusting(authority[1] if trusted else None))
    assert answer == Answer(None, "webhook-tls")
    assert receiver.calls == []


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the first look-up tells a good address, every later one the decoy's."""
    looked_up: list[str] = []

    def rebinding(host: str, *rest: object, **more: object) -> object:
        looked_up.append(str(host))
        first = looked_up.count("hook.example.org") == 1
        target = ("127.0.0.1" if first else "127.0.0.2") if host == "hook.example.org" else host
        return getaddrinfo(target, *rest, **more)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr("socket.getaddrinfo", rebinding)
    with receiving(Receiver()) as receiver:
        answer = call(named(receiver, "hook.example.org"), HERE, {}, b"{}", trusting(None))
    assert answer == Answer(200)
    assert looked_up.count("hook.example.org") == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with receiving(Receiver()) as decoy, receiving(Receiver((status,), {"location": decoy.url})) as receiver:
        answer = call(receiver.url, HERE, {}, b"{}", trusting(None))
    assert answer == Answer(status, "webhook-status")
    assert not answer.good
    assert decoy.calls == []


def test_a_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert call(receiver.url, HERE, {}, b"{}", trusting(None)).good


def test_nobody_there() -> None:
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert call(f"http://127.0.0.1:{port}/", HERE, {}, b"{}", trusting(None)) == Answer(None, "webhook-unreachable")


def _silent(_connection: socket, stop: threading.Event) -> None:
    stop.wait(20)


def _dripping(connection: socket, stop: threading.Event) -> None:
    """Answer well, but a byte at a time: ten times as slowly as the whole call may take."""
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
        for _ in range(80):
            if not stop.wait(0.05):
                connection.sendall(b"y")
        connection.sendall(b"\r\ncontent-length: 0\r\n\r\n")
    except OSError:
        return


def _endless(connection: socket, stop: threading.Event) -> None:
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")
        while not stop.is_set():
            connection.sendall(b"x" * 65536)
    except OSError:
        return


def _broken(connection: socket, stop: threading.Event) -> None:
    assert not stop.is_set()
    connection.sendall(b"no http at all\r\n\r\n")


@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        (_silent, Answer(None, "webhook-silent")),
        (_dripping, Answer(None, "webhook-silent")),
        (_endless, Answer(200)),
        (_broken, Answer(None, "webhook-broke-off")),
    ],
)
def test_a_receiver_that_does_not_behave_keeps_nobody(
    behave: Callable[[socket, threading.Event], None], expected: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "WHOLE_CALL", 0.4)
    stop = threading.Event()

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            behave(connection, stop)

    with create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
            assert call(url, HERE, {}, b"{}", trusting(None)) == expected
        finally:
            stop.set()
            thread.join()


def test_a_file_of_authorities_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("x")
    for name in ("none.pem", "absent.pem"):
        with pytest.raises(Invalid, match="ca-file"):
            trusting(tmp_path / name)
