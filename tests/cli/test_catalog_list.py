"""Listing points on the command line takes the questions that every list takes."""

import pytest

from tests.cli.conftest import Run

LIST = ("catalog", "list", "--json")


def codes(at_database: Run, *told: str) -> list[str]:
    return [row["gb_code"] for row in at_database(*LIST, *told).value]


def test_points_are_listed_by_what_is_asked(at_database: Run) -> None:
    whole = at_database(*LIST).value
    one = whole[0]
    assert codes(at_database, "--text", f"{one['name']} {one['gb_code']}") == [one["gb_code"]]
    assert codes(at_database, "--owner", "dh-cg") == codes(at_database, "--department", "dh-cg")
    assert set(codes(at_database, "--owner", "dh-cg")) < set(codes(at_database, "--department", "dh"))
    assert codes(at_database, "--status", "on", "--lifecycle", "removed") == []
    assert codes(at_database, "--status", "unknown", "--status", "on", "--ordinary") == [it["gb_code"] for it in whole]
    assert codes(at_database, "--class", "9", "--tag", "nobody has it") == []
    spot = f"{one['longitude']},{one['latitude']}"
    assert one["gb_code"] in codes(at_database, "--circle", f"{spot},1")
    assert one["gb_code"] in codes(at_database, "--line", f"{spot};{spot}", "--width", "1")
    assert codes(at_database, "--box", "0,0,1,1") == []
    told = ("--recorded-from", "2026-05-01T08:00:00+08:00", "--recorded-to", "2026-05-01T09:00:00+08:00")
    assert codes(at_database, *told) == []


def test_the_nearest_come_first_with_their_distance(at_database: Run) -> None:
    whole = at_database(*LIST).value
    last = whole[-1]
    near = at_database(*LIST, "--near", f"{last['longitude']},{last['latitude']}", "--limit", "3").value
    here = {it["gb_code"] for it in whole if (it["longitude"], it["latitude"]) == (last["longitude"], last["latitude"])}
    assert (near[0]["gb_code"] in here, near[0]["metres"]) == (True, 0.0)
    assert [row["metres"] for row in near] == sorted(row["metres"] for row in near)
    assert len(near) == 3
    shown = at_database("catalog", "list", "--near", f"{last['longitude']},{last['latitude']}", "--limit", "1")
    assert "0.0" in shown.out


@pytest.mark.parametrize(
    ("told", "named"),
    [
        (("--box", "1,2,3"), "1,2,3"),
        (("--near", "north"), "north"),
        (("--class", "4"), "4"),
        (("--recorded-from", "2026-05-01T08:00:00+08:00"), "recorded_to"),
        (("--recorded-from", "yesterday", "--recorded-to", "today"), "--recorded-from"),
    ],
)
def test_what_cannot_be_asked_is_told(at_database: Run, told: tuple[str, ...], named: str) -> None:
    ended = at_database("catalog", "list", *told)
    assert ended.code == 2
    assert named in ended.err
