from pathlib import Path

import pytest

from broker.domain.errors import Invalid
from broker.services.catalog.catalog_files.reading import open_table, read_rows
from tests.catalog.lists import NESTED, read_list, write_json, write_text


def test_nested_objects_become_rows_with_their_path(tmp_path: Path) -> None:
    path = write_json(tmp_path, NESTED)
    with open_table(path) as table:
        rows = list(table.rows)
    assert table.columns[:3] == ("level1", "level2", "description")
    assert [row.where for row in rows] == [
        "/Northshire/Dale/0", "/Northshire/Dale/1", "/Northshire/Dale/2",
        "/Northshire/other/0", "/Northshire/other/1", "/Southshire/Vale/0", "/Southshire/Vale/1",
    ]  # fmt: skip
    assert rows[3].values["level2"] == "other"


def test_a_plain_list_and_keys_that_need_escaping(tmp_path: Path) -> None:
    assert [row.where for row in read_rows(write_json(tmp_path, [{"name": "a"}, 7]))] == ["/0", "/1"]
    (row,) = read_rows(write_json(tmp_path, {"a/b~c": [{"level1": "own"}]}))
    assert (row.where, row.values) == ("/a~1b~0c/0", {"_level1": "a/b~c", "level1": "own"})


def test_what_is_no_object_is_the_fault_of_its_row(tmp_path: Path) -> None:
    faults = [row.fault for row in read_rows(write_json(tmp_path, [{"name": "a"}, 7, ["x"], None]))]
    assert [fault and (fault.reason, fault.value) for fault in faults] == [
        None, ("point-row-no-object", "7"), ("point-row-no-object", "[…]"), ("point-row-no-object", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "slug", "facts"),
    [
        (" ", "list-empty", {}),
        ("[]", "list-empty", {}),
        ('{"a": {}}', "list-empty", {}),
        ('[{"name": "a"},\n {"name": }]', "list-json-syntax", {"line": 2, "column": 11, "detail": "Expecting value"}),
        ('[{"name": "a", "name": "b"}]', "list-json-duplicate-key", {"key": "name"}),
        ('{"data": {"total": 3}}', "list-json-shape", {"place": "/data/total"}),
        ('"text"', "list-json-shape", {"place": "/"}),
        ("[" * 100_000, "list-json-depth", {"place": "?", "limit": 16}),
        ('{"a":' * 17 + "[]" + "}" * 17, "list-json-depth", {"place": "/a" * 17, "limit": 16}),
        (f'[{{"name": {"9" * 5000}}}]', "list-json-syntax", {"line": "?", "column": "?", "detail": "ValueError"}),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(
    tmp_path: Path, text: str, slug: str, facts: dict[str, object]
) -> None:
    with pytest.raises(Invalid) as caught:
        list(read_rows(write_text(tmp_path, text, name="list.json")))
    assert (caught.value.slug, caught.value.facts) == (slug, facts)


def test_a_wrong_encoding_is_told(tmp_path: Path) -> None:
    path = write_text(tmp_path, '[{"name": "Straße"}]', encoding="latin-1", name="list.json")
    with pytest.raises(Invalid, match="list-encoding"):
        list(read_rows(path))


def test_numbers_that_are_none_are_problems_of_their_row(tmp_path: Path) -> None:
    text = """[{"name": "a", "latitude": NaN, "longitude": 1, "level": Infinity},
               {"name": "b", "latitude": 1, "longitude": 1e999},
               {"name": "c", "latitude": 1, "longitude": 2, "level": -Infinity}]"""
    (draft,), report = read_list(write_text(tmp_path, text, name="list.json"))
    assert [(problem.where, problem.field, problem.reason) for problem in report.problems] == [
        ("/0", "latitude", "point-coordinate-no-number"),
        ("/1", "longitude", "point-coordinate-no-number"),
    ]
    assert draft.extra == {"level": "-inf"}


def test_an_address_used_as_a_key_is_not_told_in_the_place_of_a_row(tmp_path: Path) -> None:
    document = {"rtsp://admin:hunter2@10.0.0.1/1": [{"name": "a", "latitude": 0, "longitude": 0}]}
    _, report = read_list(write_json(tmp_path, document))
    assert report.problems[0].where.startswith("/url-sha256:")


def _feature(coordinates: object, properties: object, **more: object) -> dict[str, object]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": coordinates},
        "properties": properties,
    } | more


@pytest.mark.parametrize("name", ["list.geojson", "list.json"])
def test_geojson_points_bring_longitude_first(tmp_path: Path, name: str) -> None:
    features = [
        _feature([120.1, 30.2, 11.0], {"name": "甲", "latitude": "old"}, id="p1"),
        _feature([120.2, 30.3], {"name": "乙", "id": "own"}, id="p2"),
        {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, "properties": {}},
        {"type": "Feature", "geometry": None, "properties": {"name": "丁"}},
        _feature([1, 2], "none"),
        "feature",
    ]
    document = {"type": "FeatureCollection", "features": features}
    drafts, report = read_list(write_json(tmp_path, document, name))
    assert [(d.name, d.longitude, d.latitude, d.external_key) for d in drafts] == [
        ("甲", 120.1, 30.2, "p1"), ("乙", 120.2, 30.3, "own"),
    ]  # fmt: skip
    assert drafts[0].extra == {"properties.latitude": "old"}
    assert [(p.where, p.reason) for p in report.problems] == [
        ("/features/2", "point-row-no-point"),
        ("/features/3", "point-coordinate-missing"),
        ("/features/3", "point-coordinate-missing"),
        ("/features/4", "point-row-no-object"),
        ("/features/5", "point-row-no-object"),
    ]


def test_geojson_in_other_coordinates_is_refused(tmp_path: Path) -> None:
    def with_crs(name: str) -> Path:
        crs = {"type": "name", "properties": {"name": name}}
        document = {"type": "FeatureCollection", "crs": crs, "features": [_feature([1.0, 2.0], {"name": "a"})]}
        return write_json(tmp_path, document, "list.geojson")

    assert len(list(read_rows(with_crs("urn:ogc:def:crs:OGC:1.3:CRS84")))) == 1
    with pytest.raises(Invalid) as caught:
        list(read_rows(with_crs("urn:ogc:def:crs:EPSG::3857")))
    assert caught.value.slug == "list-crs"


@pytest.mark.parametrize("document", [[], {"type": "Feature"}, {"type": "FeatureCollection", "features": {}}])
def test_what_is_no_collection_is_refused(tmp_path: Path, document: object) -> None:
    with pytest.raises(Invalid, match="list-geojson-shape"):
        list(read_rows(write_json(tmp_path, document, "list.geojson")))
