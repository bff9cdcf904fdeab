"""Every number of a record has bounds, both are kept to, and who oversteps one is told field, value and bounds."""

import pytest

from broker.domain.catalog.camera_fields import LARGEST_EXACT, CustomField, json_value
from broker.domain.catalog.camera_record import RECORD_FIELDS, FieldKind, RecordField
from broker.domain.errors import Invalid
from broker.locale import explain

NUMBERS = [rule for rule in RECORD_FIELDS.values() if rule.kind in {FieldKind.INTEGER, FieldKind.NUMBER}]
COUNT = CustomField("count", "数量", "Count", FieldKind.INTEGER)


def beyond(rule: RecordField) -> list[float]:
    assert rule.low is not None
    assert rule.high is not None
    step = 1 if rule.kind is FieldKind.INTEGER else 1e-6
    return [rule.low if rule.above else rule.low - step, rule.high + step]


@pytest.mark.parametrize("rule", [*NUMBERS, COUNT.rule], ids=lambda rule: rule.key)
def test_bounds_are_kept_to_and_told(rule: RecordField) -> None:
    for value in beyond(rule):
        with pytest.raises(Invalid) as caught:
            json_value(rule, value, f"/record/{rule.key}")
        error = caught.value
        assert (error.slug, error.pointer) == ("record-field-range", f"/record/{rule.key}")
        for language in ("zh_CN", "en"):
            told = explain(error, language)
            assert all(part in told for part in (rule.zh, str(error.facts["value"]), rule.told)), told
    assert json_value(rule, rule.high, "") == rule.high
    assert rule.above or json_value(rule, rule.low, "") == rule.low


def test_the_numbers_of_the_standard() -> None:
    bounds = {rule.key: rule.told for rule in NUMBERS}
    assert bounds["horizontal_field_angle"] == bounds["vertical_field_angle"] == ">0-360"  # A.2.1.9, Info
    assert (bounds["svc_space_mode"], bounds["record_save_days"], bounds["port"]) == ("0-3", "0-3660", "1-65535")


@pytest.mark.parametrize("value", [1e300, 2**53, -(2**53), "99999999999999999"])
def test_a_number_that_would_not_come_back_as_it_was_is_refused(value: object) -> None:
    with pytest.raises(Invalid, match="record-field-range"):
        json_value(COUNT.rule, value, "/custom/count")
    assert json_value(COUNT.rule, LARGEST_EXACT, "") == LARGEST_EXACT
