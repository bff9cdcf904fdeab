"""The conditions of a question in SQL, as text with named values: made for each search, it has to cost next to none.

Each is exact but for places: those keep a little too much, and `storage/geometry.py` has the last word. What only lets
the database use an index, and costs time where it looks at rows one by one, stands apart.
"""

import math
from functools import lru_cache

from sqlalchemy.dialects.postgresql import psycopg

from broker.domain.catalog.divisions import interval
from broker.domain.catalog.finding import Question
from broker.domain.catalog.places import DEGREE, EARTH, HALF, Box, Circle, Corridor, Place, Polygon, Spot
from broker.domain.catalog.visibility import Viewer
from broker.domain.time import TimeSpan
from storage.db.catalog.seen import seen_by
from storage.db.catalog.sought import tokens_of, words
from storage.db.catalog.token_shares import Lists, TokenShares

TOKENS = "string_to_array(split_part(camera.sought, E'\\x02', 2), ' ')"
"""As the index of the migration has it, letter by letter."""
SPOT = "point(camera.longitude, camera.latitude)"
FINE = 1e6
"""PostgreSQL takes points 1e-6 apart for one; so polygons are compared in millionths of a degree."""

_RECORDED = """EXISTS (
    SELECT FROM recording_answer AS told
    WHERE told.camera_id = camera.id AND told.source_id = camera.source_id AND told.channel = camera.channel
      AND told.span_begin <= {begin} AND told.span_end >= {end}
      AND (SELECT sum(least(part.last, {end}) - greatest(part.first, {begin}))
           FROM unnest(told.begins, told.ends) AS part (first, last)
           WHERE part.first < {end} AND part.last > {begin}) >= {end} - {begin})"""


