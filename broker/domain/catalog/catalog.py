"""The catalogue: cameras (points), the sources behind them, and what an import brings.

A point is known again by its GB/T 28181 code (`gb_code.py`), else by its owner and the key of the list it came from,
else by its owner, name and place: so that reading the same list twice changes nothing.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import NamedTuple

from broker.domain.catalog.gb_code import Edition
from broker.domain.footage.media import Mask
from broker.domain.ids import CameraId, DepartmentId, SourceId

POINT_CLASSES = frozenset({1, 2, 3, 9})
"""PointType of GB/T 28181-2022 A.2.1.9: class one, two, three, other."""


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


class Status(StrEnum):
    """Status of GB/T 28181-2022 A.2.1.9, as far as anybody has looked; a watch sets it."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


class Lifecycle(StrEnum):
    """What has become of the device: a point in repair still stands in the catalogue, a removed one is history."""

    IN_USE = "in_use"
    REPAIR = "repair"
    REMOVED = "removed"


class Visibility(StrEnum):
    """Who may know of a point at all: everybody who works here, its owner and those it names, its owner alone."""

    SHARED = "shared"
    LISTED = "listed"
    INTERNAL = "internal"


@dataclass(frozen=True)
class Camera:
    """One point as the catalogue keeps it.

    `gb_code` is the 20-digit code (None where the point has none), `external_key` names the point in the list it was
    imported from, `division` is a GB/T 2260 code, coordinates are WGS-84 degrees, `extra` keeps the columns of an
    import that no field took. `source_id` and `channel` say where its footage lies, both None until bound. `masks` are
    covered in every picture that leaves. `record` holds the filled-in fields of `camera_record.RECORD_FIELDS`, `custom`
    those the city defined itself. `edition` is the one of GB/T 28181 that the code was given under. `shown_to` names
    the departments that see a `listed` point beside its owner. `picture` is the digest of the reference picture.
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
    sensitive: bool = False
    synthetic: bool = False
    source_id: SourceId | None = None
    channel: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    masks: tuple[Mask, ...] = ()
    record: Mapping[str, object] = field(default_factory=dict)
    edition: Edition | None = None
    status: Status = Status.UNKNOWN
    lifecycle: Lifecycle = Lifecycle.IN_USE
    visibility: Visibility = Visibility.SHARED
    shown_to: tuple[DepartmentId, ...] = ()
    tags: tuple[str, ...] = ()
    custom: Mapping[str, object] = field(default_factory=dict)
    picture: str | None = None
    stream: str = ""
    version: int = 0


@dataclass(frozen=True)
class Source:
    """Something that keeps footage (a recorder, a platform, a folder) behind an adapter.

    `options` are those that are no secret; `secrets` names the others, which lie in `sealed` (one envelope). `stopped`
    sources are asked for nothing. `keeps_days`: how long it keeps recordings, None where nobody has said so.
    """

    id: SourceId
    code: str
    name: str
    adapter: str
    options: Mapping[str, object]
    department_id: DepartmentId
    sessions: int
    version: int = 0
    secrets: tuple[str, ...] = ()
    sealed: bytes = field(default=b"", repr=False)
    stopped: bool = False
    keeps_days: int | None = None

    @property
    def stream(self) -> str:
        return f"source/{self.id}"

    @property
    def place(self) -> str:
        """Where the envelope is stored, which it is bound to."""
        return f"source/{self.id}/options"


NOTHING: Mapping[str, object] = MappingProxyType({})


class PointDraft(NamedTuple):
    """A checked row of a list, ready to become a camera; the fields mean what they mean in `Camera`.

    A tuple, since a list has a million of them. `where` names the row (spreadsheet line or JSON pointer), `number`
    counts it within its list. At least one of `gb_code` and `external_key` is set, by which the point is known again.
    A field left at its default says nothing: a merge never clears what an earlier list said.
    """

    where: str
    name: str
    latitude: float
    longitude: float
    gb_code: str | None = None
    external_key: str | None = None
    division: str = ""
    address: str = ""
    direction: Direction | None = None
    point_class: int | None = None
    sensitive: bool = False
    synthetic: bool = False
    extra: Mapping[str, object] = NOTHING
    record: Mapping[str, object] = NOTHING
    edition: Edition | None = None
    lifecycle: Lifecycle | None = None
    tags: tuple[str, ...] = ()
    custom: Mapping[str, object] = NOTHING
    number: int = 0


class Severity(StrEnum):
    """What a problem means for its row.

    A rejected row stays outside and nothing of it is kept: it is secret, or could not be read as a row. A quarantined
    one stays outside and is kept to be corrected. With a warning it goes in, without the doubtful value.
    """

    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with one cell of one row; `reason` is a slug of the locale catalogues.

    `value` is what stood there, cut short and without stream addresses; `allowed` is what could stand there, in
    figures and names that need no translation (for a duplicate: where the first row stands).
    """

    where: str
    field: str
    reason: str
    value: str = ""
    allowed: str = ""
    severity: Severity = Severity.REJECTED


class Merged(NamedTuple):
    """What became of the drafts of one merge; each draft is counted once, a conflict is a row that stayed outside."""

    inserted: int
    updated: int
    unchanged: int
    conflicts: tuple[RowProblem, ...] = ()


def place_key(name: str, latitude: float, longitude: float) -> str:
    """Return the key of a point that its list gives none: a digest of its name and place (seven decimals, 1 cm)."""
    told = f"{name}\n{latitude:.7f}\n{longitude:.7f}".encode()
    return f"place-sha256:{hashlib.sha256(told).hexdigest()[:32]}"
