"""The playback adapter passes the suite of faults; `test_faults.py` does more kinds of each to it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from adapters.errors import AdapterError, ImpossibleAnswer, SourceRefusesEntry, SourceUnreachable
from adapters.fault_conformance import FaultConformance, Outcome, Trouble
from adapters.media.recorder import Recorder
from broker.domain.time import TimeSpan
from tests.adapters import faulty_playback as faulty
from tests.adapters.playback import Playback, Stored, adapter_at, channels_of
from tests.adapters.recordings import CHANNEL, OVERLAPPING, STYLES, Recording, at, span
from tests.adapters.web_server import serving

ASKED = TimeSpan(at(3.3), at(18.4))
ACROSS_THE_GAP = span(15, 30)
SERVERS: Mapping[int, type[Playback]] = {
    1: faulty.Short,
    3: faulty.Leading,
    4: faulty.UnixSeconds,
    5: faulty.Running,
    7: faulty.Refusing,
    8: faulty.Absurd,
    9: faulty.Milliseconds,
    10: faulty.Cutting,
    11: faulty.Stale,
    12: faulty.SendingAHeader,
    13: faulty.SendingNothing,
    14: faulty.MixingUp,
    15: faulty.AskingToLogIn,
    16: faulty.Forgetting,
    17: faulty.OneAtATime,
    18: faulty.Deleting,
    19: faulty.ListingOthers,
    21: faulty.Repeating,
}
"""What is wrong with the server; 2, 6 and 20 are wrong with what it has."""
OPTIONS: Mapping[int, Mapping[str, object]] = {
    1: {"lead_seconds": 0.5},
    3: {"surplus": "front"},
    4: {"times": "unix"},
    9: {"times": "unix"},
    14: {"headers": {"content-disposition": f"{CHANNEL}.mp4"}},
    19: {"listing": {"channel": "/camera"}},
}


class TestHttpPlaybackWithFaults(FaultConformance):
    COMES: ClassVar[Mapping[int, Outcome | type[AdapterError]]] = {
        1: Outcome.MISSING,
        2: Outcome.WHOLE,
        3: Outcome.WHOLE,
        4: Outcome.WHOLE,
        5: Outcome.WHOLE,
        6: Outcome.MISSING,
        7: Outcome.MISSING,
        8: Outcome.WHOLE,
        9: ImpossibleAnswer,
        10: SourceUnreachable,
        11: ImpossibleAnswer,
        12: Outcome.MISSING,
        13: Outcome.MISSING,
        14: ImpossibleAnswer,
        15: SourceRefusesEntry,
        16: SourceRefusesEntry,
        17: Outcome.WHOLE,
        18: Outcome.MISSING,
        19: Outcome.WHOLE,
        20: Outcome.WHOLE,
        21: Outcome.WHOLE,
    }
    CANNOT: ClassVar[Mapping[int, str]] = {}

    @pytest.fixture
    def trouble(
        self,
        fault: int,
        channels: dict[str, list[Stored]],
        recording: Callable[[str], Recording],
        tmp_path: Path,
    ) -> Iterator[Trouble]:
        whole, asked = recording("gap" if fault == 6 else "cfr"), ACROSS_THE_GAP if fault == 6 else ASKED
        has = {2: overlapping, 20: changing}
        if fault in has:
            channels = {CHANNEL: has[fault](channels[CHANNEL], tmp_path / "own")}
        elif fault == 6:
            channels = channels_of(whole)
        with serving(SERVERS.get(fault, Playback)(channels)) as running:
            adapter = adapter_at(running.address, **OPTIONS.get(fault, {}))
            yield Trouble(adapter, CHANNEL, asked, whole.within(asked))


def overlapping(_: list[Stored], folder: Path) -> list[Stored]:
    recorder = Recorder(folder, CHANNEL, "", span(0, 36), STYLES["cfr"])
    return [Stored(recorder.write(it), it) for it in OVERLAPPING]


def changing(files: list[Stored], folder: Path) -> list[Stored]:
    """Return the same pictures in the same files, the second in H.265."""
    second = files[1].span
    recorder = Recorder(folder, CHANNEL, "", span(0, 36), replace(STYLES["cfr"], codec="hevc"))
    return [files[0], Stored(recorder.write(second), second)]
