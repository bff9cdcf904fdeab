"""Rows that are read column by column say what they say when each is read alone."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.bench_catalogue_import import HEADINGS, lines
from broker.domain.catalog.coordinates import System
from broker.services.catalog.catalog_files.check import Checked, Checker
from broker.services.catalog.catalog_files.mapping import ColumnMapping, resolve
from broker.services.catalog.catalog_files.rows import Row

DIRTY: tuple[object, ...] = (
    *("", " ", "'=1+1", "'x", " blank ", "a\tb", "a\x00b", "\u202e", "\u3000全", "１２", "x" * 201, "x" * 2001),
    *("rtsp://u:p@h.x/1", "//h/x", "www.a.b", "u:p@h.x/", "%3a%2f%2f", "a/b", "10.0.0.1", "10.0.0.999", "女更衣室"),
    *("客房门口", "NaN", "-0.0", "1e999", "104.01", "39,9", "1_0", "34020200001320000001", "34020200001180000001"),
    *("99010208431320000001", "2016", "2022", "3.0", "二类点", "全向", "是", "或许", "1/2", "2024年5月1日", "密"),
    *(None, 0, 1, True, 1.5, 10**400, float("nan"), [], ["a", 1], {"a": 1}, {"password": "x"}),
)
"""Cells as they come from a list of any format."""
FIELDS = (
    *HEADINGS,
    "国标版本",
    "场所类别",
    "涉密",
    "敏感",
    "标签",
    "场所已核",
    "高德经度",
    "高德纬度",
    "编号",
    "密码",
    "网址",
)
GOOD = [dict(zip(HEADINGS, map(str, line), strict=True)) for line in lines(40)]


def both(rows: Sequence[Row], mapping: ColumnMapping, system: System = System.WGS84) -> tuple[list[Checked], ...]:
    """Return what is said of rows read together, in two pieces, and of each alone."""
    together, alone = Checker(mapping, system), Checker(mapping, system)
    half = len(rows) // 2
    return together.check_all(rows[:half]) + together.check_all(rows[half:]), [alone.check(row) for row in rows]


@pytest.mark.parametrize("column", FIELDS)
def test_each_dirty_cell_in_each_column_says_the_same(column: str) -> None:
    mapping = resolve(list(FIELDS))
    rows = [Row(str(place), row) for place, row in enumerate(GOOD)]
    for place, cell in enumerate(DIRTY, start=len(rows)):
        rows.append(Row(str(place), {**GOOD[place % len(GOOD)], "设备编码": f"9901020000132{place:07d}", column: cell}))
    for system in (System.WGS84, System.GCJ02):
        together, alone = both(rows, mapping, system)
        assert repr(together) == repr(alone)  # as text, for NaN differs from itself
        assert sum(1 for checked in alone if checked.problems) < len(DIRTY), "plain rows are among them"


def test_nothing_is_wrong_with_plain_rows_and_each_is_a_draft() -> None:
    rows = [Row(str(place), row) for place, row in enumerate(GOOD)]
    together, alone = both(rows, resolve(list(HEADINGS)))
    assert together == alone
    assert all(checked.draft is not None and not checked.problems for checked in together)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(DIRTY) | st.text(max_size=9), max_size=4)))
def test_lists_of_dirty_rows_say_the_same(changes: list[dict[str, object]]) -> None:
    rows = [Row(str(place), {**GOOD[place % 7], **change}) for place, change in enumerate(changes)]
    together, alone = both(rows, resolve(list(FIELDS)))
    assert repr(together) == repr(alone)


def test_one_of_several_columns_counts_row_by_row() -> None:
    mapping = resolve(["a", "b", "lat", "lon"], {"name": "a|b"})
    values: list[dict[str, object]] = [{"a": "x", "b": "y"}, {"a": "", "b": "z"}, {"b": "only"}, {"a": None, "b": None}]
    rows = [Row(str(place), {**each, "lat": "30", "lon": "104"}) for place, each in enumerate(values)]
    together, alone = both(rows, mapping)
    assert together == alone
    assert [checked.draft and checked.draft.name for checked in together] == ["x", "z", "only", None]
