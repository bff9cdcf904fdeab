"""What is typed is read as it is meant: the clock of the house, hours that are skipped or come twice, amounts."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from broker.domain.errors import Invalid
from broker.domain.ids import CameraId, new_id
from broker.domain.requests.sketches import Sketch, sketch_of
from broker.web.console.applying.check import asked_of
from broker.web.console.applying.typed import instant_of, step_of, told, written
from tests.domain.requests import draft

HOUSE, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "last", "read"),
    [
        ("2026-11-20T22:00", False, "2026-11-20T22:00:00+08:00"),
        ("2026-11-20T22:00:30", True, "2026-11-20T22:00:30+08:00"),
        ("2026-11-20T22:00:00+00:00", False, "2026-11-20T22:00:00+00:00"),
        ("whenever", False, "whenever"),
        ("", False, ""),
    ],
)
def test_the_clock_of_the_house(text: str, last: bool, read: str) -> None:  # a parameter of the table
    assert instant_of(text, HOUSE, "/begin", last=last) == read


def test_an_hour_that_is_skipped_and_one_that_comes_twice() -> None:
    with pytest.raises(Invalid, match="time-skipped"):
        instant_of("2026-03-29T02:30", BERLIN, "/begin")
    assert instant_of("2026-10-25T02:30", BERLIN, "/begin") == "2026-10-25T02:30:00+02:00"
    assert instant_of("2026-10-25T02:30", BERLIN, "/end", last=True) == "2026-10-25T02:30:00+01:00"


@pytest.mark.parametrize(
    ("pointer", "step"),
    [
        ("/purpose/reason", "matter"), ("/place/latitude", "matter"), ("/lines", "cameras"),
        ("/lines/3/camera", "cameras"), ("/lines/3/end", "times"), ("/lines/3", "times"), ("/default/begin", "times"),
        ("/terms/quota/bytes", "terms"), ("/investigators/0", "terms"), ("", "check"),
    ],
)  # fmt: skip
def test_each_fault_is_mended_on_a_step(pointer: str, step: str) -> None:
    assert step_of(pointer) == step


def test_a_request_read_into_a_sketch_is_the_same_form_again() -> None:
    request = draft()
    terms = replace(request.terms, quota=replace(request.terms.quota, seconds=12_345, bytes=1_000_000_001))
    request = replace(request, terms=terms)
    form, faults = asked_of(written(sketch_of(request, ["looker"]), request, HOUSE))
    assert faults == []
    assert form is not None
    assert (form.purpose, form.terms, form.place) == (request.purpose, request.terms, request.place)
    assert sorted(form.lines, key=lambda it: it.camera_id) == sorted(request.asked, key=lambda it: it.camera_id)


def test_a_span_of_all_that_is_wrong_is_told_once() -> None:
    request = draft()
    sketch = replace(sketch_of(request, ["looker"]).typed({"begin": ("soon",)}), picks=())
    many = sketch.picked((CameraId(new_id()) for _ in range(300)), 300)
    _, faults = asked_of(written(many, request, HOUSE))
    refusal = told(faults, "en")
    assert refusal is not None
    assert set(refusal.fields) == {"/default/begin"}


def test_nothing_typed_is_told_field_by_field() -> None:
    request = draft()
    empty = Sketch(request.id, request.version)
    _, faults = asked_of(written(empty, request, HOUSE))
    refusal = told(faults, "zh_CN")
    assert refusal is not None
    assert {"/purpose/basis", "/purpose/reason", "/terms/valid_days"} <= set(refusal.fields)
