"""The conformance suite against GStreamer's RTSP server: by the clock as ONVIF replays, and by npt."""

from datetime import timedelta

import pytest

from adapters.conformance import AdapterConformance, Scene
from adapters.rtsp import RtspAdapter
from broker.domain.time import TimeSpan
from tests.rtsp.conftest import BEGIN, RECORDED
from tests.rtsp.upstream import Upstream


class TestReplayByTheClock(AdapterConformance):
    @pytest.fixture
    def scene(self, upstream: Upstream) -> Scene:
        options = {
            "url": upstream.url("live"),
            "replay_url": upstream.url("replay"),
            "channels": {"cam1": "学校东门"},
            "origin": BEGIN.isoformat(),
            "onvif_replay": True,
            "allow_addresses": ["127.0.0.1/32"],
            "silence_seconds": 1,
        }
        silent = TimeSpan(BEGIN + timedelta(minutes=5), BEGIN + timedelta(minutes=5, seconds=10))
        return Scene(RtspAdapter, options, "cam1", RECORDED, silent)
