"""ZoneMinder by the answers of a real one: an event longer than it says, overlaps, whole seconds, a running event."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.errors import (
    AdapterError,
    ImpossibleAnswer,
    NoRecording,
    SourceRefusesEntry,
    UnfinishedMedia,
    UnknownChannel,
)
from adapters.media.testcard import read_codes
from adapters.zoneminder import ZoneMinderAdapter
from adapters.zoneminder.events import event_of
from broker.domain.footage.media import ClipAsk, Point
from broker.domain.requests.coverage import MissingReason
from broker.domain.time import TimeSpan
from tests.adapters.replayed import Replay
from tests.adapters.replayed_faults import LOGIN_PAGE, answered, retold
from tests.adapters.replayed_zoneminder import ASKED, LATEST, Moody, of_event, utc, with_events, zoneminder
from tests.adapters.web_server import Answering, Call, Reply

SECOND = timedelta(seconds=1)


Made = Callable[[Answering], ZoneMinderAdapter]


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return Replay("zoneminder", tmp_path_factory.mktemp("zoneminder"))


@pytest.fixture
def made() -> Iterator[Made]:
    """Return a maker of adapters for servers that run as long as the test."""
    with ExitStack() as running:
        yield lambda answering: running.enter_context(zoneminder(answering))


@pytest.mark.parametrize(
    ("told", "right"),
    [
        ({"tz": "Asia/Tokyo"}, False),
        ({"tz": "UTC"}, False),
        ({"tz": "Asia/Chongqing"}, True),  # another name, the same time
        ({"tz": "Asia"}, True),
        ({"tz": "../../etc/localtime"}, True),
        ({"tz": None}, True),
        ([], True),
    ],
)
def test_a_zone_that_is_not_the_one_configured_is_found_out(
    made: Made, replay: Replay, told: object, right: bool
) -> None:
    adapter = made(retold(replay, lambda call: call.path.endswith("getTimeZone.json"), lambda _: told))
    assert adapter.probe().ok is right
    if right:
        assert adapter.coverage("1", ASKED)
    else:
        with pytest.raises(ImpossibleAnswer, match="timezone="):
            adapter.coverage("1", ASKED)


def test_an_older_server_that_tells_no_zone_is_believed(made: Made, replay: Replay) -> None:
    adapter = made(answered(replay, lambda call: call.path.endswith("getTimeZone.json"), Reply(b"no such action", 500)))
    assert adapter.coverage("1", ASKED)


def test_monitors_are_known_by_their_numbers(made: Made, replay: Replay) -> None:
    adapter = made(replay)
    assert adapter.points() == (Point("1", "street"), Point("2", "street"))
    probe = adapter.probe()
    assert (probe.ok, probe.points, probe.ahead_by) == (True, 2, "http-date")
    with pytest.raises(UnknownChannel):
        adapter.coverage("3", ASKED)


def test_a_clip_over_three_events_has_each_picture_once_and_near_its_time(
    made: Made, replay: Replay, tmp_path: Path
) -> None:
    """The first event's file begins three seconds before the event does; then they overlap by a key frame."""
    fetched = made(replay).clip(ClipAsk("1", ASKED), tmp_path, lambda _: None)
    assert fetched.missing == ()
    (piece,) = fetched.pieces
    shown = [(ASKED.begin + timedelta(seconds=at), code.instant) for at, code in read_codes(tmp_path / piece.file)]
    assert piece.capture.frames == len(shown) == 560
    instants = [instant for _, instant in shown]
    assert instants == sorted(set(instants))
    assert max(abs(claimed - true) for claimed, true in shown) < SECOND


def test_coverage_has_no_gap_between_events_that_overlap(made: Made, replay: Replay) -> None:
    assert made(replay).coverage("1", ASKED) == (TimeSpan(utc("01:05:15"), ASKED.end),)


def test_the_running_event_is_not_dropped_and_its_part_is_told(made: Made, replay: Replay, tmp_path: Path) -> None:
    adapter = made(replay)
    assert adapter.coverage("1", LATEST) == (LATEST,)
    fetched = adapter.clip(ClipAsk("1", LATEST), tmp_path, lambda _: None)
    assert [it.reason for it in fetched.missing] == [MissingReason.CUT_SHORT]
    assert fetched.missing[0].span.end == LATEST.end
    only = TimeSpan(utc("01:45:01"), LATEST.end)
    with pytest.raises(UnfinishedMedia) as caught:
        made(lambda call: replay(_asking_for_latest(call))).clip(ClipAsk("1", only), tmp_path, lambda _: None)
    assert caught.value.transient


def _asking_for_latest(call: Call) -> Call:
    """Return the question with the times for which there is a recorded answer."""
    path = re.sub(r"(EndDateTime >=:).*(?=\.json)", r"\g<1>2026-11-22 09:44:21", call.path)
    return replace(call, path=path)


def test_where_nothing_is_recorded_nothing_is_said_to_be(made: Made, replay: Replay, tmp_path: Path) -> None:
    def nothing(call: Call) -> Reply:
        if "/events/" in call.path:
            return Reply(json.dumps({"events": [], "pagination": {"nextPage": False}}).encode())
        return replay(call)

    with pytest.raises(NoRecording):
        made(nothing).clip(ClipAsk("1", ASKED), tmp_path, lambda _: None)


