"""The made-up recorder, by the suite of all adapters: it has everything up to now and nothing of tomorrow."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.conformance import AdapterConformance, Scene
from adapters.synthetic import SyntheticAdapter
from broker.domain.time import TimeSpan

RECORDED_SECONDS = 6


class TestSynthetic(AdapterConformance):
    @pytest.fixture
    def scene(self) -> Scene:
        now = datetime.now(UTC).replace(microsecond=0)
        recorded = TimeSpan(
            now - timedelta(minutes=5), now - timedelta(minutes=5) + timedelta(seconds=RECORDED_SECONDS)
        )
        silent = TimeSpan(now + timedelta(minutes=10), now + timedelta(minutes=10, seconds=5))
        options = {"channels": {"gate": "学校东门"}, "height": 180}
        return Scene(SyntheticAdapter, options, "gate", recorded=recorded, silent=silent)
