"""A bucket that goes away while a result is written into it, and comes back."""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from pydantic import SecretStr

from broker.bootstrap import build
from broker.domain.footage.media import ClipAsk
from broker.domain.footage.retrievals import RetrievalState
from broker.domain.time import TimeSpan
from broker.worker.app import worker_thread
from tests.contracts.test_blob_store import started_server
from tests.storage.s3_server import S3Server
from tests.worker.conftest import Bench

BREAK = 20_000  # bytes: in the middle of a clip
BUCKET = "results"


class Wire:
    """The way to a server; when `cut` it breaks off in the middle of what is sent, and takes nobody after that."""

    def __init__(self, port: int) -> None:
        self.cut = False
        self.broken = 0
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.cut and self.broken:
                    client.close()
                else:
                    Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as server:
            back = Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            sent = 0
            while chunk := client.recv(4096):
                if self.cut and sent > BREAK:
                    self.broken += 1
                    server.shutdown(socket.SHUT_RDWR)
                    client.shutdown(socket.SHUT_RDWR)
                    break
                server.sendall(chunk)
                sent += len(chunk)
            back.join(5)


def _copy(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while chunk := here.recv(4096):
            there.sendall(chunk)


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[S3Server]:
    server = started_server(tmp_path / "s3")
    yield server
    server.stop()


@pytest.fixture
def wire(s3: S3Server) -> Iterator[Wire]:
    wire = Wire(s3.port)
    yield wire
    wire.close()


@pytest.fixture
def far(bench: Bench, s3: S3Server, wire: Wire) -> Bench:
    """The bench with its results in a bucket at the other end of the wire."""
    url = s3.url(BUCKET).replace(f":{s3.port}/", f":{wire.port}/")
    settings = bench.broker.settings.model_copy(update={"blobs_url": SecretStr(url)})
    broker = build(settings, bench.broker.database_url, bench.broker.engine, bench.broker.clock)
    broker.blobs.check()
    return replace(bench, broker=broker)


def test_a_bucket_that_breaks_off_in_the_middle_is_waited_for(
    far: Bench, wire: Wire, s3: S3Server, tmp_path: Path
) -> None:
    begin = far.footage.span.begin + timedelta(seconds=7)
    wire.cut = True
    with worker_thread(far.broker, 1):
        span = TimeSpan(begin, begin + timedelta(seconds=30))
        order = far.broker.retrievals.order(far.looker, far.camera, ClipAsk("", span))
        waiting = far.wait(order.id, lambda found: found.attempt >= 2)
        assert wire.broken, "nothing was sent when it broke off"
        assert waiting.state in {RetrievalState.QUEUED, RetrievalState.FETCHING}
        assert waiting.items == ()
        wire.cut = False
        done = far.ended(order.id)
    assert done.state is RetrievalState.READY
    (item,) = done.items
    stored = b"".join(s3.open(BUCKET, tmp_path / "spool").read(item.digest))
    assert hashlib.sha256(stored).hexdigest() == item.digest
    assert len(stored) == item.size
    assert far.broker.grants.read(far.looker, far.grant.id).used.seconds == 30
