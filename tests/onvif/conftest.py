from collections.abc import Iterator

import pytest

from tests.onvif.stand_in import Recorder, Standard, served
from tests.rtsp.conftest import RECORDED, recording, upstream
from tests.rtsp.upstream import Upstream

__all__ = ["recording", "upstream"]


@pytest.fixture(scope="session")
def standard() -> Standard:
    return Standard()


@pytest.fixture
def recorder(upstream: Upstream) -> Recorder:
    return Recorder(RECORDED, upstream.url("replay").replace("127.0.0.1", "192.0.2.77"))


@pytest.fixture
def address(recorder: Recorder, standard: Standard) -> Iterator[str]:
    with served(recorder, standard) as found:
        yield found
