"""Pages of points that answer a question, in the order of ids, at the price of the page wherever it begins.

The planner takes points that answer for evenly spread, so it may walk through a million ids for the few that are at the
end, or fetch a hundred thousand points to sort out fifty. So it is not asked. The next thousand ids are walked through
first, and where they answer often, the walk goes on and ends early. Words that are known to be rare need no walk: all
their points are fetched. Of words in between, the answers are fetched piece by piece, each of as many ids as should
hold the page. Sets come through the indexes and without a limit, where an estimate that is wrong costs little.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, select

from broker.domain.catalog.finding import Point, Question
from broker.domain.catalog.places import DEGREE, Box, Circle, Place, Spot
from broker.domain.catalog.visibility import Viewer
from broker.domain.ids import CameraId, DepartmentId
from storage.db.catalog.camera_rows import POINT_COLUMNS, point_of
from storage.db.catalog.finding_terms import SPOT, Terms, index_terms, looked_up, metres_from, terms_of
from storage.db.catalog.token_shares import TokenShares, token_shares
from storage.db.tables import department
from storage.geometry import Floats, distances, inside

SHORT_WALK, LONG_WALK = 1_000, 20_000
OFTEN = 8
"""Answers in a short walk that make it worth going on: one in a hundred and twenty-five."""
FEW = 1_000
"""Points with the rarest word of a text that are fetched all at once."""
WINDOW = 30_000
"""The most ids of which a set is cut out: to look them up costs as much as to fetch a thousand points."""
SMALL = 25.0
"""Square kilometres that may hold some thousand points, not many more."""
NEAREST_TRIED = 2_000
NEAR = 160
"""Points that are looked at first for the nearest ones: enough where most of them answer."""

_WHOLE = ", ".join(f"camera.{name}" for name in POINT_COLUMNS)

Found = Row[Any]


class FindingRepository:
    """Finds points over one open transaction, as far as a viewer may know of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def _shares(self) -> TokenShares:
        return token_shares(self._connection)

    def page(self, question: Question, viewer: Viewer, *, after: CameraId | None, limit: int) -> list[Point]:
        """Return at most `limit` points that answer, by id, beginning behind `after`."""
        found: list[Point] = []
        while len(found) < limit:
            wanted = limit - len(found)
            rows = self._some(question, viewer, after, wanted)
            found += _exactly(question.places, rows)
            if len(rows) < wanted:
                break
            after = rows[-1].id
        return found

    def nearest(self, question: Question, viewer: Viewer, spot: Spot, count: int) -> list[tuple[Point, float]]:
        """Return the `count` points nearest to a spot, each with its distance in metres, the nearest first.

        Those nearest in degrees show how far one has to look; then all within that distance are measured.
        """
        for tried in (min(NEAR + 4 * count, NEAREST_TRIED), NEAREST_TRIED):
            near = np.sort(_metres(spot, _exactly(question.places, self._near(question, viewer, spot, tried))))
            if len(near) >= count:
                reach = float(near[count - 1]) * (1 + 1e-9) + 1e-3
                question = replace(question, places=(*question.places, Circle(*spot, reach)))
                break
        limit = 2 * count + 20
        while True:
            rows = self._by_distance(question, viewer, spot, limit)
            exact = _exactly(question.places, rows)
            if len(exact) >= count or len(rows) < limit:
                break
            limit *= 8
        measured = zip(_metres(spot, exact).tolist(), exact, strict=True)
        order = sorted(measured, key=lambda it: (it[0], it[1].id))
        return [(point, metres) for metres, point in order[:count]]

    def departments_below(self, path: str) -> frozenset[DepartmentId]:
        """Return the departments of a subtree."""
        rows = select(department.c.id).where(department.c.path.startswith(path, autoescape=True))
        return frozenset(self._connection.execute(rows).scalars())

    def halves(self, question: Question, viewer: Viewer) -> bytes:
        """Return the later eight bytes of the ids of all points that answer, one after the other.

        Places are not looked at: the map does that.
        """
        asked = replace(question, places=())
        terms = terms_of(asked, viewer)
        where = terms.where(*index_terms(terms, asked, self._shares))
        packed = f"SELECT string_agg(substring(uuid_send(camera.id), 9), '') FROM camera WHERE {where}"  # noqa: S608
        found: bytes | None = self._rows(packed, terms.values)[0][0]
        return found or b""

    def _some(self, question: Question, viewer: Viewer, after: CameraId | None, limit: int) -> list[Point]:
        """Return the next points that answer, places roughly; fewer than `limit` are all that there are."""
        if _is_small(question.places):
            return self._set(question, viewer, after, None, limit)
        indexed = looked_up(question)
        share = self._shares.most(indexed) if indexed else None
        pairs = any(len(tokens) > 1 for lists in indexed for tokens in lists)  # two tokens leave far fewer than one
        known = self._shares.points
        if share is not None and known and share * known < FEW * (4 if pairs else 1):
            return self._set(question, viewer, after, None, limit)
        rows: list[Point] = []
        steps = 0
        if share is None or share > OFTEN / SHORT_WALK:
            steps = max(SHORT_WALK, 2 * limit)
            rows, end = self._walk(question, viewer, after, steps, limit)
            if end is not None and share is None and len(rows) >= OFTEN:
                after = end
                others, end = self._walk(question, viewer, after, LONG_WALK, limit - len(rows))
                rows += others
            if end is None:
                return rows
            after = end
        while share is not None and len(rows) < limit:
            ids = int(1.5 * (limit - len(rows)) / (max(len(rows), 1) / steps if steps else share))
            if ids > 2 * WINDOW:
                break
            end = self._end(question, after, min(ids, WINDOW))
            rows += self._set(question, viewer, after, end, limit - len(rows))
            if end is None:
                return rows
            after, steps = end, steps + min(ids, WINDOW)
        return rows if len(rows) == limit else rows + self._set(question, viewer, after, None, limit - len(rows))

    def _walk(
        self, question: Question, viewer: Viewer, after: CameraId | None, steps: int, limit: int
    ) -> tuple[list[Point], CameraId | None]:
        """Return what answers among the next ids; and the last of them, None at the end or when there is enough."""
        terms = terms_of(question, viewer)
        ahead = _ahead(terms, question, after)
        some = f"SELECT * FROM camera WHERE {ahead} ORDER BY camera.id LIMIT {steps:d}"  # noqa: S608  # no words of others
        walked = f"SELECT {_WHOLE} FROM ({some}) AS camera WHERE {terms.where()} ORDER BY camera.id LIMIT {limit:d}"  # noqa: S608
        rows = [point_of(row) for row in self._rows(walked, terms.values)]
        return rows, None if len(rows) == limit else self._end(question, after, steps)

    def _end(self, question: Question, after: CameraId | None, steps: int) -> CameraId | None:
        """Return the id so many steps ahead; None when there are fewer."""
        terms = Terms()
        ahead = _ahead(terms, question, after)
        far = f"SELECT camera.id FROM camera WHERE {ahead} ORDER BY camera.id OFFSET {steps - 1:d} LIMIT 1"  # noqa: S608
        return next((row[0] for row in self._rows(far, terms.values)), None)

    def _set(
        self, question: Question, viewer: Viewer, after: CameraId | None, end: CameraId | None, limit: int
    ) -> list[Point]:
        """Return the first of all answers behind `after` and up to `end`, through the indexes."""
        terms = terms_of(question, viewer)
        indexed = [_ahead(terms, question, after), *index_terms(terms, question, self._shares)]
        if end is not None:
            indexed.append(f"camera.id <= {terms.named(end, 'uuid')}")
        found = f"SELECT camera.id FROM camera WHERE {terms.where(*indexed)}"  # noqa: S608  # no words of others
        fenced = (
            f"WITH found AS MATERIALIZED ({found}) SELECT {_WHOLE} FROM camera "  # noqa: S608
            f"WHERE camera.id = ANY (ARRAY (SELECT id FROM found ORDER BY id LIMIT {limit:d})) ORDER BY camera.id"
        )
        return [point_of(row) for row in self._rows(fenced, terms.values)]

    def _near(self, question: Question, viewer: Viewer, spot: Spot, tried: int) -> list[Point]:
        """Return the answers among the points nearest in degrees."""
        terms = terms_of(question, viewer)
        here = f"point({terms.named(spot[0], 'float8')}, {terms.named(spot[1], 'float8')})"
        nearby = f"SELECT * FROM camera ORDER BY {SPOT} <-> {here} LIMIT {tried:d}"  # noqa: S608
        wanted = f"SELECT {_WHOLE} FROM ({nearby}) AS camera WHERE {terms.where()}"  # noqa: S608
        return [point_of(row) for row in self._rows(wanted, terms.values)]

    def _by_distance(self, question: Question, viewer: Viewer, spot: Spot, limit: int) -> list[Point]:
        terms = terms_of(question, viewer)
        metres = metres_from(terms, spot)
        answers = f"SELECT {_WHOLE}, {metres} AS metres FROM camera"  # noqa: S608
        where = terms.where(*index_terms(terms, question, self._shares))
        fenced = f"WITH found AS MATERIALIZED ({answers} WHERE {where}) SELECT * FROM found"  # noqa: S608
        rows = self._rows(f"{fenced} ORDER BY metres, id LIMIT {limit:d}", terms.values)
        return [point_of(row[:-1]) for row in rows]

    def _rows(self, statement: str, values: Mapping[str, object]) -> Sequence[Found]:
        return self._connection.exec_driver_sql(statement, dict(values)).all()


