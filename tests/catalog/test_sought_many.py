"""What is looked in for many points at once is what is looked in for each."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.bench_catalogue_import import lines
from storage.db.catalog.sought import MARK, sought
from storage.db.catalog.sought_many import AT_ONCE, Told, sought_many

LETTERS = "人民路中山长重行朝123456789 0a BÉßΣσἈ\u3000ａＡ１２３４\t\né㍿ǅİ𠀀😀ﬁ-()（）号ς"
TEXTS = st.text(
    st.sampled_from(LETTERS) | st.characters(exclude_categories=["Cs"], exclude_characters=f"\0{MARK}"), max_size=12
)
CODES = st.sampled_from(["34020200001320000001", "99010201001320000017", "123", "", None])
POINTS = st.lists(st.tuples(TEXTS, TEXTS, CODES, st.none() | TEXTS), max_size=8)


def parts(told: str) -> tuple[str, list[str]]:
    """Return the lines and the tokens, which are a set."""
    read, _, tokens = told.partition(MARK)
    return read, sorted(tokens.split())


@settings(deadline=None)  # the first reads the table of pinyin
@given(POINTS)
def test_many_points_are_looked_for_as_each_is(points: list[Told]) -> None:
    assert [parts(told) for told in sought_many(points)] == [parts(sought(*point)) for point in points]


@pytest.mark.parametrize("count", [0, 1, AT_ONCE, AT_ONCE + 1])
def test_steps_leave_nothing_out(count: int) -> None:
    points: list[Told] = [(str(it[1]), str(it[4]), str(it[0]), str(it[21])) for it in lines(count)]
    found = sought_many(points)
    assert len(found) == count
    assert [parts(told) for told in found[-20:]] == [parts(sought(*point)) for point in points[-20:]]
    assert all(len(set(tokens)) == len(tokens) for _, tokens in map(parts, found))
