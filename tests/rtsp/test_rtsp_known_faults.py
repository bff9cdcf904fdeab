"""The faults that sources were seen to have, in recordings that a server of RTSP replays by `clock=`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from adapters.errors import AdapterError, ImpossibleAnswer, NoRecording, SourceRefusesEntry
from adapters.fault_conformance import FaultConformance, Outcome, Trouble
from tests.rtsp.asking import adapter
from tests.rtsp.troubled import Films, with_fault


class TestRtspWithFaults(FaultConformance):
    COMES: ClassVar[Mapping[int, Outcome | type[AdapterError]]] = {
        1: Outcome.MISSING,
        2: Outcome.WHOLE,
        3: Outcome.WHOLE,
        4: Outcome.WHOLE,
        5: Outcome.MISSING,
        6: Outcome.MISSING,
        7: SourceRefusesEntry,
        8: Outcome.WHOLE,
        9: NoRecording,
        10: Outcome.MISSING,
        11: ImpossibleAnswer,
        12: NoRecording,
        13: NoRecording,
        14: Outcome.WHOLE,
        15: ImpossibleAnswer,
        16: Outcome.WHOLE,
        17: Outcome.WHOLE,
        18: Outcome.MISSING,
        19: Outcome.WHOLE,
        20: Outcome.WHOLE,
        21: Outcome.WHOLE,
    }
    CANNOT: ClassVar[Mapping[int, str]] = {}

    @pytest.fixture
    def trouble(self, fault: int, recording: Path, tmp_path: Path) -> Iterator[Trouble]:
        with with_fault(fault, Films(recording, tmp_path)) as it:
            yield Trouble(adapter(it.camera, **it.options), "cam1", it.asked, it.truth(), it.near)
