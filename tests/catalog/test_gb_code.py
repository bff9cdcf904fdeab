from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.errors import Invalid
from broker.domain.gb_code import INDUSTRIES, Edition, compose, parse

GOOD = "34020200001320000001"
digits = st.text("0123456789", min_size=1)


def test_a_code_falls_into_its_groups() -> None:
    code = parse(f" {GOOD} ")
    assert (code.division, code.industry, code.type, code.network, code.serial) == (
        "34020200", "00", "132", "0", "000001",
    )  # fmt: skip
    assert code.civil_code == "340202"
    assert str(code) == GOOD


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("", "gb-code-length"),
        (GOOD[:-1], "gb-code-length"),
        (GOOD + "0", "gb-code-length"),
        ("340202000013200000O1", "gb-code-digits"),
        (
            GOOD.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}),
            "gb-code-digits",
        ),  # the caller decides to fold full-width digits
        ("04020200001320000001", "gb-code-division"),
        ("34000200001320000001", "gb-code-division"),
        ("34020200201320000001", "gb-code-industry"),
        ("34020200001180000001", "gb-code-type"),
        ("34020200001329000001", "gb-code-network"),
    ],
)
def test_the_group_that_is_wrong_is_named_with_what_is_allowed(text: str, slug: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(text)
    assert caught.value.slug == slug
    assert caught.value.facts["allowed"]


def test_the_industry_is_read_with_its_edition() -> None:
    airport = "34020200121320000001"  # 12 is civil aviation since 2022 and was reserved before
    assert parse(airport, edition=Edition.Y2022).edition is Edition.Y2022
    assert parse(airport).industry == "12"
    with pytest.raises(Invalid, match="gb-code-industry"):
        parse(airport, edition=Edition.Y2016)


def test_other_devices_are_read_when_asked_for() -> None:
    recorder = "34020200001180000001"
    assert parse(recorder, types=frozenset({"118"})).type == "118"
    assert parse("34020200002000000001", types=None).type == "200"


@given(
    county=st.integers(0, 99),
    unit=st.integers(0, 99),
    serial=st.integers(0, 999_999),
    edition=st.sampled_from(Edition),
    data=st.data(),
)
def test_what_is_composed_reads_back(
    county: int, unit: int, serial: int, edition: Edition, data: st.DataObject
) -> None:
    industry = data.draw(st.sampled_from(sorted(INDUSTRIES[edition])))
    kind = data.draw(st.sampled_from(["131", "132"]))
    code = compose(f"3402{county:02d}{unit:02d}", serial, industry=industry, type_=kind, edition=edition)
    assert parse(str(code), edition=edition) == code


@given(st.one_of(st.text(max_size=40), st.from_regex(r"[0-9]{20}", fullmatch=True)))
def test_any_text_is_a_code_or_a_clear_refusal(text: str) -> None:
    with suppress(Invalid):
        assert str(parse(text)) == text.strip()


def test_a_number_of_seven_digits_or_half_a_place_make_no_code() -> None:
    with pytest.raises(Invalid, match="gb-code-serial"):
        compose("340202", 1_000_000)
    with pytest.raises(Invalid, match="gb-code-length"):
        compose("3402", 1)
