"""The folder adapter passes the suite that every adapter must pass."""

from collections.abc import Callable

import pytest

from adapters.conformance import AdapterConformance, Scene
from adapters.local_files import LocalFilesAdapter
from tests.adapters.recordings import CHANNEL, GAP, Recording, span


class TestLocalFiles(AdapterConformance):
    @pytest.fixture
    def scene(self, recording: Callable[[str], Recording]) -> Scene:
        folder = str(recording("gap").folder)
        return Scene(LocalFilesAdapter, {"folder": folder}, CHANNEL, recorded=span(1, 19), silent=GAP)
