"""The fields of a camera record: every code, what is read and what is refused, and that what is written reads again."""

import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.catalog.camera_record import (
    PRIVATE_FIELDS,
    RECORD_FIELDS,
    FieldFault,
    FieldKind,
    RecordField,
    Standard,
    gaps,
    lacking,
    read,
    shown_record,
    written,
)

CODES = {
    # GB/T 28181-2022 A.2.1.9, copied from the text of the standard
    "register_way": "1 2 3 4",
    "security_level_code": "A B C",
    "ptz_type": "1 2 3 4 5 6 7",
    "imaging_types": "1 2 3 4 5 9",
    "room_type": "1 2",
    "supply_light_type": "1 2 3 4 9",
    "mobile_device_type": "1 2 3 4 5 9",
    "function_types": "01 02 03 04 05 99",
    "encode_type": "1 2 3 4 5",
    # GB/T 28181-2016 alone
    "position_types": "1 2 3 4 5 6 7 8 9 10",
    "use_type": "1 2 3",
    # the sector's own
    "sector_maker": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 99",
    "sector_camera_type": "1 2 3 4 5 99",
    "sector_function_types": "1 2 3 4 5 6 99",
    "sector_supply_light": "1 2 3 9",
    "sector_codec": "1 2 3 4",
    "sector_position_types": "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 96 97 98 99",
    "sector_direction": "1 2 3 4 5 6 7 8 9",
    "sector_networked": "0 1",
    "sector_point_class": "1 2 3 4 9",
    "sector_industries": " ".join(str(number) for number in range(1, 19)),
    "legal_category": "art7_government art7_operator art9_other art33_nonpublic",
    "sensitivity_class": "ordinary sensitive core",
}
CODED = [key for key, field in RECORD_FIELDS.items() if field.allowed]
SHAPES = {  # fields whose values have a shape: what fits, and what is near it
    "parent_id": (["34020000002000000001", "340200", "34"], ["3402000000200000000", "34020000002000000001x"]),
    "business_group_id": (["34020000002150000001"], ["3402"]),
    "ip_address": (["10.0.0.1", "fe80::1"], ["10.0.0.1/24", "host"]),
    "capture_position_type": (["0010100", "9990000", "0320000"], ["0290000", "001010", "00101000", "0001010"]),
    "resolutions": (["6", "1920x1080", "3840X2160"], ["7", "0x1080", "1920x"]),
    "stream_numbers": (["0", "2"], ["100", "a"]),
    "download_speeds": (["1", "16"], ["0", "1000"]),
    "ssvc_ratios": (["4:3", "16:1"], ["4", "0:1", "4:0"]),
    "grassroots_code": (["000000", "001200", "599599"], ["600000", "00000", "0000000"]),
    "mac": (["00-1A-2b-3C-4D-5E", "00:1a:2b:3c:4d:5e"], ["001A2B3C4D5E", "00-1A-2B-3C-4D"]),
    "industrial_classification": (["A", "I65", "6510"], ["U", "A1", "65101"]),
    "sector_police_org": (["510104000000", "51010400000A"], ["51010400000", "51010400000a"]),
    "sector_ipv6": (["2001:db8::1"], ["2001:db8::/32"]),
}
BOUNDS = {  # smallest, largest, and one step outside
    "port": ("1", "65535", "0", "65536"),
    "svc_space_mode": ("0", "3", "-1", "4"),
    "svc_time_mode": ("0", "3", "-1", "4"),
    "horizontal_field_angle": ("0.1", "360", "0", "360.1"),
    "vertical_field_angle": ("0.1", "360", "0", "360.1"),
    "max_view_distance": ("0.1", "100000", "0", "100001"),
    "record_save_days": ("0", "3660", "-1", "3661"),
    "mount_height": ("0", "1000", "-0.1", "1001"),
}


def refusal(field: RecordField, text: str) -> str:
    with pytest.raises(FieldFault) as refused:
        read(field, text)
    assert refused.value.reason.startswith("record-field-")
    return refused.value.reason


def one(value: object) -> object:
    return value[0] if isinstance(value, list) else value


def test_no_field_is_left_out_of_these_tables() -> None:
    kinds = {FieldKind.CODE, FieldKind.CODES}
    assert set(CODES) == set(CODED)
    assert {key for key, field in RECORD_FIELDS.items() if field.pattern} == set(SHAPES)
    assert {key for key, field in RECORD_FIELDS.items() if field.low is not None} == set(BOUNDS)
    assert {key for key, field in RECORD_FIELDS.items() if field.kind in kinds} <= set(CODES) | set(SHAPES)
    assert "password" not in RECORD_FIELDS
    assert all(key == field.key for key, field in RECORD_FIELDS.items())


@pytest.mark.parametrize("key", CODED)
def test_the_codes_are_those_of_the_standard_and_no_others(key: str) -> None:
    field, codes = RECORD_FIELDS[key], CODES[key].split()
    assert list(field.allowed) == codes
    for code in codes:
        assert one(read(field, code)) == code
        assert one(read(field, f" {field.allowed[code].zh} ")) == code
        assert one(read(field, field.allowed[code].en.upper())) == code
    digits = {f"{number:0{width}d}" for width in (1, 2) for number in range(100)}
    meant = {code.lstrip("0") for code in codes} | set(codes) | {code.zfill(2) for code in codes}
    for wrong in (digits - meant) | {"x", "1.5", "一", "-1", "1e0"}:
        assert refusal(field, wrong) == "record-field-code"


