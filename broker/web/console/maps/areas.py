"""An area as the map of the console draws it, one JSON text: read into a place to look in, and told to be drawn again.

{"type": "box", "bounds": [west, south, east, north]}
{"type": "polygon", "corners": [[longitude, latitude], …]}
{"type": "circle", "centre": [longitude, latitude], "metres": 300}
{"type": "line", "line": [[longitude, latitude], …], "metres": 50}

Degrees of WGS-84; `metres` of a line lie to each side of it.
"""

import json
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from broker.domain.catalog import places
from broker.domain.catalog.places import Box, Circle, Corridor, Place, Polygon
from broker.domain.errors import Invalid
from broker.web.values import In

LONGEST = 40_000  # characters of an area: 500 corners with six digits behind the point take half of it

Spot = tuple[float, float]
Spots = Annotated[list[Spot], Field(max_length=places.MOST_CORNERS + 1)]


class BoxIn(In):
    """West, south, east, north; over the date line where west > east."""

    type: Literal["box"]
    bounds: tuple[float, float, float, float]

    def place(self, pointer: str) -> Place:
        return places.box(*self.bounds, pointer)


class PolygonIn(In):
    """Corners, the last joined to the first."""

    type: Literal["polygon"]
    corners: Spots

    def place(self, pointer: str) -> Place:
        return places.polygon(self.corners, pointer)


class CircleIn(In):
    """What is at most so many metres from a spot."""

    type: Literal["circle"]
    centre: Spot
    metres: float

    def place(self, pointer: str) -> Place:
        return places.circle(*self.centre, self.metres, pointer)


class LineIn(In):
    """What is at most so many metres from a line."""

    type: Literal["line"]
    line: Annotated[Spots, Field(min_length=1)]
    metres: float

    def place(self, pointer: str) -> Place:
        return places.corridor(self.line, self.metres, pointer)


_AREA: TypeAdapter[BoxIn | PolygonIn | CircleIn | LineIn] = TypeAdapter(
    Annotated[BoxIn | PolygonIn | CircleIn | LineIn, Field(discriminator="type")]
)


def place_of(text: str, pointer: str = "/area") -> Place:
    """Return the place that a drawn area is.

    Raises:
        Invalid: `bad-place`: no such JSON, a number outside its range, or nothing is enclosed.
    """
    try:
        area = _AREA.validate_json(text if len(text) <= LONGEST else "")
    except ValidationError:
        raise Invalid("bad-place", pointer=pointer, reason=text[:80]) from None
    return area.place(pointer)


def shapes_text(shown: Iterable[Place]) -> str:
    """Return places as the text of a GeoJSON, for a map to show; "" for none.

    A circle is a point and a line a line with `metres` among their properties, since GeoJSON has neither.
    """
    features = [_feature(place) for place in shown]
    return json.dumps({"type": "FeatureCollection", "features": features}) if features else ""


def _feature(place: Place) -> dict[str, object]:
    kind, coordinates, metres = _shape(place)
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": {} if metres is None else {"metres": metres},
    }


def _shape(place: Place) -> tuple[str, object, float | None]:
    match place:
        case Box():
            east = place.east if place.west <= place.east else place.east + 360
            ring = [
                (place.west, place.south), (east, place.south), (east, place.north), (place.west, place.north),
                (place.west, place.south),
            ]  # fmt: skip
            return "Polygon", [ring], None
        case Polygon():
            return "Polygon", [[*place.corners, place.corners[0]]], None
        case Circle():
            return "Point", (place.longitude, place.latitude), place.metres
        case Corridor():
            return "LineString", place.line, place.metres
