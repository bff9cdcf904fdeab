"""The playback adapter against a server of the shape of MediaMTX: the suite of all adapters, and its own options."""

from collections.abc import Callable, Iterator

import pytest

from adapters.conformance import AdapterConformance, Scene
from adapters.http_playback import HttpPlaybackAdapter
from tests.adapters.playback import Playback, channels_of
from tests.adapters.recordings import CHANNEL, GAP, NAME, Recording, span
from tests.adapters.web_server import WebServer, serving

LOOPBACK = ["127.0.0.0/8"]


@pytest.fixture
def server(recording: Callable[[str], Recording]) -> Iterator[WebServer]:
    with serving(Playback(channels_of(recording("gap")))) as running:
        yield running


class TestHttpPlayback(AdapterConformance):
    @pytest.fixture
    def scene(self, server: WebServer) -> Scene:
        options = {"address": server.address, "channels": {CHANNEL: NAME}, "allow_addresses": LOOPBACK}
        return Scene(HttpPlaybackAdapter, options, CHANNEL, recorded=span(0, 20), silent=GAP)
