"""Areas that the map sends, and shapes that it is told to show."""

import json

import pytest

from broker.domain.catalog.places import Box, Circle, Corridor, Polygon
from broker.domain.errors import Invalid
from broker.web.console.maps.areas import place_of, shapes_text

SPOTS = [[120.1, 30.2], [120.2, 30.2], [120.2, 30.3]]


def test_every_kind_of_area_is_a_place() -> None:
    corners = ((120.1, 30.2), (120.2, 30.2), (120.2, 30.3))
    for told, place in {
        '{"type":"box","bounds":[120.1,30.2,120.2,30.3]}': Box(120.1, 30.2, 120.2, 30.3),
        '{"type":"circle","centre":[120.1,30.2],"metres":300}': Circle(120.1, 30.2, 300.0),
        json.dumps({"type": "polygon", "corners": SPOTS}): Polygon(corners),
        json.dumps({"type": "line", "line": SPOTS, "metres": 50}): Corridor(corners, 50.0),
    }.items():
        assert place_of(told) == place


@pytest.mark.parametrize(
    "told",
    [
        "", "x", "[]", "null", '{"type":"box"}', '{"type":"star","bounds":[1,2,3,4]}',
        '{"type":"box","bounds":[1,2,3,4],"more":1}', '{"type":"box","bounds":[1,2,3]}',
        '{"type":"box","bounds":[1,9,3,4]}', '{"type":"box","bounds":[1,2,3,NaN]}',
        '{"type":"circle","centre":[1,2],"metres":-1}', '{"type":"circle","centre":[1,2],"metres":1e300}',
        '{"type":"circle","centre":[999,2],"metres":1}', '{"type":"circle","centre":["<b>",2],"metres":1}',
        '{"type":"polygon","corners":[[1,2],[3,4]]}', '{"type":"line","line":[],"metres":5}',
        '{"type":"line","line":[[1,2],[3,4]],"metres":Infinity}', "[" * 30_000, '{"type":"line","line":[[1,2],' * 900,
        json.dumps({"type": "polygon", "corners": SPOTS * 400}),
        json.dumps({"type": "Polygon", "coordinates": [SPOTS]}),
    ],
)  # fmt: skip
def test_what_is_no_area_is_refused(told: str) -> None:
    with pytest.raises(Invalid) as refused:
        place_of(told)
    assert refused.value.slug == "bad-place"
    assert refused.value.pointer == "/area"


def test_shapes_are_told_as_geojson() -> None:
    shown = json.loads(
        shapes_text([Box(179.0, 1.0, -179.0, 2.0), Circle(1.0, 2.0, 3.0), Corridor(((1.0, 2.0), (3.0, 4.0)), 5.0)])
    )
    shapes = [(it["geometry"]["type"], it["properties"].get("metres")) for it in shown["features"]]
    assert shapes == [("Polygon", None), ("Point", 3.0), ("LineString", 5.0)]
    assert shown["features"][0]["geometry"]["coordinates"][0][1] == [181.0, 1.0]  # on over the date line
    assert shapes_text([]) == ""
