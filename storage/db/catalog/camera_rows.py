"""A camera and its row: the only place that knows which column holds what."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from broker.domain.catalog.catalog import Camera, Direction, Lifecycle, Status, Visibility
from broker.domain.catalog.finding import Point
from broker.domain.catalog.gb_code import Edition
from broker.domain.footage.media import Mask
from storage.db.catalog.sought import sought
from storage.db.requests.request_rows import AnyRow

_MASKS = TypeAdapter(tuple[Mask, ...])

POINT_COLUMNS = Point._fields
"""The columns of a point, in the order in which `point_of` takes them."""
_MEANT: tuple[tuple[int, Mapping[object, object]], ...] = tuple(
    (POINT_COLUMNS.index(column), {kind.value: kind for kind in kinds})
    for column, kinds in (
        ("direction", Direction), ("edition", Edition), ("status", Status), ("lifecycle", Lifecycle),
        ("visibility", Visibility),
    )
)  # fmt: skip
_TAGS = POINT_COLUMNS.index("tags")


def point_of(row: Sequence[Any]) -> Point:
    """Return the point of a row of `POINT_COLUMNS`: of which a page has many, so nothing is looked at twice."""
    values = list(row)
    for place, meant in _MEANT:
        if values[place] is not None:
            values[place] = meant[values[place]]
    values[_TAGS] = tuple(values[_TAGS])
    return Point._make(values)


def camera_of(row: AnyRow) -> Camera:
    """Return the camera of a row that has every column of the table but what is derived."""
    return Camera(
        id=row.id, owner_id=row.owner_id, name=row.name, latitude=row.latitude, longitude=row.longitude,
        gb_code=row.gb_code, external_key=row.external_key, division=row.division, address=row.address,
        direction=None if row.direction is None else Direction(row.direction), point_class=row.point_class,
        sensitive=row.sensitive, synthetic=row.synthetic, source_id=row.source_id, channel=row.channel, extra=row.extra,
        masks=_MASKS.validate_python(row.masks) if row.masks else (),
        record=row.record, edition=None if row.edition is None else Edition(row.edition), status=Status(row.status),
        lifecycle=Lifecycle(row.lifecycle), visibility=Visibility(row.visibility), shown_to=tuple(row.shown_to),
        tags=tuple(row.tags), custom=row.custom, picture=row.picture,
        stream=row.stream, version=row.version,
    )  # fmt: skip


def row_of(camera: Camera) -> dict[str, object]:
    """Return the columns of a camera, with what text search looks in; its status is the watch's to write."""
    return {
        "id": camera.id,
        "owner_id": camera.owner_id,
        "gb_code": camera.gb_code,
        "external_key": camera.external_key,
        "name": camera.name,
        "division": camera.division,
        "address": camera.address,
        "latitude": camera.latitude,
        "longitude": camera.longitude,
        "direction": None if camera.direction is None else int(camera.direction),
        "point_class": camera.point_class,
        "sensitive": camera.sensitive,
        "synthetic": camera.synthetic,
        "source_id": camera.source_id,
        "channel": camera.channel,
        "extra": dict(camera.extra),
        "masks": _MASKS.dump_python(camera.masks, mode="json"),
        "record": dict(camera.record),
        "edition": camera.edition,
        "lifecycle": camera.lifecycle,
        "visibility": camera.visibility,
        "shown_to": list(camera.shown_to),
        "tags": list(camera.tags),
        "custom": dict(camera.custom),
        "picture": camera.picture,
        "sought": sought_of(camera.name, camera.address, camera.gb_code, camera.record),
        "stream": camera.stream,
        "version": camera.version,
    }


def sought_of(name: str, address: str, gb_code: str | None, record: Mapping[str, object]) -> str:
    """Return what text search looks in; the common name is the record's."""
    common = record.get("common_name")
    return sought(name, address, gb_code, common if isinstance(common, str) else None)
