"""The conformance suite: our stand-in lists recordings by SOAP, GStreamer's server replays them."""

from datetime import timedelta

import pytest

from adapters.conformance import AdapterConformance, Scene
from adapters.onvif import OnvifAdapter
from broker.domain.time import TimeSpan
from tests.rtsp.conftest import BEGIN, RECORDED


class TestOnvif(AdapterConformance):
    @pytest.fixture
    def scene(self, address: str) -> Scene:
        options = {
            "address": address,
            "username": "viewer",
            "password": "s3cret-words",
            "allow_addresses": ["127.0.0.1/32"],
            "silence_seconds": 1,
        }
        silent = TimeSpan(BEGIN + timedelta(minutes=5), BEGIN + timedelta(minutes=5, seconds=10))
        return Scene(OnvifAdapter, options, "rec-1", RECORDED, silent)
