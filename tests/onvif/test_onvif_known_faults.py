"""The faults that sources were seen to have, in recordings that a device with Profile G lists and replays.

Some are in what it lists, by SOAP; the others in what it replays, by RTSP.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from adapters.errors import AdapterError
from adapters.fault_conformance import FaultConformance, Outcome, Trouble
from tests.onvif.stand_in import Recorder, Standard, served
from tests.onvif.test_onvif_device import FAULT, adapter, said
from tests.rtsp.asking import at
from tests.rtsp.conftest import RECORDED
from tests.rtsp.troubled import REPLAYED, Films, serving, sound, with_fault

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_LISTED: Mapping[int, Callable[[Recorder], None]] = {
    5: lambda it: it.told.update(RecordingStatus="Recording", LatestRecording=at(0)),
    7: lambda it: it.raw.update(GetReplayUri=(400, said(FAULT.format(code="ter:NotAuthorized")))),
    8: lambda it: it.told.update(LatestRecording=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    9: lambda it: it.told.update(EarliestRecording=at(0) + 8 * _HOUR, LatestRecording=at(12) + 8 * _HOUR),
    11: lambda it: it.told.update(EarliestRecording=at(0) - _DAY, LatestRecording=at(5)),
    15: lambda it: it.raw.update(GetReplayUri=(200, b"<html>Please log in</html>")),
    19: lambda it: it.told.update(RecordingToken="../../../etc/passwd"),
    21: lambda it: setattr(it, "times", 2),
}
"""What is wrong with what it says, of those faults that come there."""
_BOTH = {5}
"""These come in what is replayed as well."""


class TestOnvifWithFaults(FaultConformance):
    COMES: ClassVar[Mapping[int, Outcome | type[AdapterError]]] = {**REPLAYED, 11: Outcome.WHOLE}
    CANNOT: ClassVar[Mapping[int, str]] = {}

    @pytest.fixture
    def trouble(self, fault: int, recording: Path, tmp_path: Path, standard: Standard) -> Iterator[Trouble]:
        films = Films(recording, tmp_path)
        sane = fault in _LISTED and fault not in _BOTH
        with serving(sound(films)) if sane else with_fault(fault, films) as it:
            recorder = Recorder(RECORDED, it.camera.url().replace("127.0.0.1", "192.0.2.77"))
            if fault in _LISTED:
                _LISTED[fault](recorder)
            with served(recorder, standard) as address:
                channel = str(recorder.told.get("RecordingToken", "rec-1"))
                source = adapter(address, silence_seconds=0.3)
                yield Trouble(source, channel, it.asked, it.truth(), it.near)
