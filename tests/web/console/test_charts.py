"""Charts: every figure stands at its place, gaps stay gaps, and what is withheld is never drawn as a number."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from broker.web.console.charts import WIDTH, WITHHELD, Happened, lanes, lines, stacks

AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_lines_keep_their_values_and_break_where_nothing_is_known() -> None:
    chart = lines(["01", "02", "03", "04"], {"online": [0.9, 1.0, None, 0.5], "intact": [None, None, None, 0.25]})
    online, intact = chart.series
    assert [(it.slot, it.value) for it in online.marks] == [("01", 0.9), ("02", 1.0), ("04", 0.5)]
    assert [len(run.split()) for run in online.runs] == [2]
    assert (len(intact.marks), intact.runs) == (1, ())
    assert all(before.x < after.x for before, after in pairwise(online.marks))
    by_height = sorted([*online.marks, *intact.marks], key=lambda it: it.y)
    assert [it.value for it in by_height] == [1.0, 0.9, 0.5, 0.25]
    up = {value: y for y, value in chart.ticks}
    assert by_height[0].y == up[1.0]
    assert by_height[2].y == up[0.5]
    assert by_height[3].y == pytest.approx((up[0.5] + up[0.0]) / 2, abs=0.1)


def test_where_all_is_near_the_top_the_bottom_is_cut_and_says_so() -> None:
    assert [value for _, value in lines(["01"], {"a": [0.97]}).ticks] == [0.9, 0.95, 1.0]
    assert [value for _, value in lines(["01"], {"a": [0.1]}).ticks] == [0.0, 0.5, 1.0]
    nothing = lines([], {"a": []})
    assert (nothing.slots, nothing.series[0].marks) == ((), ())
    assert len(lines([f"{it:02}" for it in range(36)], {}).slots) <= 6


def test_bars_are_to_one_scale_and_few_are_drawn_alike() -> None:
    chart = stacks(["young", "old"], {"here": {"young": 30, "old": 10}, "there": {"old": None}, "nowhere": {}})
    here, there, nowhere = chart.rows
    assert [(it.part, it.count) for it in here.segments] == [("young", 30), ("old", 10)]
    assert [it.width for it in here.segments] == pytest.approx([WIDTH * 0.75, WIDTH * 0.25])
    assert here.segments[1].x == here.segments[0].width
    (few,) = there.segments
    assert (few.count, few.number) == (None, 2)
    assert few.width == pytest.approx(WIDTH * WITHHELD / 40, abs=0.1)
    assert nowhere.segments == ()
    assert stacks(["young"], {}).rows == ()


def test_lanes_stand_in_time() -> None:
    def at(hours: int) -> datetime:
        return AT + timedelta(hours=hours)

    first, last = Happened(at(0), "filed", "plain", "1"), Happened(at(10), "revoked", "bad", "2")
    chart = lanes({"a": [first], "b": [last]}, {"b": [(at(5), at(99)), (at(-9), at(-1))]})
    assert chart is not None
    (a, b) = chart.rows
    (stretch,) = b.stretches
    assert a.dots[0].x < stretch.x < b.dots[0].x == stretch.x + stretch.width
    assert stretch.x == pytest.approx((a.dots[0].x + b.dots[0].x) / 2, abs=0.2)
    assert (stretch.begin, stretch.end, a.y < b.y) == (at(5), at(10), True)
    assert lanes({"a": []}, {}) is None
    alone = lanes({"a": [first]}, {})
    assert alone is not None
