"""What a decision on the command line leaves of each line."""

from datetime import UTC, datetime

import pytest

from broker.cli.deciding.narrowing import decided_lines, decided_terms, remarks_of
from broker.domain.errors import Invalid


def line(key: str, begin: int, end: int, code: str = "") -> dict[str, object]:
    span = {"begin": f"2026-01-01T{begin:02}:00:00Z", "end": f"2026-01-01T{end:02}:00:00Z"}
    return {"id": key, "camera": {"id": f"id-{key}", "gb_code": code or None, "name": f"camera {key}"}, "asked": span}


LINES = [line("a", 8, 12, "9901"), line("b", 8, 12), line("c", 14, 16)]
TEN, FIFTEEN = (datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in (10, 15))


def told(begin: int, end: int) -> dict[str, str]:
    return {"begin": f"2026-01-01T{begin:02}:00:00+00:00", "end": f"2026-01-01T{end:02}:00:00+00:00"}


def test_nothing_said_takes_every_line_as_it_stands() -> None:
    assert decided_lines(LINES, "asked", (), None, None) is None
    assert decided_terms({"valid_days": 7}, None) is None


def test_a_window_cuts_every_line_and_strikes_what_lies_outside() -> None:
    assert decided_lines(LINES, "asked", (), TEN, FIFTEEN) == [
        {"line": "a", **told(10, 12)},
        {"line": "b", **told(10, 12)},
        {"line": "c", **told(14, 15)},
    ]
    assert decided_lines(LINES, "asked", (), None, TEN) == [
        {"line": "a", **told(8, 10)},
        {"line": "b", **told(8, 10)},
        {"line": "c", "struck": True},
    ]


def test_only_some_cameras_by_code_name_or_id() -> None:
    assert decided_lines(LINES, "asked", ("9901", "id-c=2026-01-01T14:00:00Z/2026-01-01T15:00:00Z"), None, None) == [
        {"line": "a", **told(8, 12)},
        {"line": "b", "struck": True},
        {"line": "c", **told(14, 15)},
    ]


def test_a_span_beyond_the_limit_is_left_to_the_server_to_refuse() -> None:
    wide = decided_lines(LINES, "asked", ("camera b=2026-01-01T07:00:00Z/2026-01-01T13:00:00Z",), None, None)
    assert wide is not None
    assert wide[1] == {"line": "b", **told(7, 13)}


def test_lines_that_were_struck_before_are_not_decided_again() -> None:
    lines = [LINES[0], {**LINES[1], "asked": None}]
    assert decided_lines(lines, "asked", ("9901",), None, None) == [{"line": "a", **told(8, 12)}]


def test_a_camera_that_is_not_in_it() -> None:
    with pytest.raises(Invalid) as found:
        decided_lines(LINES, "asked", ("9902",), None, None)
    assert "9901" in str(found.value.facts["known"])


def test_remarks() -> None:
    assert remarks_of(LINES, ("9901= under repair = yes",)) == {"a": "under repair = yes"}
    with pytest.raises(Invalid, match="remark-malformed"):
        remarks_of(LINES, ("9901",))


def test_fewer_days() -> None:
    assert decided_terms({"valid_days": 7, "actions": ["clip"]}, 3) == {"valid_days": 3, "actions": ["clip"]}