@pytest.mark.parametrize(
    "refusal",
    [
        Reply(b'{"success":false}', 401),
        Reply(b"", 302, {"location": "/zm/index.php?view=login"}),
        LOGIN_PAGE,
    ],
    ids=["401", "302", "page"],
)
def test_a_login_that_runs_out_in_the_middle_is_renewed(
    refusal: Reply, made: Made, replay: Replay, tmp_path: Path
) -> None:
    # A page instead of JSON comes from nowhere but a proxy: only media are answered so.
    moody = Moody(replay, 5 if refusal.status != 200 else 4, refusal)
    fetched = made(moody).clip(ClipAsk("1", ASKED), tmp_path, lambda _: None)
    assert fetched.pieces[0].capture.frames == 560
    assert moody.logins > 1


def test_a_password_that_is_refused_is_said_to_be(made: Made, replay: Replay) -> None:
    def refusing(call: Call) -> Reply:
        return Reply(b'{"success":false}', 401) if call.path.endswith("login.json") else replay(call)

    with pytest.raises(SourceRefusesEntry) as caught:
        made(refusing).points()
    assert "admin" not in str(caught.value.facts)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        # ZoneMinder answers for an event that is gone with 200 and the size of a folder.
        (Reply(b"", headers={"content-disposition": 'inline; filename=""'}, length=4096), MissingReason.OVERWRITTEN),
        (Reply(b"x", headers={"content-disposition": 'inline; filename="77-video.mp4"'}), MissingReason.OVERWRITTEN),
        (Reply(b'{"success":true}'), MissingReason.CUT_SHORT),
        (Reply(b""), MissingReason.CUT_SHORT),
        (Reply(b"", 500), MissingReason.OFFLINE),
    ],
    ids=["gone", "another", "success", "nothing", "failed"],
)
def test_an_event_that_cannot_be_had_costs_its_own_part(
    answer: Reply, reason: MissingReason, made: Made, replay: Replay, tmp_path: Path
) -> None:
    fetched = made(answered(replay, of_event(2), answer)).clip(ClipAsk("1", ASKED), tmp_path, lambda _: None)
    (missing,) = fetched.missing
    assert missing.reason is reason
    assert abs(missing.span.begin - utc("01:05:40")) < SECOND
    assert missing.span.end == utc("01:05:56")


@pytest.mark.parametrize(
    "said",
    [b"", b"[]", b"{}", b'{"events": 1}', b'{"events": [{}]}', b'{"events": [{"Event": {"Id": "../x"}}]}', b"[" * 9999],
)
def test_nonsense_is_called_so(said: bytes, made: Made, replay: Replay) -> None:
    adapter = made(lambda call: Reply(said) if "/events/" in call.path else replay(call))
    with pytest.raises(ImpossibleAnswer):
        adapter.coverage("1", ASKED)


def _event(start: str, end: str | None, length: float, **more: object) -> dict[str, object]:
    times = {"StartDateTime": start, "EndDateTime": end, "Length": f"{length:.2f}"}
    return {"Id": 7, "MonitorId": "1", "Frames": 100, "DiskSpace": None, **times, **more}


NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "length", "begin"),
    [
        ("2026-10-25 02:30:00", "2026-10-25 02:31:00", 60.5, "2026-10-25T00:30:00+00:00"),
        ("2026-10-25 02:59:50", "2026-10-25 02:00:10", 20.2, "2026-10-25T00:59:50+00:00"),
        ("2026-10-25 02:30:00", "2026-10-25 02:31:00", 3660, "2026-10-25T00:30:00+00:00"),
        ("2026-10-25 02:59:50", "2026-10-25 03:00:10", 20.2, "2026-10-25T01:59:50+00:00"),
    ],
)
def test_the_hour_that_comes_twice_is_told_apart_by_the_length(start: str, end: str, length: float, begin: str) -> None:
    event = event_of(_event(start, end, length), "1", ZoneInfo("Europe/Berlin"), NOW, "x")
    assert event is not None
    assert event.start == datetime.fromisoformat(begin)
    assert abs(event.span.seconds - length) < 2


@pytest.mark.parametrize(
    "row",
    [
        _event("2026-10-25 02:30:00", "1970-01-01 00:00:00", 3),
        _event("2026-10-25 02:30:00", "2026-12-25 02:30:00", 3),
        _event("yesterday", None, 3),
        _event("2026-10-25 02:30:00", None, 3, Id="7; DROP"),
        {},
    ],
)
def test_an_event_that_cannot_be_is_not_believed(row: dict[str, object]) -> None:
    with pytest.raises(AdapterError):
        event_of(row, "1", ZoneInfo("UTC"), NOW, "x")


def test_an_event_of_another_monitor_is_passed_over() -> None:
    row = _event("2026-10-25 02:30:00", None, 3, MonitorId=2)
    assert event_of(row, "1", ZoneInfo("UTC"), NOW, "x") is None


def test_a_file_much_longer_than_its_event_stands_nowhere() -> None:
    event = event_of(_event("2026-10-25 02:30:00", "2026-10-25 02:31:00", 60), "1", ZoneInfo("UTC"), NOW, "x")
    assert event is not None
    with pytest.raises(ImpossibleAnswer):
        event.placed(timedelta(minutes=5), "x")


def test_an_event_that_was_broken_off_lasts_until_the_next(made: Made, replay: Replay) -> None:
    def broken_off(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**row, "EndDateTime": None} if row["Id"] == 1 else row for row in rows if row["Id"] in {1, 3}]

    adapter = made(with_events(replay, broken_off))
    assert adapter.coverage("1", ASKED)[0].end == ASKED.end
    events = adapter._api.events("1", ASKED)
    assert events[0].span == TimeSpan(utc("01:05:15"), utc("01:05:56"))