class Terms:
    """Conditions that all have to hold, and the values that their texts name."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.values: dict[str, object] = {}

    def named(self, value: object, kind: str) -> str:
        """Keep a value and return how a text names it."""
        name = f"asked_{len(self.values)}"
        self.values[name] = value
        return f"%({name})s::{kind}"

    def add(self, *texts: str) -> None:
        self.texts += texts

    def where(self, *more: str) -> str:
        """Return the whole condition."""
        return " AND ".join((*self.texts, *more)) or "true"


def terms_of(question: Question, viewer: Viewer) -> Terms:
    """Return what each row is held to, the quickest to refute first, and that the viewer may know of it."""
    terms = Terms()
    if question.owners is not None:
        terms.add(f"camera.owner_id = ANY({terms.named(sorted(question.owners), 'uuid[]')})")
    if question.division:
        terms.add(within_division(terms, question.division))
    for column, wanted in (("status", question.statuses), ("lifecycle", question.lifecycles)):
        if wanted:
            terms.add(f"camera.{column} = ANY({terms.named(sorted(map(str, wanted)), 'text[]')})")
    if question.classes:
        terms.add(f"camera.point_class = ANY({terms.named(sorted(question.classes), 'smallint[]')})")
    if question.sensitive is not None:
        terms.add("camera.sensitive" if question.sensitive else "NOT camera.sensitive")
    if question.bound is not None:
        terms.add(f"camera.source_id IS {'NOT ' if question.bound else ''}NULL")
    if question.tags:
        terms.add(f"camera.tags @> {terms.named(sorted(question.tags), 'text[]')}")
    terms.add(*(_place(terms, place) for place in question.places))
    terms.add(*(f"strpos(camera.sought, {terms.named(word, 'text')}) > 0" for word in words(question.text)))
    if question.recorded is not None:
        terms.add(_recorded(terms, question.recorded))
    seen, values = _seen(viewer)
    terms.add(f"({seen})")
    terms.values |= values
    return terms


def index_terms(terms: Terms, question: Question, shares: TokenShares) -> list[str]:
    """Return what follows from the conditions and can be looked up: the tokens of the text."""
    return [
        "(" + " OR ".join(f"{TOKENS} @> {terms.named(shares.rarest(each), 'text[]')}" for each in some) + ")"
        for some in looked_up(question)
    ]


def looked_up(question: Question) -> list[Lists]:
    """Return the words of a question that the index can say something of."""
    return [lists for lists in map(tokens_of, words(question.text)) if lists]


def within_division(terms: Terms, code: str) -> str:
    """Return the test for points inside a division: one range of the index."""
    low, high = (terms.named(end, "text") for end in interval(code))
    return f'camera.division COLLATE "C" >= {low} AND camera.division COLLATE "C" < {high}'


def metres_from(terms: Terms, spot: Spot) -> str:
    """Return the distance of a point from a spot, by the formula of `storage/geometry.py`."""
    longitude, here = terms.named(spot[0], "float8"), terms.named(math.radians(spot[1]), "float8")
    narrow = terms.named(math.cos(math.radians(spot[1])), "float8")
    north = f"power(sin((radians(camera.latitude) - {here}) / 2), 2)"
    east = f"cos(radians(camera.latitude)) * {narrow} * power(sin(radians(camera.longitude - {longitude}) / 2), 2)"
    return f"{2 * EARTH!r} * asin(sqrt(least({north} + {east}, 1.0)))"


@lru_cache(512)
def _seen(viewer: Viewer) -> tuple[str, dict[str, object]]:
    """Return the test of `seen_by` as text, worked out once for all who see the same."""
    compiled = seen_by(viewer).compile(dialect=psycopg.dialect(), compile_kwargs={"render_postcompile": True})  # type: ignore[no-untyped-call]
    return str(compiled), dict(compiled.params)


def _place(terms: Terms, place: Place) -> str:
    boxes = " OR ".join(f"{SPOT} <@ {_box(terms, each)}" for each in place.boxes)
    if isinstance(place, Circle):
        reach = terms.named(place.metres * (1 + 1e-9) + 1e-6, "float8")
        return f"({boxes}) AND {metres_from(terms, (place.longitude, place.latitude))} <= {reach}"
    if isinstance(place, Polygon) and all(abs(longitude) <= HALF for longitude, _ in place.corners):
        outline = ",".join(f"({longitude * FINE!r},{latitude * FINE!r})" for longitude, latitude in place.corners)
        spot = f"point(camera.longitude * {FINE!r}, camera.latitude * {FINE!r})"
        return f"({boxes}) AND {spot} <@ {terms.named(f'({outline})', 'polygon')}"
    if isinstance(place, Corridor) and all(abs(longitude) <= HALF for longitude, _ in place.line):
        beside = " OR ".join(_beside(terms, piece, place.metres) for piece in place.pieces)
        return f"({boxes}) AND ({beside})"
    return f"({boxes})"


def _beside(terms: Terms, piece: tuple[Spot, Spot], metres: float) -> str:
    """Return the test for points close to a short line, on a plane that is as narrow as the globe is at its far end."""
    far = max(abs(piece[0][1]), abs(piece[1][1])) + metres / DEGREE * 1.01
    narrow = math.cos(math.radians(min(far, HALF / 2)))
    (west, south), (east, north) = piece
    line = terms.named(f"(({west * narrow!r},{south!r}),({east * narrow!r},{north!r}))", "lseg")
    spot = f"point(camera.longitude * {terms.named(narrow, 'float8')}, camera.latitude)"
    return f"{spot} <-> {line} <= {terms.named(metres / DEGREE * (1 + 1e-6) + 1e-9, 'float8')}"


def _box(terms: Terms, place: Box) -> str:
    return terms.named(f"({place.east!r},{place.north!r}),({place.west!r},{place.south!r})", "box")


def _recorded(terms: Terms, span: TimeSpan) -> str:
    """Return the test for points whose source, as bound now, said in one answer that it has the whole span."""
    return _RECORDED.format(begin=terms.named(span.begin, "timestamptz"), end=terms.named(span.end, "timestamptz"))