def test_the_same_code_means_another_thing_in_the_sector() -> None:
    def meaning(key: str, code: str) -> str:
        return RECORD_FIELDS[key].allowed[code].zh

    assert (meaning("encode_type", "5"), meaning("sector_codec", "4")) == ("H.265", "H.265")
    assert (meaning("ptz_type", "5"), meaning("sector_camera_type", "5")) == ("遥控半球", "卡口枪机")
    assert (meaning("function_types", "01"), meaning("sector_function_types", "1")) == ("人脸卡口", "车辆卡口")
    assert all((field.standard is Standard.SECTOR) == key.startswith("sector_") for key, field in RECORD_FIELDS.items())


@pytest.mark.parametrize("key", SHAPES)
def test_a_shape_holds(key: str) -> None:
    good, bad = SHAPES[key]
    assert [one(read(RECORD_FIELDS[key], text)) for text in good] == good
    assert {refusal(RECORD_FIELDS[key], text) for text in bad} == {"record-field-shape"}


@pytest.mark.parametrize("key", BOUNDS)
def test_a_bound_holds(key: str) -> None:
    smallest, largest, below, above = BOUNDS[key]
    field = RECORD_FIELDS[key]
    assert (read(field, smallest), read(field, largest)) == (float(smallest), float(largest))
    assert {refusal(field, below), refusal(field, above)} == {"record-field-range"}
    for text in ("nan", "inf", "-Infinity", "1_0", "ten", "１"):
        assert refusal(field, text) == "record-field-number"
    if field.kind is FieldKind.INTEGER:
        assert refusal(field, "1.5") == "record-field-integer"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-01T08:09:10", "2024-05-01T08:09:10+08:00"),
        ("2024-5-1 8:09", "2024-05-01T08:09:00+08:00"),
        ("2024/05/01", "2024-05-01T00:00:00+08:00"),
        ("2024年5月1日", "2024-05-01T00:00:00+08:00"),
        ("20240501", "2024-05-01T00:00:00+08:00"),
        ("20240501080910", "2024-05-01T08:09:10+08:00"),
        ("2024-05-01T08:09:10Z", "2024-05-01T08:09:10+00:00"),
        ("2024-05-01T08:09:10.123-0500", "2024-05-01T08:09:10-05:00"),
        *((text, None) for text in ("2024-02-30", "24-05-01", "2024-05", "08:00", "2024-05-01T25:00", "now")),
    ],
)  # fmt: skip
def test_an_instant_is_read_in_the_usual_ways(text: str, expected: str | None) -> None:
    field = RECORD_FIELDS["install_time"]
    if expected is None:
        assert refusal(field, text) == "record-field-instant"
    else:
        assert read(field, text) == expected


def test_codes_of_several_are_kept_once_in_their_order() -> None:
    field = RECORD_FIELDS["function_types"]
    assert read(field, "02/ 1 / 02；人脸卡口") == ["02", "01"]
    assert refusal(field, "01/07") == "record-field-code"
    assert refusal(field, " / ") == "record-field-empty"
    assert (
        refusal(RECORD_FIELDS["stream_numbers"], "/".join(str(number) for number in range(65))) == "record-field-long"
    )


def test_texts_and_flags() -> None:
    assert read(RECORD_FIELDS["model"], " DS-2 ") == "DS-2"
    assert refusal(RECORD_FIELDS["model"], "x" * 201) == "record-field-long"
    assert refusal(RECORD_FIELDS["model"], "a\x00b") == "record-field-control"
    assert [read(RECORD_FIELDS["signage"], text) for text in ("是", "0", "TRUE", "no")] == [True, False, True, False]
    assert refusal(RECORD_FIELDS["signage"], "2") == "record-field-flag"
    assert {refusal(field, "  ") for field in RECORD_FIELDS.values()} == {"record-field-empty"}


@given(st.sampled_from(sorted(RECORD_FIELDS)), st.data())
def test_what_is_read_is_json_and_reads_the_same_when_it_is_written(key: str, data: st.DataObject) -> None:
    field = RECORD_FIELDS[key]
    good = [*field.allowed, *SHAPES.get(key, ([], []))[0], *BOUNDS.get(key, ())[:2], "2024-05-01", "1", "12.5", "备注"]
    texts = st.lists(st.sampled_from(good), min_size=1, max_size=4).map("/".join)
    text = data.draw(st.sampled_from(good) | texts | st.text(max_size=30))
    try:
        value = read(field, text)
    except FieldFault:
        return
    assert json.loads(json.dumps(value)) == value
    assert read(field, written(value)) == value
    if field.kind is FieldKind.INSTANT:
        assert datetime.fromisoformat(str(value)).tzinfo is not None


@pytest.mark.parametrize(
    ("point_class", "expected"),
    [(1, ("install_time", "contact", "record_save_days")), *((other, ()) for other in (2, 3, 9, None))],
)
def test_what_a_class_must_have(point_class: int | None, expected: tuple[str, ...]) -> None:
    assert lacking({}, point_class) == expected
    assert lacking({"install_time": "x", "contact": "x", "record_save_days": 1}, point_class) == ()
    wanted = ("manufacturer", "model", "parent_id", "grassroots_code")
    assert gaps({"model": "x"}, point_class) == (*expected, *(key for key in wanted if key != "model"))


def test_how_a_device_is_reached_is_left_out_for_others() -> None:
    record = dict.fromkeys(RECORD_FIELDS, "x")
    assert shown_record(record, reached=True) == record
    assert record.keys() - shown_record(record, reached=False).keys() == PRIVATE_FIELDS
