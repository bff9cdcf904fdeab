"""Codes of divisions: one form, one interval a subtree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.catalog.divisions import Level, above, interval, level_of, prefix, read_code, successor_of
from broker.domain.errors import Invalid

GROUPS = st.tuples(
    st.integers(11, 91), st.integers(1, 99), st.integers(1, 99), st.integers(1, 999), st.integers(1, 999)
).map(lambda n: (f"{n[0]:02}", f"{n[1]:02}", f"{n[2]:02}", f"{n[3]:03}", f"{n[4]:03}"))


@pytest.mark.parametrize(
    ("told", "code", "held", "level"),
    [
        ("33", "330000", "33", Level.PROVINCE),
        ("330000000000", "330000", "33", Level.PROVINCE),
        ("3301", "330100", "3301", Level.CITY),
        ("330102", "330102", "330102", Level.COUNTY),
        (" 33010200 ", "330102", "330102", Level.COUNTY),
        ("330110", "330110", "330110", Level.COUNTY),
        ("330102001", "330102001", "330102001", Level.TOWN),
        ("330102001000", "330102001", "330102001", Level.TOWN),
        ("330102001001", "330102001001", "330102001001", Level.VILLAGE),
        ("330102100", "330102100", "330102100", Level.TOWN),
    ],
)
def test_one_form(told: str, code: str, held: str, level: Level) -> None:
    assert (read_code(told), prefix(told.strip()), level_of(told.strip())) == (code, held, level)


@pytest.mark.parametrize("told", ["", "3", "033102", "33010", "33010201", "33O102", "３３０１０２", "3301020010010"])
def test_no_code(told: str) -> None:
    with pytest.raises(Invalid, match="division-malformed"):
        read_code(told)


def test_what_lies_above() -> None:
    assert above("330102001001") == ("330000", "330100", "330102", "330102001")
    assert above("33") == ()


@given(GROUPS, st.integers(1, 5), st.integers(1, 5), st.booleans())
def test_a_subtree_is_one_interval(groups: tuple[str, ...], upper: int, lower: int, filled: bool) -> None:
    code, other = "".join(groups[:upper]), "".join(groups[:lower])
    low, high = interval(code.ljust(12, "0") if filled else code)
    assert (low <= other < high) is (lower >= upper)
    assert (low <= read_code(other) < high) is (lower >= upper)
    neighbour = high.ljust(len(other), "0")
    assert not low <= neighbour < high


def test_a_unit_of_28181_stands_in_its_county() -> None:
    low, high = interval("330102")
    assert low <= "33010207" < high
    assert level_of("33010207") is Level.COUNTY


def test_the_successor_is_the_last_one_and_that_of_what_it_lies_in() -> None:
    abolished = {"330103": "330104", "330104": "330105", "330108001": "330108002"}
    codes = ["330103", "33010307", "330103000000", "330103001", "330103001001", "330108001", "330108", "3301", "330105"]
    found = [successor_of(code, abolished) for code in ["", *codes]]
    assert found == [None, *["330105"] * 5, "330108002", None, None, None]
    assert successor_of("330103", {"330103": "330104", "330104": "330103"}) in {"330103", "330104"}
