"""What sources were seen to do wrong, done by a ZoneMinder whose answers were recorded."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from adapters.errors import AdapterError, NoRecording, SourceRefusesEntry
from adapters.fault_conformance import FaultConformance, Outcome, Trouble
from tests.adapters.faulty_playback import _head
from tests.adapters.replayed import Film, Replay, pictures
from tests.adapters.replayed_faults import LOGIN_PAGE, OneAtATime, answered, around, nameless, retold
from tests.adapters.replayed_zoneminder import ASKED, LATEST, Moody, of_event, utc, with_events, zoneminder
from tests.adapters.web_server import Answering, Call, Reply

_NEAR = timedelta(seconds=1)  # ZoneMinder tells whole seconds, cut off
# ZoneMinder answers for an event that is gone with 200 and the size of a folder.
_GONE = Reply(b"", headers={"content-disposition": 'inline; filename=""'}, length=4096)


def _of(number: int, **what: Any) -> Callable[[Call, Film], Film]:
    """Put something else into the file of an event."""
    chosen = of_event(number)
    return lambda call, film: replace(film, **what) if chosen(call) else film


def _row(answering: Answering, number: int, **told: object) -> Answering:
    """Tell something else about an event."""
    return with_events(answering, lambda rows: [{**row, **told} if row["Id"] == number else row for row in rows])


def _asking_for(call: Call, number: int) -> Call:
    return replace(call, query={**call.query, "eid": str(number)})


def _in_another_zone(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **{name: row[name].replace(" 09:", " 10:") for name in ("StartDateTime", "EndDateTime")}}


def _header_alone(replay: Replay, number: int) -> Answering:
    chosen = of_event(number)
    return lambda call: replace(replay(call), body=_head(replay(call).body)) if chosen(call) else replay(call)


def _of_another_monitor(replay: Replay, number: int) -> Answering:
    """List another monitor's event, and hand out its file instead of one that was asked for."""
    chosen, mixed = of_event(number), replay.changed(_of(number, camera="garden"))
    listing = with_events(mixed, lambda rows: [*rows, {**rows[0], "Id": 7, "MonitorId": 2}])
    name = {"content-disposition": 'inline; filename="7-video.mp4"'}
    return lambda call: replace(mixed(call), headers=name) if chosen(call) else listing(call)


def _hostile(replay: Replay) -> Answering:
    """Call everything by a path that leads out; names that a server gives are never used."""
    out = "../../../../tmp/x/../etc/passwd"
    named = with_events(
        replay, lambda rows: [{**row, "DefaultVideo": out, "FileSystemPath": out, "Name": out} for row in rows]
    )

    def hostile(call: Call) -> Reply:
        name = {"content-disposition": f'inline; filename="{call.query.get("eid")}-{out}"'}
        return replace(replay(call), headers=name) if "eid" in call.query else named(call)

    return hostile


def _recoded(replay: Replay) -> Answering:
    """Change the codec between the first two events; the monitor starts anew, and nothing is recorded meanwhile."""

    def hevc(call: Call, film: Film) -> Film:
        if of_event(1)(call):
            return film
        begin, end = utc("01:05:44"), film.begin + timedelta(seconds=film.frames / 10)
        begin = begin if of_event(2)(call) else film.begin
        return replace(film, begin=begin, frames=round((end - begin).total_seconds() * 10), codec="hevc")

    return _row(replay.changed(hevc), 2, StartDateTime="2026-11-22 09:05:44", Length="15.59", Frames=157)


def _twice(replay: Replay) -> Answering:
    """List everything twice, one event under another number as well."""

    def doubled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [*rows, *({**row, "Id": 9} for row in rows if row["Id"] == 2), *rows]

    def copied(call: Call) -> Reply:
        good = replay(_asking_for(call, 2))
        return replace(good, headers={"content-disposition": 'inline; filename="9-video.mp4"'})

    listing, chosen = with_events(replay, doubled), of_event(9)
    double = retold(
        listing,
        lambda call: call.path.endswith("monitors.json"),
        lambda told: {"monitors": 2 * told["monitors"]},
    )
    return lambda call: copied(call) if chosen(call) else double(call)


_FAULTS: dict[int, Callable[[Replay], Answering]] = {
    1: lambda it: it.changed(_of(2, frames=140)),
    2: lambda it: it,
    3: lambda it: _row(it, 2, StartDateTime="2026-11-22 09:05:39", Length="20.59"),
    4: lambda it: it.changed(lambda _, film: replace(film, begin=film.begin + timedelta(seconds=0.9))),
    5: lambda it: it,
    6: lambda it: with_events(it, lambda rows: [row for row in rows if row["Id"] != 2]),
    7: lambda it: answered(it, of_event(2), Reply(b"{}", 400)),
    8: lambda it: _row(it, 1, Length="999999.00"),
    9: lambda it: with_events(it, lambda rows: [_in_another_zone(row) for row in rows]),
    10: lambda it: answered(it, of_event(2), _GONE),
    11: lambda it: nameless(it, of_event(2), lambda call: _asking_for(call, 1)),
    12: lambda it: _header_alone(it, 2),
    13: lambda it: answered(it, of_event(2), Reply(b'{"success":true}')),
    14: lambda it: _of_another_monitor(it, 2),
    15: lambda it: answered(it, of_event(2), LOGIN_PAGE),
    16: lambda it: Moody(it, 4, Reply(b'{"success":false}', 401)),
    17: OneAtATime,
    18: lambda it: answered(it, of_event(3), Reply(b"", 404)),
    19: _hostile,
    20: _recoded,
    21: _twice,
}


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return Replay("zoneminder", tmp_path_factory.mktemp("zoneminder"))


class TestZoneMinderWithFaults(FaultConformance):
    COMES: ClassVar[Mapping[int, Outcome | type[AdapterError]]] = {
        **dict.fromkeys((2, 3, 4, 16, 17, 19, 21), Outcome.WHOLE),
        **dict.fromkeys((1, 5, 6, 7, 8, 10, 11, 12, 13, 14, 18, 20), Outcome.MISSING),
        9: NoRecording,
        15: SourceRefusesEntry,
    }
    CANNOT: ClassVar[Mapping[int, str]] = {}

    @pytest.fixture
    def trouble(self, fault: int, replay: Replay) -> Iterator[Trouble]:
        asked = LATEST if fault == 5 else ASKED
        with zoneminder(_FAULTS[fault](replay)) as adapter:
            yield Trouble(adapter, "1", asked, pictures(around(asked, _NEAR)), _NEAR)
