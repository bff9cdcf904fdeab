"""motionEye by the answers of a real one: names say neither beginning nor zone, the running file is listed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.errors import ImpossibleAnswer, SourceRefusesEntry, UnfinishedMedia, UnknownChannel
from adapters.media.testcard import read_codes
from adapters.motioneye import MotionEyeAdapter
from adapters.motioneye.movies import movie_of
from broker.domain.footage.media import ClipAsk, Point
from broker.domain.requests.coverage import MissingReason
from broker.domain.time import TimeSpan
from tests.adapters.replayed import Replay
from tests.adapters.replayed_motioneye import ASKED, Forgetting, clearing, motioneye, utc
from tests.adapters.web_server import Call, Reply

Made = Callable[..., MotionEyeAdapter]


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return Replay("motioneye", tmp_path_factory.mktemp("motioneye"))


@pytest.fixture
def made() -> Iterator[Made]:
    """Return a maker of adapters for servers that run as long as the test."""
    with ExitStack() as running:
        yield lambda *how: running.enter_context(motioneye(*how))


def test_cameras_are_known_by_their_numbers(made: Made, replay: Replay) -> None:
    adapter = made(replay)
    assert adapter.points() == (Point("1", "street"),)
    assert adapter.probe().ok
    with pytest.raises(UnknownChannel):
        adapter.coverage("2", ASKED)


def test_pictures_stand_where_they_were_taken_and_not_where_names_say(
    made: Made, replay: Replay, tmp_path: Path
) -> None:
    """By its name a file would begin up to three seconds too late; by its end it is out by less than half a second."""
    fetched = made(replay).clip(ClipAsk("1", ASKED), tmp_path, lambda _: None)
    assert fetched.missing == ()
    (piece,) = fetched.pieces
    shown = [(ASKED.begin + timedelta(seconds=at), code.instant) for at, code in read_codes(tmp_path / piece.file)]
    instants = [instant for _, instant in shown]
    assert instants == sorted(set(instants))
    assert max(abs(claimed - true) for claimed, true in shown) < timedelta(seconds=0.6)
    assert len(shown) >= 10 * ASKED.seconds - 3


def test_the_running_file_lasts_until_now_and_is_unfinished(made: Made, replay: Replay, tmp_path: Path) -> None:
    begun = utc("01:44:59")
    row = {"path": "/2026-11-22/09-44-59.mp4", "timestamp": begun.timestamp() + 0.07}
    now = begun + timedelta(seconds=8)
    movie = movie_of(row, ZoneInfo("Asia/Shanghai"), now, "x")
    assert movie is not None
    assert movie.span == TimeSpan(begun, now)
    with pytest.raises(UnfinishedMedia):
        made(replay)._take("1", movie, tmp_path / "x")


def test_a_zone_that_does_not_fit_is_found_out(made: Made, replay: Replay, tmp_path: Path) -> None:
    """The name is local and the time of change is not: an hour between them is no delay."""
    with pytest.raises(ImpossibleAnswer):
        made(replay, "Asia/Tokyo").clip(ClipAsk("1", ASKED), tmp_path, lambda _: None)


def test_a_login_that_runs_out_is_renewed(made: Made, replay: Replay, tmp_path: Path) -> None:
    forgetting = Forgetting(replay)
    assert made(forgetting).clip(ClipAsk("1", ASKED), tmp_path, lambda _: None).missing == ()
    assert forgetting.logins > 1


def test_a_password_that_is_refused_is_said_to_be(made: Made, replay: Replay) -> None:
    with pytest.raises(SourceRefusesEntry) as caught:
        made(lambda call: Reply(b"{}", 401) if call.path == "/login" else replay(call)).points()
    assert "s3cret" not in str(caught.value.facts)


def test_a_movie_that_was_cleared_away_meanwhile_is_told(made: Made, replay: Replay, tmp_path: Path) -> None:
    (missing,) = made(clearing(replay, "09-07-14")).clip(ClipAsk("1", ASKED), tmp_path, lambda _: None).missing
    assert missing.reason is MissingReason.OVERWRITTEN
    assert TimeSpan(utc("01:07:12"), utc("01:07:30")).holds(missing.span)


def test_another_file_than_was_asked_for_is_not_taken(made: Made, replay: Replay, tmp_path: Path) -> None:
    def mixing(call: Call) -> Reply:
        answer = replay(call)
        return (
            Reply(answer.body, headers={"content-disposition": "attachment; filename=street_other.mp4;"})
            if ("/download/" in call.path)
            else answer
        )

    with pytest.raises(ImpossibleAnswer):
        made(mixing).clip(ClipAsk("1", ASKED), tmp_path, lambda _: None)


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/a/../2026-11-22/09-06-29.mp4", "/a\\b", "/a\nb", "", 7, None])
def test_a_hostile_path_is_not_asked_for(path: object) -> None:
    with pytest.raises(ImpossibleAnswer):
        movie_of({"path": path, "timestamp": 1795309604.0}, ZoneInfo("UTC"), utc("02:00:00"), "x")


@pytest.mark.parametrize("told", [None, "now", float("nan"), 1e30, True])
def test_a_time_that_is_none_is_not_believed(told: object) -> None:
    with pytest.raises(ImpossibleAnswer):
        movie_of({"path": "/2026-11-22/09-06-29.mp4", "timestamp": told}, ZoneInfo("UTC"), utc("02:00:00"), "x")


def test_the_hour_that_comes_twice_is_told_apart_by_the_end() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for begun in ("2026-10-25T00:30:00+00:00", "2026-10-25T01:30:00+00:00"):
        ended = (datetime.fromisoformat(begun) + timedelta(seconds=15)).timestamp()
        row = {"path": "/2026-10-25/02-30-00.mp4", "timestamp": ended}
        movie = movie_of(row, berlin, utc("02:00:00"), "x")
        assert movie is not None
        assert movie.begun == datetime.fromisoformat(begun)
