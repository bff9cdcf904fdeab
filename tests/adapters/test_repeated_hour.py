"""The hour that comes twice when summer time ends: names alone do not say which, the file does or it is not used."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import pytest

from adapters.errors import NoRecording, UncertainHour
from adapters.local_files import LocalFilesAdapter
from adapters.media.testcard import Style, write_recording
from broker.domain.footage.media import ClipAsk
from broker.domain.requests.coverage import Missing, MissingReason
from broker.domain.time import TimeSpan
from tests.adapters.recordings import CHANNEL, clipped

ZONE = "Europe/Berlin"
CHANGE = datetime(2025, 10, 26, 1, 0, tzinfo=UTC)
"""At three o'clock summer time it is two o'clock again."""
FIRST, SECOND = CHANGE - timedelta(minutes=30), CHANGE + timedelta(minutes=30)
"""Both are half past two on the wall."""
STYLE = Style(fps=5, size=(320, 180), gop=25)
LENGTH = timedelta(minutes=1)


def recorded(folder: Path, begin: datetime, *, ended: datetime | None = None, telling: bool = False) -> None:
    """Write a minute under the name that a recorder of that zone gives it.

    Args:
        folder: of the source.
        begin: when it begins.
        ended: when the file says it was changed last; default: when the recording ends.
        telling: whether the file says in itself when it was begun.
    """
    made = write_recording(folder / "made", CHANNEL, begin, 1, style=STYLE)[0]
    local = begin.astimezone(ZoneInfo(ZONE))
    (folder / CHANNEL).mkdir(parents=True, exist_ok=True)
    file = folder / CHANNEL / f"{local:%Y%m%dT%H%M%S}-{local:%Z}.mp4"
    if telling:
        made.rename(file)
    else:
        without_its_time(made, file)
    changed = (ended or begin + LENGTH).timestamp()
    os.utime(file, (changed, changed))


def without_its_time(made: Path, file: Path) -> None:
    with av.open(str(made)) as source, av.open(str(file), "w") as sink:
        (stream,) = source.streams.video
        copy = sink.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                sink.mux(packet)


def options() -> dict[str, object]:
    return {"timezone": ZONE, "pattern": "{channel}/{start:%Y%m%dT%H%M%S}-{any}.mp4"}


def ten_seconds(begin: datetime) -> TimeSpan:
    return TimeSpan(begin + timedelta(seconds=20), begin + timedelta(seconds=30))


@pytest.mark.parametrize("hour", [FIRST, SECOND])
def test_the_file_says_which_hour_it_was(hour: datetime, tmp_path: Path) -> None:
    for begin in (FIRST, SECOND):
        recorded(tmp_path / "source", begin)
    wanted = ten_seconds(hour)
    capture, codes = clipped(tmp_path / "source", wanted, tmp_path, **options())
    assert capture.obtained == (wanted,)
    assert {code.instant for _, code in codes} <= {wanted.begin + timedelta(seconds=it / 5) for it in range(50)}
    assert len(codes) == 50


def test_what_the_file_says_in_itself_counts_more_than_when_it_was_changed(tmp_path: Path) -> None:
    recorded(tmp_path / "source", SECOND, ended=FIRST + LENGTH, telling=True)
    capture, _ = clipped(tmp_path / "source", ten_seconds(SECOND), tmp_path, **options())
    assert capture.obtained == (ten_seconds(SECOND),)


def test_a_span_across_the_change_is_whole(tmp_path: Path) -> None:
    for begin in (CHANGE - LENGTH, CHANGE):
        recorded(tmp_path / "source", begin)
    wanted = TimeSpan(CHANGE - timedelta(seconds=5), CHANGE + timedelta(seconds=5))
    capture, codes = clipped(tmp_path / "source", wanted, tmp_path, **options())
    assert capture.obtained == (wanted,)
    assert (codes[0][1].instant, len(codes)) == (wanted.begin, 50)


@pytest.mark.parametrize("hour", [FIRST, SECOND])
def test_a_file_that_says_nothing_is_not_used_for_either_hour(hour: datetime, tmp_path: Path) -> None:
    """It was copied a day later, and the copy has the time of the copying."""
    recorded(tmp_path / "source", FIRST, ended=SECOND + timedelta(days=1))
    with pytest.raises(UncertainHour):
        clipped(tmp_path / "source", ten_seconds(hour), tmp_path, **options())


def test_an_uncertain_file_is_told_as_missing_beside_one_that_is_certain(tmp_path: Path) -> None:
    recorded(tmp_path / "source", SECOND, ended=SECOND + timedelta(days=1))
    recorded(tmp_path / "source", SECOND + LENGTH)
    adapter = LocalFilesAdapter.configured({"folder": str(tmp_path / "source"), **options()})
    wanted = TimeSpan(SECOND + timedelta(seconds=50), SECOND + timedelta(seconds=70))
    fetched = adapter.clip(ClipAsk(CHANNEL, wanted), tmp_path, lambda _: None)
    (piece,) = fetched.pieces
    assert piece.capture.obtained == (TimeSpan(SECOND + LENGTH, wanted.end),)
    assert fetched.missing == (Missing(TimeSpan(wanted.begin, SECOND + LENGTH), MissingReason.CUT_SHORT),)


def test_an_index_in_local_time_is_read_alike(tmp_path: Path) -> None:
    recorded(tmp_path / "source", SECOND)
    rows = "file,channel,start,end\n{0}/20251026T023000-CET.mp4,{0},2025-10-26T02:30:00,2025-10-26T02:31:00\n"
    (tmp_path / "source" / "index.csv").write_text(rows.format(CHANNEL), encoding="utf-8")
    by_index = {"timezone": ZONE, "index": "index.csv"}
    capture, codes = clipped(tmp_path / "source", ten_seconds(SECOND), tmp_path, **by_index)
    assert (codes[0][1].instant, capture.obtained) == (ten_seconds(SECOND).begin, (ten_seconds(SECOND),))
    with pytest.raises(NoRecording):
        clipped(tmp_path / "source", ten_seconds(FIRST), tmp_path, **by_index)
