"""What sources were seen to do wrong, done by a motionEye whose answers were recorded."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from adapters.errors import AdapterError, ImpossibleAnswer, SourceRefusesEntry
from adapters.fault_conformance import FaultConformance, Outcome, Trouble
from tests.adapters.faulty_playback import _head
from tests.adapters.replayed import Film, Replay, pictures
from tests.adapters.replayed_faults import LOGIN_PAGE, OneAtATime, answered, around, nameless, retold
from tests.adapters.replayed_motioneye import (
    ASKED,
    LATEST,
    Forgetting,
    clearing,
    motioneye,
    of_movie,
    path_of,
    utc,
    with_movies,
)
from tests.adapters.web_server import Answering, Call, Reply

_NEAR = timedelta(seconds=1)  # a movie is closed some time after its last picture
_SECOND = "09-07-14"  # of the three movies in the span


def _of(time: str, **what: Any) -> Callable[[Call, Film], Film]:
    """Put something else into a movie."""
    chosen = of_movie(time)
    return lambda call, film: replace(film, **what) if chosen(call) else film


def _row(answering: Answering, **told: object) -> Answering:
    """Tell something else about the second movie."""
    return with_movies(
        answering, lambda rows: [{**row, **told} if row["path"] == path_of(_SECOND) else row for row in rows]
    )


def _asking_for(call: Call, time: str) -> Call:
    return replace(call, path=call.path.replace(_SECOND, time))


def _whole_seconds(replay: Replay) -> Answering:
    """Record nearly a second later than is told: a disk that keeps the times of change in whole seconds."""
    late = timedelta(seconds=0.9)
    later = replay.changed(lambda _, film: replace(film, begin=film.begin + late))
    return with_movies(
        later, lambda rows: [{**row, "timestamp": int(row["timestamp"] + late.total_seconds())} for row in rows]
    )


def _header_alone(replay: Replay) -> Answering:
    chosen = of_movie(_SECOND)
    return lambda call: replace(replay(call), body=_head(replay(call).body)) if chosen(call) else replay(call)


def _of_another_camera(replay: Replay) -> Answering:
    """Hand out the movie that another camera began at the same second."""
    chosen, mixed = of_movie(_SECOND), replay.changed(_of(_SECOND, camera="garden"))
    name = {"content-disposition": f"attachment; filename=garden_{_SECOND}.mp4;"}
    return lambda call: replace(mixed(call), headers=name) if chosen(call) else mixed(call)


def _recoded(replay: Replay) -> Answering:
    """Change the codec after the first movie; motion starts anew, and nothing is recorded meanwhile."""
    begin, named = utc("01:07:16"), "09-07-16"

    def hevc(_: Call, film: Film) -> Film:
        late = max(begin - film.begin, timedelta(0))
        later = replace(film, begin=film.begin + late, frames=film.frames - round(late.total_seconds() * 10))
        return film if film.begin < utc("01:07:00") else replace(later, codec="hevc")

    changed = replay.changed(hevc)

    def renamed(call: Call) -> Reply:
        answer = changed(replace(call, path=call.path.replace(named, _SECOND)))
        return Reply(answer.body, answer.status) if named in call.path else answer

    return _row(renamed, path=path_of(named))


def _twice(replay: Replay) -> Answering:
    listing = with_movies(replay, lambda rows: [*rows, *rows])
    return retold(listing, lambda call: call.path == "/config/list", lambda told: {"cameras": 2 * told["cameras"]})


_FAULTS: dict[int, Callable[[Replay], Answering]] = {
    1: lambda it: it.changed(_of(_SECOND, frames=128)),
    2: lambda it: it,
    3: lambda it: it.changed(_of("09-07-29", begin=utc("01:07:24"), frames=198)),
    4: _whole_seconds,
    5: lambda it: it,
    6: lambda it: with_movies(it, lambda rows: [row for row in rows if row["path"] != path_of(_SECOND)]),
    7: lambda it: answered(it, of_movie(_SECOND), Reply(b"{}", 400)),
    8: lambda it: _row(it, timestamp=utc("01:07:14").replace(year=2099).timestamp()),
    9: lambda it: it,
    10: lambda it: clearing(it, _SECOND),
    11: lambda it: nameless(it, of_movie(_SECOND), lambda call: _asking_for(call, "09-06-59")),
    12: _header_alone,
    13: lambda it: answered(it, of_movie(_SECOND), Reply(b'{"success": true}')),
    14: _of_another_camera,
    15: lambda it: answered(it, of_movie(_SECOND), LOGIN_PAGE),
    16: Forgetting,
    17: OneAtATime,
    18: lambda it: answered(it, of_movie("09-07-29"), Reply(b"", 404)),
    19: lambda it: with_movies(it, lambda rows: [*rows, {**rows[0], "path": "/../../etc/passwd"}]),
    20: _recoded,
    21: _twice,
}


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return Replay("motioneye", tmp_path_factory.mktemp("motioneye"))


class TestMotionEyeWithFaults(FaultConformance):
    COMES: ClassVar[Mapping[int, Outcome | type[AdapterError]]] = {
        **dict.fromkeys((2, 3, 4, 16, 17, 21), Outcome.WHOLE),
        **dict.fromkeys((1, 5, 6, 7, 8, 10, 11, 12, 13, 14, 18, 20), Outcome.MISSING),
        9: ImpossibleAnswer,
        15: SourceRefusesEntry,
        19: ImpossibleAnswer,
    }
    CANNOT: ClassVar[Mapping[int, str]] = {}

    @pytest.fixture
    def trouble(self, fault: int, replay: Replay) -> Iterator[Trouble]:
        asked, zone = LATEST if fault == 5 else ASKED, "Asia/Tokyo" if fault == 9 else "Asia/Shanghai"
        with motioneye(_FAULTS[fault](replay), zone) as adapter:
            yield Trouble(adapter, "1", asked, pictures(around(asked, _NEAR)), _NEAR)
