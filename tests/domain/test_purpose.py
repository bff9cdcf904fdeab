"""Why footage is needed: lists, numbers of their form, and reasons that say something."""

import pytest

from broker.domain.deciding.shipped_rules import SHIPPED
from broker.domain.errors import Invalid
from broker.domain.requests.purpose import Purpose

RULES = SHIPPED.purpose
GOOD = Purpose("administrative", "environment", "东环罚〔2026〕12号", "夜间倾倒渣土，需核对车辆进出时间")


def told(**changes: str) -> list[tuple[str, str]]:
    fields = {name: changes.get(name, getattr(GOOD, name)) for name in ("basis", "matter", "case_number", "reason")}
    return [(fault.slug, fault.pointer) for fault in RULES.faults(Purpose(**fields))]


def test_a_good_purpose_has_no_fault() -> None:
    assert told() == []
    RULES.check(GOOD)


def test_each_fault_is_told_with_its_place_and_what_would_do() -> None:
    assert told(basis="royal") == [("unknown-basis", "/purpose/basis")]
    assert told(matter="whim") == [("unknown-matter", "/purpose/matter")]
    assert told(case_number="12") == [("case-number-form", "/purpose/case_number")]
    assert told(reason="核对") == [("reason-short", "/purpose/reason")]
    with pytest.raises(Invalid) as refused:
        RULES.check(Purpose("police", "criminal", "110202611210001", GOOD.reason))
    assert refused.value.facts["example"] == "锦公（刑）调证字〔2026〕12号"
    assert len(told(basis="royal", matter="whim", reason="无")) == 3


@pytest.mark.parametrize(
    "reason",
    [
        "工作需要，请领导批准",
        "因办案需要查看监控录像",
        "领导要求调取相关视频",
        "TEST test Test testing",
        "因工作需要调查相关情况。。。",
        "aaaaaaaaaaaaaaaa",
        "needed for the case, please approve",
    ],
)
def test_hollow_reasons_are_refused(reason: str) -> None:
    assert told(reason=reason) == [("reason-hollow", "/purpose/reason")]


@pytest.mark.parametrize("basis", RULES.bases, ids=lambda basis: basis.code)
def test_every_example_fits_its_own_pattern(basis: object) -> None:
    assert basis.fits(basis.case_example)  # type: ignore[attr-defined]  # a basis, by way of parametrize


def test_a_long_chain_of_hollow_words_is_judged_at_once() -> None:
    """With a pattern of these words the same text has more ways to be cut up than anybody could try."""
    assert told(reason="要求需要需要求" * 500 + "甲乙丙丁") == []
