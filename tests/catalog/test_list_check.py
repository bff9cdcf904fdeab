import pytest

from broker.domain.catalog.catalog import Direction, Severity, place_key
from broker.services.catalog.catalog_files.check import Checker
from broker.services.catalog.catalog_files.mapping import resolve
from broker.services.catalog.catalog_files.rows import Row
from tests.catalog.lists import check_one, reasons, taken

CODE = "34020200001320000001"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"name": " "}, ("name", "point-name-missing")),
        ({"name": None}, ("name", "point-name-missing")),
        ({"name": "x" * 201}, ("name", "point-text-long")),
        ({"name": "two\nlines"}, ("name", "point-text-control")),
        ({"name": "half \ud83d"}, ("name", "point-text-control")),
        ({"name": "turned \u202e round"}, ("name", "point-text-control")),
        ({"name": ["a"]}, ("name", "point-value-kind")),
        ({"name": "见 rtsp：//admin:pw@10.0.0.1"}, ("name", "point-text-address")),
        ({"latitude": ""}, ("latitude", "point-coordinate-missing")),
        ({"longitude": None}, ("longitude", "point-coordinate-missing")),
        ({"latitude": "39,9"}, ("latitude", "point-coordinate-no-number")),
        ({"latitude": "39°54′"}, ("latitude", "point-coordinate-no-number")),
        ({"latitude": "1_0"}, ("latitude", "point-coordinate-no-number")),
        ({"latitude": True}, ("latitude", "point-coordinate-no-number")),
        ({"latitude": 10**400}, ("latitude", "point-coordinate-no-number")),
        ({"latitude": 90.5, "longitude": 200}, ("latitude", "point-coordinate-range")),
        ({"longitude": -180.01}, ("longitude", "point-coordinate-range")),
        ({"latitude": 0, "longitude": "-0.0"}, ("latitude", "point-coordinates-zero")),
        ({"latitude": 120.15, "longitude": 30.25}, ("latitude", "point-coordinates-swapped")),
        ({"latitude": 87.6, "longitude": 43.8}, ("latitude", "point-coordinates-swapped")),
        ({"gb_code": "3402020000132000001"}, ("gb_code", "gb-code-length")),
        ({"gb_code": "34020200001180000001"}, ("gb_code", "gb-code-type")),
        ({"gb_code": "3.402E+19"}, ("gb_code", "gb-code-rounded")),
        ({"gb_code": 3.402e19}, ("gb_code", "gb-code-rounded")),
        ({"gb_code": {}}, ("gb_code", "point-value-kind")),
        ({"external_key": "k" * 201}, ("external_key", "point-text-long")),
        ({"Secrecy": "1"}, ("secrecy", "point-secret")),
        ({"涉密": "是"}, ("secrecy", "point-secret")),
    ],
)  # fmt: skip
def test_a_row_without_a_name_a_place_or_a_true_key_stays_outside(
    cells: dict[str, object], expected: tuple[str, str]
) -> None:
    checked = check_one(**cells)
    assert checked.draft is None
    assert reasons(checked) == [expected]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"direction": "Median"}, ("direction", "point-direction-unknown")),
        ({"division": "西湖区"}, ("division", "point-division-unknown")),
        ({"address": "a\tb"}, ("address", "point-text-control")),
        ({"address": "长" * 301}, ("address", "point-text-long")),
        ({"point_class": "4"}, ("point_class", "point-class-unknown")),
        ({"synthetic": "maybe"}, ("synthetic", "point-flag-unknown")),
        ({"note": "a\x00b"}, ("note", "point-text-control")),
        ({"note": "x" * 2001}, ("note", "point-text-long")),
        ({"note": [[[[[[[[[1]]]]]]]]]}, ("note", "point-extra-deep")),
    ],
)  # fmt: skip
def test_a_further_fact_in_doubt_is_a_warning(cells: dict[str, object], expected: tuple[str, str]) -> None:
    checked = check_one(**cells)
    assert checked.draft is not None
    assert reasons(checked) == [expected]
    assert checked.problems[0].severity is Severity.WARNING


def test_what_a_field_did_not_take_is_kept_as_it_stood() -> None:
    draft = taken(direction="Median", division="西湖区", 备注="  重点 ", 高度=6.5, 空=" ", 序列=10**20, listed=["a", 1])
    assert (draft.direction, draft.division) == (None, "")
    assert draft.extra == {
        "direction": "Median", "division": "西湖区", "备注": "重点", "高度": 6.5, "序列": str(10**20),
        "listed": ["a", 1],
    }  # fmt: skip


def test_every_fault_of_a_row_is_named() -> None:
    checked = check_one(name="", latitude="north", gb_code="1", direction="Any")
    assert reasons(checked) == [
        ("gb_code", "gb-code-length"),
        ("name", "point-name-missing"),
        ("latitude", "point-coordinate-no-number"),
        ("direction", "point-direction-unknown"),
    ]


def test_cells_are_read_as_people_write_them() -> None:
    draft = taken(
        latitude=" ３９.9042 ", longitude="1.163974E2", gb_code="３４０２０２００００１３２００００００１",
        direction="由东向西", point_class="一类点", synthetic="是", division="330106.0", external_key=12.0,
    )  # fmt: skip
    assert (draft.latitude, draft.longitude, draft.gb_code) == (39.9042, 116.3974, CODE)
    assert (draft.direction, draft.point_class, draft.synthetic) == (Direction.WEST, 1, True)
    assert (draft.division, draft.external_key) == ("330106", "12")


def test_a_point_without_code_and_key_is_known_by_its_name_and_place() -> None:
    draft = taken()
    assert draft.external_key == place_key("河滨路口", 30.25, 120.15)
    assert taken(latitude="30.2500000").external_key == draft.external_key
    assert taken(latitude=30.2501).external_key != draft.external_key


def test_a_coded_point_takes_its_division_from_its_code() -> None:
    assert taken(gb_code=CODE).division == "340202"
    assert taken(gb_code=CODE).external_key is None
    assert taken(gb_code=CODE, division="33").division == "33"


@pytest.mark.parametrize("key", ["gb_code", "external_key"])
def test_a_key_that_comes_twice_is_refused_with_its_first_row(key: str) -> None:
    checker = Checker(resolve(["name", "latitude", "longitude", key]))
    good = {"name": "a", "latitude": 1, "longitude": 2, key: CODE}
    bad = checker.check(Row("2", good | {"latitude": "?"}))  # a row that stays outside holds no key
    first = checker.check(Row("3", good))
    second = checker.check(Row("4", good | {"name": "b"}))
    assert (bad.draft, first.problems, second.draft) == (None, (), None)
    assert [(p.field, p.reason, p.allowed) for p in second.problems] == [(key, "point-duplicate", "3")]
