"""What somebody looks for in the catalogue: the same question for a page, for counts, for a map."""

from dataclasses import dataclass
from typing import NamedTuple

from broker.domain.catalog.catalog import Direction, Lifecycle, Status, Visibility
from broker.domain.catalog.gb_code import Edition
from broker.domain.catalog.places import Place
from broker.domain.ids import CameraId, DepartmentId, SourceId
from broker.domain.time import TimeSpan


@dataclass(frozen=True)
class Question:
    """Every condition that is set has to hold; one that is None or empty asks nothing.

    `text`: every word of it stands in name, address, code or common name, or begins the pinyin of their characters.
    `division`: a GB/T 2260 code and all inside it. `owners`: one of these owns the point; an empty set finds none.
    `classes`, `statuses`, `lifecycles`: one of them. `tags`: all of them. `recorded`: somebody asked the source
    before, and it said it has the whole span. `places`: all of them.
    """

    text: str = ""
    division: str | None = None
    owners: frozenset[DepartmentId] | None = None
    classes: frozenset[int] = frozenset()
    statuses: frozenset[Status] = frozenset()
    lifecycles: frozenset[Lifecycle] = frozenset()
    tags: frozenset[str] = frozenset()
    bound: bool | None = None
    sensitive: bool | None = None
    recorded: TimeSpan | None = None
    places: tuple[Place, ...] = ()


class Point(NamedTuple):
    """What a list tells of a camera: the columns of its own, each as in `Camera`, without its record."""

    id: CameraId
    owner_id: DepartmentId
    name: str
    latitude: float
    longitude: float
    gb_code: str | None
    external_key: str | None
    division: str
    address: str
    direction: Direction | None
    point_class: int | None
    sensitive: bool
    synthetic: bool
    source_id: SourceId | None
    channel: str | None
    edition: Edition | None
    status: Status
    lifecycle: Lifecycle
    visibility: Visibility
    tags: tuple[str, ...]
    version: int
