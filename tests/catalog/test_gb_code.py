from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.catalog.gb_code import INDUSTRIES, Edition, compose, parse
from broker.domain.errors import Invalid

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


INDUSTRIES_OF_THE_STANDARDS = {  # copied from tables D.2 (2016) and E.2 (2022); what is missing is reserved
    Edition.Y2016: "00 01 02 03 04 05 06 07 08 09 10 11 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 "
    "80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99",
    Edition.Y2022: "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 "
    "57 58 59 90 91 92 93 94 95 96 97 98 99",
}


def reads(code: str, edition: Edition | None) -> str:
    """Return "" or the slug of the refusal."""
    try:
        parse(code, edition=edition)
    except Invalid as refused:
        return refused.slug
    return ""


@pytest.mark.parametrize("edition", [*Edition, None])
def test_every_industry_type_and_network_digit(edition: Edition | None) -> None:
    """All 100 industries, 1000 types and 10 networks, each alone in a code that is otherwise good."""
    editions = Edition if edition is None else (edition,)
    industries = {number for each in editions for number in INDUSTRIES_OF_THE_STANDARDS[each].split()}
    for number in range(100):
        expected = "" if f"{number:02d}" in industries else "gb-code-industry"
        assert reads(f"34020200{number:02d}1320000001", edition) == expected
    for number in range(1000):
        expected = "" if number in {131, 132} else "gb-code-type"
        assert reads(f"3402020000{number:03d}0000001", edition) == expected
    assert [reads(f"3402020000132{number}000001", edition) for number in range(10)] == [""] * 9 + ["gb-code-network"]


def test_every_province_and_city() -> None:
    """A division begins with a province from 10 on; a county lies in a city."""
    for number in range(10_000):
        told = reads(f"{number:04d}0100001320000001", None)
        assert told == ("gb-code-division" if number < 1000 or number % 100 == 0 else "")
    assert reads("34000000001320000001", None) == ""
