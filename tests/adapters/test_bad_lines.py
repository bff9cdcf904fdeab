"""Bad lines to a good server: each ask ends soon, with the right error or every picture; nothing half done stays."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.errors import AdapterError, SourceTimeout, SourceUnreachable
from adapters.gateway import Gateway
from adapters.http_playback import HttpPlaybackAdapter
from adapters.media.testcard import read_codes
from broker.domain.footage.media import ClipAsk
from tests.adapters.fault_proxy import Line, between
from tests.adapters.faulty_playback import CuttingWithVersions
from tests.adapters.playback import Playback, channels_of
from tests.adapters.recordings import CHANNEL, Recording, span
from tests.adapters.web_server import WebServer, serving

ASKED = span(2, 6)


@pytest.fixture
def server(recording: Callable[[str], Recording]) -> Iterator[WebServer]:
    with serving(Playback(channels_of(recording("cfr")))) as running:
        yield running


def options(address: str) -> dict[str, object]:
    patience = {"silence_seconds": 0.4, "answer_seconds": 1.5, "lead_seconds": 1}
    return {"address": address, "channels": {CHANNEL: ""}, "allow_addresses": ["127.0.0.1"], **patience}


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (Line.DROPPED, SourceUnreachable),
        (Line.RESET, SourceUnreachable),
        (Line.HALF_CLOSED, SourceUnreachable),
        (Line.GARBAGE, SourceUnreachable),
        (Line.TRICKLING, SourceTimeout),
        (Line.HANGING, SourceTimeout),
        (Line.STUCK, SourceTimeout),
    ],
)
def test_a_bad_line_is_an_error_that_may_pass(
    bad: Line, error: type[AdapterError], server: WebServer, tmp_path: Path
) -> None:
    with between(server.port, bad) as line:
        adapter = HttpPlaybackAdapter.configured(options(line.address))
        with pytest.raises(error) as caught:
            adapter.clip(ClipAsk(CHANNEL, ASKED), tmp_path, lambda _: None)
    assert caught.value.transient
    assert not list(tmp_path.iterdir())


def test_a_slow_line_is_no_error(server: WebServer, recording: Callable[[str], Recording], tmp_path: Path) -> None:
    with between(server.port, Line.DELAYED) as line:
        adapter = HttpPlaybackAdapter.configured(options(line.address))
        (piece,) = adapter.clip(ClipAsk(CHANNEL, ASKED), tmp_path, lambda _: None).pieces
    assert [code for _, code in read_codes(tmp_path / piece.file)] == recording("cfr").within(ASKED)


def test_a_body_that_is_cut_off_is_asked_for_from_there(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    with serving(CuttingWithVersions(channels_of(recording("cfr")))) as running:
        adapter = HttpPlaybackAdapter.configured(options(running.address))
        adapter.clip(ClipAsk(CHANNEL, ASKED), tmp_path, lambda _: None)
        ranges = [call.headers["range"] for call in running.calls if "range" in call.headers]
    assert ranges
    assert all(int(it.removeprefix("bytes=").removesuffix("-")) > 0 for it in ranges)


def test_sources_that_hang_keep_no_other_from_its_work(
    server: WebServer, recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    """While a dozen asks wait for a source that never answers, one to another source is served whole."""
    gateway = Gateway(timedelta(seconds=30), 2 * 1024**3)
    with between(server.port, Line.HANGING) as line, ThreadPoolExecutor(4) as pool:
        waiting = {**options(line.address), "answer_seconds": 20, "silence_seconds": 20}
        over = line.over
        hanging = [pool.submit(_refused, gateway, waiting, tmp_path / str(number), over.is_set) for number in range(4)]
        out = tmp_path / "out"
        out.mkdir()
        fetched = gateway.fetch(
            "http_playback",
            options(server.address),
            ClipAsk(CHANNEL, ASKED),
            out,
            on_progress=lambda _: None,
            aborted=lambda: False,
        )
        assert not any(it.done() for it in hanging)
        over.set()
        assert all(it.result() for it in hanging)
    assert fetched.pieces[0].capture.frames == len(recording("cfr").within(ASKED))


def _refused(gateway: Gateway, waiting: dict[str, object], folder: Path, aborted: Callable[[], bool]) -> bool:
    folder.mkdir()
    ask = ClipAsk(CHANNEL, ASKED)
    try:
        gateway.fetch("http_playback", waiting, ask, folder, on_progress=lambda _: None, aborted=aborted)
    except AdapterError:
        return not list(folder.iterdir())
    return False
