"""The catalogue: cameras (points), the sources behind them, and the GB/T 28181 code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from broker.domain.ids import CameraId, DepartmentId, SourceId


class Direction(IntEnum):
    """DirectionType of GB/T 28181-2022 A.2.1.9: where the camera looks."""

    EAST = 1
    WEST = 2
    SOUTH = 3
    NORTH = 4
    SOUTHEAST = 5
    NORTHEAST = 6
    SOUTHWEST = 7
    NORTHWEST = 8


@dataclass(frozen=True)
class Camera:
    """One point as the catalogue keeps it.

    `gb_code` is the 20-digit code (None where the point has none), `external_key` names the point in the list it was
    imported from, `division` is a GB/T 2260 code, coordinates are WGS-84 degrees, `extra` keeps the columns of an
    import that no field took. `source_id` and `channel` say where its footage lies, both None until bound.
    """

    id: CameraId
    owner_id: DepartmentId
    name: str
    latitude: float
    longitude: float
    gb_code: str | None = None
    external_key: str | None = None
    division: str = ""
    address: str = ""
    direction: Direction | None = None
    point_class: int | None = None
    synthetic: bool = False
    source_id: SourceId | None = None
    channel: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    stream: str = ""
    version: int = 0


@dataclass(frozen=True)
class Source:
    """Something that keeps footage (a recorder, a platform, a folder) behind an adapter; options may hold secrets."""

    id: SourceId
    code: str
    name: str
    adapter: str
    options: Mapping[str, object]
    department_id: DepartmentId
    sessions: int
    version: int = 0
