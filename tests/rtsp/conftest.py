from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.media.testcard import Style, write_recording
from broker.domain.time import TimeSpan
from tests.rtsp.asking import BEGIN
from tests.rtsp.upstream import Upstream, gstreamer

__all__ = ["BEGIN", "RECORDED", "recording", "upstream"]

RECORDED = TimeSpan(BEGIN, BEGIN + timedelta(seconds=12))


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds of bar-coded pictures, a key frame every two."""
    folder = tmp_path_factory.mktemp("rtsp")
    write_recording(folder, "cam1", BEGIN, minutes=0.2, style=Style(fps=10, size=(320, 180), gop=20))
    return next((folder / "cam1").iterdir())


@pytest.fixture(scope="session")
def upstream(recording: Path) -> Iterator[Upstream]:
    with gstreamer(recording, BEGIN) as server:
        yield server
