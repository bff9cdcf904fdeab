"""The conditions of a question in SQL.

Each is exact but for places: those keep a little too much, and `storage/geometry.py` has the last word. What only lets
the database use an index, and costs time where it looks at rows one by one, stands apart.
"""

import math
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Double,
    Interval,
    Text,
    Uuid,
    and_,
    any_,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from broker.domain.divisions import interval
from broker.domain.finding import Question
from broker.domain.places import DEGREE, EARTH, HALF, Box, Circle, Corridor, Place, Polygon, Spot
from broker.domain.time import TimeSpan
from storage.db.sought import tokens_of, words
from storage.db.tables import camera, recording_answer

TOKENS = literal_column("string_to_array(split_part(camera.sought, E'\\x02', 2), ' ')", ARRAY(Text))
"""As the index of the migration has it, letter by letter."""
SPOT: ColumnElement[Any] = literal_column("point(camera.longitude, camera.latitude)")
FINE = 1e6
"""PostgreSQL takes points 1e-6 apart for one; so polygons are compared in millionths of a degree."""


def conditions(question: Question) -> list[ColumnElement[bool]]:
    """Return what each row is held to, the quickest to refute first."""
    found: list[ColumnElement[bool]] = []
    if question.owners is not None:
        found.append(camera.c.owner_id == any_(literal(sorted(question.owners), ARRAY(Uuid))))
    if question.division:
        found.append(within_division(question.division))
    if question.statuses:
        found.append(camera.c.status.in_(sorted(question.statuses)))
    if question.lifecycles:
        found.append(camera.c.lifecycle.in_(sorted(question.lifecycles)))
    if question.classes:
        found.append(camera.c.point_class.in_(sorted(question.classes)))
    if question.sensitive is not None:
        found.append(camera.c.sensitive.is_(question.sensitive))
    if question.bound is not None:
        found.append(camera.c.source_id.is_not(None) if question.bound else camera.c.source_id.is_(None))
    if question.tags:
        found.append(camera.c.tags.op("@>")(literal(sorted(question.tags), ARRAY(Text))))
    found += (_place(place) for place in question.places)
    found += (func.strpos(camera.c.sought, word) > 0 for word in words(question.text))
    if question.recorded is not None:
        found.append(_recorded(question.recorded))
    return found


def index_conditions(question: Question) -> list[ColumnElement[bool]]:
    """Return what follows from the conditions and can be looked up: the tokens of the text."""
    lists = (tokens_of(word) for word in words(question.text))
    return [or_(*(TOKENS.op("@>")(literal(each, ARRAY(Text))) for each in some)) for some in lists if some]


def within_division(code: str) -> ColumnElement[bool]:
    """Return the test for points inside a division: one range of the index."""
    low, high = interval(code)
    place = camera.c.division.collate("C")
    return and_(place >= low, place < high)


def _place(place: Place) -> ColumnElement[bool]:
    boxes = or_(*(_held(SPOT, _box(each)) for each in place.boxes))
    if isinstance(place, Circle):
        return and_(boxes, metres_from((place.longitude, place.latitude)) <= place.metres * (1 + 1e-9) + 1e-6)
    if isinstance(place, Polygon) and all(abs(longitude) <= HALF for longitude, _ in place.corners):
        outline = ",".join(f"({longitude * FINE!r},{latitude * FINE!r})" for longitude, latitude in place.corners)
        spot = func.point(camera.c.longitude * FINE, camera.c.latitude * FINE)
        return and_(boxes, _held(spot, literal(f"({outline})", Text).op("::")(literal_column("polygon"))))
    if isinstance(place, Corridor) and all(abs(longitude) <= HALF for longitude, _ in place.line):
        return and_(boxes, or_(*(_beside(piece, place.metres) for piece in place.pieces)))
    return boxes


def _beside(piece: tuple[Spot, Spot], metres: float) -> ColumnElement[bool]:
    """Return the test for points close to a short line, on a plane that is as narrow as the globe is at its far end."""
    far = max(abs(piece[0][1]), abs(piece[1][1])) + metres / DEGREE * 1.01
    narrow = math.cos(math.radians(min(far, HALF / 2)))
    ends = (func.point(longitude * narrow, latitude) for longitude, latitude in piece)
    spot = func.point(camera.c.longitude * narrow, camera.c.latitude)
    return spot.op("<->", return_type=Double())(func.lseg(*ends)) <= metres / DEGREE * (1 + 1e-6) + 1e-9


def _held(spot: ColumnElement[Any], area: ColumnElement[Any]) -> ColumnElement[bool]:
    return spot.op("<@", return_type=Boolean())(area)


def _box(place: Box) -> ColumnElement[Any]:
    corners = ((place.east, place.north), (place.west, place.south))
    return func.box(*(func.point(literal(one, Double), literal(other, Double)) for one, other in corners))


def _recorded(span: TimeSpan) -> ColumnElement[bool]:
    """Return the test for points whose source, as bound now, said in one answer that it has the whole span."""
    told = recording_answer.c
    parts = func.unnest(told.begins, told.ends).table_valued("first", "last").alias("part")
    held = func.least(parts.c.last, span.end) - func.greatest(parts.c.first, span.begin)
    length = select(func.sum(held)).where(parts.c.first < span.end, parts.c.last > span.begin).scalar_subquery()
    return exists().where(
        told.camera_id == camera.c.id,
        told.source_id == camera.c.source_id,
        told.channel == camera.c.channel,
        told.span_begin <= span.begin,
        told.span_end >= span.end,
        length >= literal(span.end - span.begin, Interval),
    )


def metres_from(spot: Spot) -> ColumnElement[float]:
    """Return the distance of a point from a spot, by the formula of `storage/geometry.py`."""
    there, here = func.radians(camera.c.latitude), math.radians(spot[1])
    aside = func.radians(camera.c.longitude - literal(spot[0], Double))
    north = func.power(func.sin((there - literal(here, Double)) / 2), 2)
    east = func.cos(there) * literal(math.cos(here), Double) * func.power(func.sin(aside / 2), 2)
    return literal(2 * EARTH, Double) * func.asin(func.sqrt(func.least(north + east, literal(1.0, Double))))
