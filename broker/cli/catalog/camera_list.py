"""`xueliang catalog list`: find points by the same questions as everywhere, in order or the nearest first."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from typer import Option

from broker.cli import screen
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import instant
from broker.cli.machine import Data, at_the_machine
from broker.cli.paging import every
from broker.domain.catalog.catalog import POINT_CLASSES, Lifecycle, Status
from broker.domain.catalog.finding import Point, Question
from broker.domain.errors import Invalid
from broker.domain.ids import CameraId, DepartmentId
from broker.domain.requests.asked_places import WIDTH, places_of, recorded_span, spot_of
from broker.services.catalog.finding import Wanted

COLUMNS = ("gb_code", "name", "owner", "latitude", "longitude", "bound")
MOST_NEAR = 200

app = Noun()


@app.verb("list")
def list_points(
    *,
    text: Annotated[str | None, Option("--text")] = None,
    owner: Annotated[str | None, Option("--owner", metavar="CODE")] = None,
    department: Annotated[str | None, Option("--department", metavar="CODE")] = None,
    division: Annotated[str | None, Option("--division", metavar="DIGITS")] = None,
    classes: Annotated[list[int] | None, Option("--class", metavar="1|2|3|9")] = None,
    status: Annotated[list[Status] | None, Option("--status", metavar="on|off|unknown")] = None,
    lifecycle: Annotated[list[Lifecycle] | None, Option("--lifecycle", metavar="in_use|repair|removed")] = None,
    tags: Annotated[list[str] | None, Option("--tag")] = None,
    bound: Annotated[bool | None, Option("--bound/--unbound")] = None,
    sensitive: Annotated[bool | None, Option("--sensitive/--ordinary")] = None,
    recorded_from: Annotated[str | None, Option("--recorded-from", metavar="TIME")] = None,
    recorded_to: Annotated[str | None, Option("--recorded-to", metavar="TIME")] = None,
    box: Annotated[str | None, Option("--box", metavar="WEST,SOUTH,EAST,NORTH")] = None,
    circle: Annotated[str | None, Option("--circle", metavar="LON,LAT,METRES")] = None,
    polygon: Annotated[str | None, Option("--polygon", metavar="LON,LAT;…")] = None,
    line: Annotated[str | None, Option("--line", metavar="LON,LAT;…")] = None,
    width: Annotated[float, Option("--width", metavar="METRES")] = WIDTH,
    near: Annotated[str | None, Option("--near", metavar="LON,LAT")] = None,
    limit: Limit = 50,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show points that answer every condition, in the order of ids, or the nearest to a spot first."""
    if not POINT_CLASSES.issuperset(classes or ()):
        raise Invalid("malformed", pointer="--class", value=str((classes or [0])[0]), pattern="1, 2, 3, 9")
    first, last = (
        None if told is None else instant(told, option)
        for told, option in ((recorded_from, "--recorded-from"), (recorded_to, "--recorded-to"))
    )
    places = {"box": box, "circle": circle, "polygon": polygon, "line": line}
    question = Question(
        text=text or "", division=division, classes=frozenset(classes or ()), statuses=frozenset(status or ()),
        lifecycles=frozenset(lifecycle or ()), tags=frozenset(tags or ()), bound=bound, sensitive=sensitive,
        recorded=recorded_span(first, last, "--"), places=places_of(places, width, "--"),
    )  # fmt: skip
    show(Wanted(question, owner, department), near, limit, data, as_json=as_json)


def show(wanted: Wanted, near: str | None, limit: int, data: Data, *, as_json: bool) -> None:
    """Show the points that answer."""
    far: dict[CameraId, float] = {}
    with at_the_machine(data) as (broker, me):

        def page(after: CameraId | None, limit: int) -> Sequence[Point]:
            return broker.finding.page(me, wanted, after=after, limit=limit)

        if near is None:
            found = list(every(page, lambda point: point.id, None, limit=limit))
        else:
            measured = broker.finding.nearest(me, wanted, spot_of(near, "--near"), min(limit, MOST_NEAR))
            found, far = [point for point, _ in measured], {point.id: metres for point, metres in measured}
        known = broker.names.of(me, departments={point.owner_id for point in found})
        names = {key: department.name for key, department in known.departments.items()}
    columns = COLUMNS if near is None else (*COLUMNS, "metres")
    screen.rows(columns, (_record(point, names, far) for point in found), as_json=as_json)
    if not as_json and near is None and len(found) == limit:
        screen.note("catalog.more", limit=limit)


def _record(point: Point, owners: Mapping[DepartmentId, str], far: Mapping[CameraId, float]) -> dict[str, object]:
    told: dict[str, object] = {
        "id": str(point.id),
        "gb_code": point.gb_code,
        "external_key": point.external_key,
        "name": point.name,
        "owner": owners.get(point.owner_id, ""),
        "division": point.division,
        "address": point.address,
        "latitude": point.latitude,
        "longitude": point.longitude,
        "direction": point.direction.name.lower() if point.direction else None,
        "point_class": point.point_class,
        "sensitive": point.sensitive,
        "synthetic": point.synthetic,
        "bound": point.source_id is not None,
        "channel": point.channel,
        "status": point.status,
        "lifecycle": point.lifecycle,
        "tags": list(point.tags),
    }
    return told | ({"metres": round(far[point.id], 1)} if far else {})
