"""Pages of points that answer a question, in the order of ids, at the price of the page wherever it begins.

The planner takes points that answer for evenly spread, so it may walk through a million ids for the few that are at the
end, or fetch a hundred thousand points to sort out fifty. So it is not asked: first the next thousand ids are walked
through. Where they answer often, the walk goes on and ends early. Where they seldom do, all answers are fetched through
the indexes, as a set without a limit, where an estimate that is wrong costs little.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Double,
    LargeBinary,
    Row,
    Select,
    Uuid,
    any_,
    func,
    literal,
    select,
    text,
)

from broker.domain.catalog import Camera
from broker.domain.finding import Question
from broker.domain.ids import CameraId, DepartmentId
from broker.domain.places import DEGREE, Box, Circle, Place, Spot
from broker.domain.visibility import Viewer
from storage.db.camera_rows import camera_of
from storage.db.finding_terms import SPOT, conditions, index_conditions, metres_from
from storage.db.seen import seen_by
from storage.db.tables import camera, department
from storage.geometry import Floats, distances, inside

SHORT_WALK, LONG_WALK = 1_000, 20_000
OFTEN = 8
"""Answers in a short walk that make it worth going on: one in a hundred and twenty-five."""
SMALL = 25.0
"""Square kilometres that may hold some thousand points, not many more."""
NEAREST_TRIED = 2_000

_COLUMNS = tuple(column for column in camera.c if column.name not in {"sought", "changed", "import_id"})
_BRIEF = (camera.c.id, camera.c.longitude, camera.c.latitude)
_OWN_PLANS = text("SET LOCAL plan_cache_mode = force_custom_plan")  # a plan for all words fits none

Found = Row[tuple[Any, ...]]


class FindingRepository:
    """Finds points over one open transaction, as far as a viewer may know of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._prepared = False

    def page(self, question: Question, viewer: Viewer, *, after: CameraId | None, limit: int) -> list[Camera]:
        """Return at most `limit` points that answer, by id, beginning behind `after`."""
        self._prepare()
        held = [*conditions(question), seen_by(viewer)]
        found: list[Camera] = []
        while len(found) < limit:
            wanted = limit - len(found)
            rows = self._some(question, held, after, wanted)
            found += map(camera_of, _exactly(question.places, rows))
            if len(rows) < wanted:
                break
            after = rows[-1].id
        return found

    def nearest(self, question: Question, viewer: Viewer, spot: Spot, count: int) -> list[tuple[Camera, float]]:
        """Return the `count` points nearest to a spot, each with its distance in metres, the nearest first.

        Those nearest in degrees show how far one has to look; then all within that distance are measured.
        """
        self._prepare()
        rows = self._near([*conditions(question), seen_by(viewer)], spot)
        near = np.sort(_metres(spot, _exactly(question.places, rows)))
        if len(near) >= count:
            reach = float(near[count - 1]) * (1 + 1e-9) + 1e-3
            question = replace(question, places=(*question.places, Circle(*spot, reach)))
        held = [*conditions(question), seen_by(viewer)]
        limit = 2 * count + 20
        while True:
            rows = self._by_distance(question, held, spot, limit)
            exact = _exactly(question.places, rows)
            if len(exact) >= count or len(rows) < limit:
                break
            limit *= 8
        order = sorted(zip(_metres(spot, exact).tolist(), (row.id for row in exact), strict=True))[:count]
        cameras = {found.id: found for found in self._whole([key for _, key in order])}
        return [(cameras[key], metres) for metres, key in order]

    def departments_below(self, path: str) -> frozenset[DepartmentId]:
        """Return the departments of a subtree."""
        rows = select(department.c.id).where(department.c.path.startswith(path, autoescape=True))
        return frozenset(self._connection.execute(rows).scalars())

    def halves(self, question: Question, viewer: Viewer) -> bytes:
        """Return the later eight bytes of the ids of all points that answer, one after the other.

        Places are not looked at: the map does that.
        """
        self._prepare()
        asked = replace(question, places=())
        half = func.substring(func.uuid_send(camera.c.id), 9)
        packed = func.string_agg(half, literal(b"", LargeBinary))
        found = select(packed).where(*conditions(asked), *index_conditions(asked), seen_by(viewer))
        return self._connection.execute(found).scalar_one() or b""

    def _prepare(self) -> None:
        if not self._prepared:
            self._connection.execute(_OWN_PLANS)
            self._prepared = True

    def _some(
        self, question: Question, held: Sequence[ColumnElement[bool]], after: CameraId | None, limit: int
    ) -> Sequence[Found]:
        ahead = [] if after is None else [camera.c.id > after]
        if question.owners is not None and len(question.owners) == 1:
            ahead.append(camera.c.owner_id == next(iter(question.owners)))
        for steps in () if _is_small(question.places) else (SHORT_WALK, LONG_WALK):
            to = select(camera.c.id).where(*ahead).order_by(camera.c.id).offset(steps - 1).limit(1)
            end = self._connection.execute(to).scalar_one_or_none()
            within = ahead if end is None else [*ahead, camera.c.id <= end]
            walked = select(*_COLUMNS).where(*within, *held).order_by(camera.c.id).limit(limit)
            rows = self._connection.execute(walked).all()
            if len(rows) == limit or end is None:
                return rows
            if len(rows) < OFTEN:
                break
        found = select(camera.c.id).where(*held, *ahead, *index_conditions(question))
        fenced = found.cte("found").prefix_with("MATERIALIZED")
        first = select(fenced.c.id).order_by(fenced.c.id).limit(limit).scalar_subquery()
        whole = select(*_COLUMNS).where(camera.c.id == any_(func.array(first))).order_by(camera.c.id)
        return self._connection.execute(whole).all()

    def _near(self, held: Sequence[ColumnElement[bool]], spot: Spot) -> Sequence[Found]:
        """Return the answers among the points nearest in degrees."""
        apart = SPOT.op("<->")(func.point(literal(spot[0], Double), literal(spot[1], Double)))
        nearby = select(camera.c.id).order_by(apart).limit(NEAREST_TRIED).scalar_subquery()
        wanted: Select[Any] = select(*_BRIEF).where(camera.c.id == any_(func.array(nearby)), *held)
        return self._connection.execute(wanted).all()

    def _by_distance(
        self, question: Question, held: Sequence[ColumnElement[bool]], spot: Spot, limit: int
    ) -> Sequence[Found]:
        answers = select(*_BRIEF, metres_from(spot).label("metres"))
        found = answers.where(*held, *index_conditions(question)).cte("found").prefix_with("MATERIALIZED")
        return self._connection.execute(select(found).order_by(found.c.metres, found.c.id).limit(limit)).all()

    def _whole(self, keys: Sequence[CameraId]) -> list[Camera]:
        wanted = literal(list(keys), ARRAY(Uuid))
        rows = select(*_COLUMNS).where(camera.c.id == any_(wanted)).order_by(camera.c.id)
        return [camera_of(row) for row in self._connection.execute(rows)] if keys else []


def _is_small(places: Sequence[Place]) -> bool:
    """Say whether points are rather looked up by their place than walked through."""
    return any(sum(_square_kilometres(each) for each in place.boxes) <= SMALL for place in places)


def _square_kilometres(box: Box) -> float:
    wide = (box.east - box.west) * math.cos(math.radians((box.south + box.north) / 2))
    return wide * (box.north - box.south) * (DEGREE / 1000) ** 2


def _exactly(places: Sequence[Place], rows: Sequence[Found]) -> Sequence[Found]:
    """Return the rows that really lie in every place."""
    if not places or not rows:
        return rows
    longitudes, latitudes = _spots(rows)
    held = np.ones(len(rows), dtype=np.bool_)
    for place in places:
        held &= inside(place, longitudes, latitudes)
    return [row for row, kept in zip(rows, held.tolist(), strict=True) if kept]


def _metres(spot: Spot, rows: Sequence[Found]) -> Floats:
    return distances(spot, *_spots(rows))


def _spots(rows: Sequence[Found]) -> tuple[Floats, Floats]:
    pairs = np.array([(row.longitude, row.latitude) for row in rows], dtype=np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
