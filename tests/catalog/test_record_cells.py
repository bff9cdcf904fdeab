"""Cells of a list as the camera record keeps them: empty ones, lists of JSON, and what may not stand there."""

from datetime import date

import pytest

from broker.domain.catalog.camera_record import RECORD_FIELDS, FieldKind
from broker.services.catalog.catalog_files.faults import CellFault
from broker.services.catalog.catalog_files.record_cells import RECORD_GLANCES, RECORD_READERS


def fault_of(key: str, cell: object) -> tuple[str, str]:
    with pytest.raises(CellFault) as caught:
        RECORD_READERS[key](cell)
    return caught.value.args[0], caught.value.allowed


@pytest.mark.parametrize(
    ("key", "cell", "kept"),
    [
        ("management_unit", "街道办", "街道办"),
        ("management_unit", " 街道办 ", "街道办"),
        ("management_unit", "'=1+1", "=1+1"),  # the apostrophe of a spreadsheet
        ("management_unit", "", None),
        ("management_unit", None, None),
        ("management_unit", 12, "12"),
        ("function_types", ["1", "02"], ["01", "02"]),
        ("function_types", "1/02", ["01", "02"]),
        ("function_types", [1, None, 2.0], ["01", "02"]),
        ("ptz_type", "球机", "1"),
        ("ptz_type", 1.0, "1"),
        ("record_save_days", "30", 30),
        ("record_save_days", 30.0, 30),
        ("horizontal_field_angle", "92.5", 92.5),
        ("signage", "是", True),
        ("mac", "0a-1B-2c-3d-4e-5f", "0a-1B-2c-3d-4e-5f"),
    ],
)
def test_what_a_cell_is_kept_as(key: str, cell: object, kept: object) -> None:
    assert RECORD_READERS[key](cell) == kept


@pytest.mark.parametrize(
    ("key", "cell", "reason"),
    [
        ("management_unit", "rtsp://admin:x@10.0.0.9/1", "point-text-address"),
        ("management_unit", "a\x00b", "point-text-control"),
        ("management_unit", "长" * 201, "record-field-long"),
        ("management_unit", {"a": 1}, "point-value-kind"),
        ("function_types", ["1", {"a": 1}], "point-value-kind"),
        ("function_types", "1/77", "record-field-code"),
        ("record_save_days", "30.5", "record-field-integer"),
        ("record_save_days", "nan", "record-field-number"),
        ("record_save_days", 4000, "record-field-range"),
        ("vertical_field_angle", 0, "record-field-range"),
        ("mac", "00", "record-field-shape"),
        ("signage", "也许", "record-field-flag"),
        ("install_time", "昨天", "record-field-instant"),
    ],
)
def test_what_may_not_stand_there_is_told_with_what_may(key: str, cell: object, reason: str) -> None:
    slug, allowed = fault_of(key, cell)
    assert slug == reason
    assert allowed or slug.startswith("point-")


def test_a_day_of_a_spreadsheet_is_an_instant() -> None:
    assert str(RECORD_READERS["install_time"](date(2024, 5, 1).isoformat())).startswith("2024-05-01T00:00:00")


def test_many_texts_are_read_at_once_as_one_by_one() -> None:
    assert set(RECORD_GLANCES) == {key for key, field in RECORD_FIELDS.items() if field.kind is FieldKind.TEXT}
    plain = ["街道办", "", "物业 3 号楼"]
    at_once = RECORD_GLANCES["management_unit"](plain)
    assert at_once is not None
    assert [text or None for text in at_once] == [RECORD_READERS["management_unit"](text) for text in plain]
    for odd in ("rtsp://10.0.0.9", "a\tb", "'quoted", " blank ", "长" * 300):
        assert RECORD_GLANCES["management_unit"](["街道办", odd]) is None
