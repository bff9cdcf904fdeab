import pytest

from broker.domain.errors import Invalid
from broker.services.catalog.catalog_files.aliases import ALIASES, FIELDS
from broker.services.catalog.catalog_files.mapping import parse_pairs, resolve

NEEDED = ["name", "latitude", "longitude"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["国标编码", "设备名称", "经度", "纬度"], {"gb_code": "国标编码", "name": "设备名称"}),
        (["DeviceID", "Name", "CivilCode", "Longitude", "Latitude", "Address", "DirectionType", "PointType"],
         {"gb_code": "DeviceID", "division": "CivilCode", "direction": "DirectionType", "point_class": "PointType"}),
        (["id", "description", "lon", "lat"], {"external_key": "id", "name": "description", "longitude": "lon"}),
        (["编号", "url", "名称*", "经度（°）", " 纬度 "],
         {"external_key": "编号", "name": "名称*", "latitude": " 纬度 "}),
        (["description", "name", "x", "y"], {"name": "name", "longitude": "x", "latitude": "y"}),
        (["名称", "安装地址", "朝向", "点位类型", "行政区划", "经度", "纬度", "保密属性"],
         {"address": "安装地址", "direction": "朝向", "secrecy": "保密属性"}),
        (["Name", "name", "lat", "lon"], {"name": "Name"}),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_usual_names(columns: list[str], expected: dict[str, str]) -> None:
    found = resolve(columns).columns
    assert {field: found.get(field) for field in expected} == expected


def test_no_name_stands_for_two_fields() -> None:
    names = [name.casefold().replace("_", "") for aliases in ALIASES.values() for name in aliases]
    assert len(names) == len(set(names))


def test_what_is_said_by_hand_wins_and_takes_its_column_from_the_guessing() -> None:
    mapping = resolve(["DeviceID", *NEEDED], {"external_key": "DeviceID"})
    assert mapping.columns["external_key"] == "DeviceID"
    assert "gb_code" not in mapping.columns


def test_headings_of_other_coordinates_are_not_taken_for_degrees() -> None:
    for longitude in ("经度(GCJ-02)", "百度经度", "经度（火星坐标）"):
        with pytest.raises(Invalid) as caught:
            resolve(["名称", longitude, "纬度"])
        assert caught.value.facts["field"] == "longitude"


@pytest.mark.parametrize(
    ("said", "slug", "facts"),
    [
        ({"colour": "name"}, "list-map-field", {"field": "colour", "allowed": ", ".join(FIELDS)}),
        ({"name": "title"}, "list-map-column", {"column": "title", "allowed": ", ".join(NEEDED)}),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(
    said: dict[str, str], slug: str, facts: dict[str, object]
) -> None:
    with pytest.raises(Invalid) as caught:
        resolve(NEEDED, said)
    assert (caught.value.slug, caught.value.facts) == (slug, facts)


def test_a_needed_column_that_is_missing_is_named_with_what_there_is() -> None:
    with pytest.raises(Invalid) as caught:
        resolve(["name", "rtsp://admin:hunter2@10.0.0.1/1", "latitude"])
    assert caught.value.slug == "list-column-missing"
    assert "hunter2" not in str(caught.value.facts)
    assert "经度" in str(caught.value.facts["aliases"])


def test_pairs_are_read_at_their_first_equals_sign() -> None:
    assert parse_pairs(["name=设备=名称", " latitude = 纬度 "]) == {"name": "设备=名称", "latitude": "纬度"}
    for pairs, slug in (
        (["name"], "list-map-syntax"),
        (["=a"], "list-map-syntax"),
        (["name=a", "name=b"], "list-map-twice"),
    ):
        with pytest.raises(Invalid, match=slug):
            parse_pairs(pairs)
