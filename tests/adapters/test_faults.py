"""What sources were seen to do wrong, done to the playback adapter: each is repaired or told, none goes unnoticed.

The numbers are those of the list in docs/adapters.md. Whatever a source does, each picture that is delivered must be
of this camera, of an instant that was asked for, and at its own place in the clip: bar codes prove it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.errors import (
    AdapterError,
    ImpossibleAnswer,
    NothingRecorded,
    SourceBusy,
    SourceRedirects,
    SourceRefusesEntry,
    SourceUnreachable,
)
from adapters.http_playback import HttpPlaybackAdapter
from adapters.media.recorder import Recorder
from adapters.media.testcard import read_codes
from broker.domain.footage.media import ClipAsk, Fetched
from broker.domain.requests.coverage import MissingReason
from broker.domain.time import TimeSpan
from tests.adapters import faulty_playback as faulty
from tests.adapters.playback import Playback, Stored, adapter_at, channels_of, stored
from tests.adapters.recordings import CHANNEL, OVERLAPPING, STYLES, Recording, at, span
from tests.adapters.web_server import serving

ASKED = TimeSpan(at(3.3), at(18.4))
PIECES = span(12, 18.4)
LOST = {
    "refused": MissingReason.REFUSED,
    "gone": MissingReason.OVERWRITTEN,
    "short": MissingReason.CUT_SHORT,
    "nothing": MissingReason.NO_RECORDING,
}


@dataclass(frozen=True)
class Fault:
    """A server, what the source's options say, and what must come of it.

    `comes` is `all`, an error, or the reason for what is missing of the span, all of which is in the second file.
    """

    number: int
    server: type[Playback]
    comes: str | type[AdapterError]
    options: Mapping[str, object] = field(default_factory=dict)


UNIX = {"times": "unix"}
BY_NAME = {"headers": {"content-disposition": f"{CHANNEL}.mp4"}}
FAULTS = [
    Fault(3, faulty.Leading, ImpossibleAnswer),
    Fault(3, faulty.Leading, "all", {"surplus": "front"}),
    Fault(3, faulty.LeadingAndAsLongAsAsked, ImpossibleAnswer),
    Fault(4, faulty.WholeSeconds, ImpossibleAnswer),
    Fault(4, faulty.UnixSeconds, "all", UNIX),
    Fault(5, faulty.Running, "all"),
    Fault(7, faulty.Refusing, "refused"),
    Fault(8, faulty.Absurd, "all"),
    Fault(9, faulty.Milliseconds, ImpossibleAnswer, UNIX),
    Fault(9, faulty.OtherZone, ImpossibleAnswer, {"times": "%Y-%m-%dT%H:%M:%S.%f"}),
    Fault(10, faulty.Deleting, "gone"),
    Fault(10, faulty.CuttingWithVersions, "all"),
    Fault(10, faulty.Cutting, SourceUnreachable),
    Fault(11, faulty.Stale, ImpossibleAnswer),
    Fault(12, faulty.SendingAHeader, "short"),
    Fault(13, faulty.Saying, "short"),
    Fault(13, faulty.SendingNothing, "short"),
    Fault(14, faulty.MixingUp, ImpossibleAnswer, BY_NAME),
    Fault(14, faulty.ListingOthers, "all", {"listing": {"channel": "/camera"}}),
    Fault(15, faulty.AskingToLogIn, SourceRefusesEntry),
    Fault(15, faulty.SendingElsewhere, SourceRedirects),
    Fault(16, faulty.Forgetting, SourceRefusesEntry),
    Fault(17, faulty.OneAtATime, "all"),
    Fault(17, faulty.Busy, SourceBusy),
    Fault(18, faulty.Deleting, "gone"),
    Fault(19, faulty.ListingOthers, "all", {"listing": {"channel": "/camera"}}),
    Fault(21, faulty.Repeating, "all"),
]


def fetched(server: Playback, folder: Path, options: Mapping[str, object], asked: TimeSpan = ASKED) -> Fetched:
    with serving(server) as running:
        return adapter_at(running.address, **options).clip(ClipAsk(CHANNEL, asked), folder, lambda _: None)


def shown(fetched: Fetched, folder: Path) -> Iterator[tuple[int, datetime]]:
    """Yield number and instant of each delivered picture, once it is where and when it belongs."""
    for piece in fetched.pieces:
        for seconds, code in read_codes(folder / piece.file):
            assert abs(ASKED.begin + timedelta(seconds=seconds) - code.instant) < timedelta(milliseconds=2)
            yield code.number, code.instant


@pytest.mark.parametrize("fault", FAULTS, ids=lambda it: f"{it.number}-{it.server.__name__}")
def test_a_fault_is_repaired_or_told(
    fault: Fault, channels: dict[str, list[Stored]], recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    server = fault.server(channels)
    if isinstance(fault.comes, type):
        with pytest.raises(fault.comes) as caught:
            fetched(server, tmp_path, fault.options)
        assert type(caught.value) is fault.comes
        assert not list(tmp_path.iterdir())
        return
    result = fetched(server, tmp_path, fault.options)
    whole = fault.comes == "all"
    there = ASKED if whole else TimeSpan(ASKED.begin, PIECES.begin)
    assert list(shown(result, tmp_path)) == [(it.number, it.instant) for it in recording("cfr").within(there)]
    assert [(it.span, it.reason) for it in result.missing] == ([] if whole else [(PIECES, LOST[fault.comes])])


def test_1_less_than_asked_with_status_200(
    channels: dict[str, list[Stored]], recording: Callable[[str], Recording], tmp_path: Path
) -> None:
    result = fetched(faulty.Short(channels), tmp_path, {"lead_seconds": 0.5})
    here = list(shown(result, tmp_path))
    every = [(it.number, it.instant) for it in recording("cfr").within(ASKED)]
    assert here == [it for it in every if it in here]
    assert {it.reason for it in result.missing} == {MissingReason.CUT_SHORT}
    lost = sum(it.span.seconds for it in result.missing)
    assert abs(len(every) - len(here) - 10 * lost) < 3
    assert lost > 7


def test_2_recordings_that_overlap(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "own", CHANNEL, "", span(0, 36), STYLES["cfr"])
    files = [Stored(recorder.write(it), it) for it in OVERLAPPING]
    out = tmp_path / "out"
    out.mkdir()
    result = fetched(Playback({CHANNEL: files}), out, {})
    assert [number for number, _ in shown(result, out)] == list(range(33, 184))
    assert result.missing == ()


def test_6_a_gap_within_the_span(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    told: list[float] = []
    with serving(Playback(channels_of(recording("gap")))) as running:
        options = {"address": running.address, "channels": {CHANNEL: ""}, "allow_addresses": ["127.0.0.1"]}
        adapter = HttpPlaybackAdapter.configured(options)
        result = adapter.clip(ClipAsk(CHANNEL, span(15, 30)), tmp_path, told.append)
    assert [(it.span, it.reason) for it in result.missing] == [(span(20, 26), MissingReason.NO_RECORDING)]
    assert told[-1] == 15


def test_9_times_of_another_zone_find_nothing_rather_than_something_else(
    channels: dict[str, list[Stored]], tmp_path: Path
) -> None:
    shifted = {CHANNEL: [Stored(it.file, it.span.moved(timedelta(days=-60))) for it in channels[CHANNEL]]}
    with pytest.raises(NothingRecorded):
        fetched(Playback(shifted), tmp_path, {})


def test_20_the_codec_changes_within_the_span(recording: Callable[[str], Recording], tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "own", CHANNEL, "", span(0, 36), replace(STYLES["hevc"], bframes=0))
    second = Recording(tmp_path, (recorder.write(span(12, 20)),))
    out = tmp_path / "out"
    out.mkdir()
    result = fetched(Playback({CHANNEL: [stored(recording("cfr"))[0], *stored(second)]}), out, {})
    assert [piece.capture.codec for piece in result.pieces] == ["h264", "hevc"]
    every = recording("cfr").within(TimeSpan(ASKED.begin, at(12))) + second.within(PIECES)
    assert list(shown(result, out)) == [(it.number, it.instant) for it in every]


def test_a_server_that_records_now_is_asked_up_to_now(channels: dict[str, list[Stored]], tmp_path: Path) -> None:
    """A running recording ends at the moment, not in the year in which its length says it does."""
    with serving(faulty.Absurd(channels)) as running:
        options = {"address": running.address, "channels": {CHANNEL: ""}, "allow_addresses": ["127.0.0.1"]}
        adapter = HttpPlaybackAdapter.configured(options)
        (last,) = adapter.coverage(CHANNEL, TimeSpan(at(0), datetime.now(UTC) + timedelta(days=9)))
    assert last.end <= datetime.now(UTC) + timedelta(minutes=11)
    assert not list(tmp_path.iterdir())
