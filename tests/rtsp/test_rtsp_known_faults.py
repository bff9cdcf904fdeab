"""The faults that sources were seen to have, in recordings that a server of RTSP replays by `clock=`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from adapters.errors import AdapterError, ImpossibleAnswer
from adapters.fault_conformance import FaultConformance, Outcome, Trouble
from tests.rtsp.asking import adapter
from tests.rtsp.troubled import REPLAYED, Films, with_fault


class TestRtspWithFaults(FaultConformance):
    COMES: ClassVar[Mapping[int, Outcome | type[AdapterError]]] = {**REPLAYED, 11: ImpossibleAnswer}
    CANNOT: ClassVar[Mapping[int, str]] = {}

    @pytest.fixture
    def trouble(self, fault: int, recording: Path, tmp_path: Path) -> Iterator[Trouble]:
        with with_fault(fault, Films(recording, tmp_path)) as it:
            yield Trouble(adapter(it.camera, **it.options), "cam1", it.asked, it.truth(), it.near)