def _ahead(terms: Terms, question: Question, after: CameraId | None) -> str:
    """Return what is ahead of an id; of one owner's points only, where the index has them by owner."""
    texts = [] if after is None else [f"camera.id > {terms.named(after, 'uuid')}"]
    if question.owners is not None and len(question.owners) == 1:
        texts.append(f"camera.owner_id = {terms.named(next(iter(question.owners)), 'uuid')}")
    return " AND ".join(texts) or "true"


def _is_small(places: Sequence[Place]) -> bool:
    """Say whether points are rather looked up by their place than walked through."""
    return any(sum(_square_kilometres(each) for each in place.boxes) <= SMALL for place in places)


def _square_kilometres(box: Box) -> float:
    wide = (box.east - box.west) * math.cos(math.radians((box.south + box.north) / 2))
    return wide * (box.north - box.south) * (DEGREE / 1000) ** 2


def _exactly(places: Sequence[Place], points: Sequence[Point]) -> Sequence[Point]:
    """Return the points that really lie in every place."""
    if not places or not points:
        return points
    longitudes, latitudes = _spots(points)
    held = np.ones(len(points), dtype=np.bool_)
    for place in places:
        held &= inside(place, longitudes, latitudes)
    return [point for point, kept in zip(points, held.tolist(), strict=True) if kept]


def _metres(spot: Spot, points: Sequence[Point]) -> Floats:
    return distances(spot, *_spots(points))


def _spots(points: Sequence[Point]) -> tuple[Floats, Floats]:
    pairs = np.array([(point.longitude, point.latitude) for point in points], dtype=np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
