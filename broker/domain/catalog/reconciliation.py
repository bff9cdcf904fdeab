"""What a source lists beside what the catalogue holds, as a proposal that somebody reviews; nothing changes by itself.

    new          the source offers a channel on which no point lies
    changed      a point lies there, and the source calls it otherwise, or knows a code that the point has not
    reparented   a point that is known (by its code, by its maker's id, or as the only one of its name) lies on another
                 channel now
    gone         a point lies on a channel that the source no longer offers

What was refused once is not proposed again as long as the source says the same.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from broker.domain.catalog.catalog import Camera, Lifecycle
from broker.domain.errors import Conflict
from broker.domain.footage.media import Point
from broker.domain.ids import CameraId, SourceId


class LineKind(StrEnum):
    """What a line proposes."""

    NEW = "new"
    CHANGED = "changed"
    REPARENTED = "reparented"
    GONE = "gone"


class LineState(StrEnum):
    """What was decided about a line."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"


class ReconciliationState(StrEnum):
    """A proposal waits for decisions, has them all, or gave way to a newer one."""

    OPEN = "OPEN"
    DONE = "DONE"
    REPLACED = "REPLACED"


@dataclass(frozen=True)
class Proposed:
    """One line: what the catalogue holds and what the source tells, of what differs between them."""

    kind: LineKind
    channel: str
    camera_id: CameraId | None = None
    held: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def mark(self) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        """The same for the same proposal another time."""
        return (self.kind, self.channel, tuple(sorted(self.told.items())))


@dataclass(frozen=True)
class Line:
    """A line of a kept proposal, and what was decided about it."""

    position: int
    proposed: Proposed
    state: LineState = LineState.OPEN
    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True)
class Reconciliation:
    """A kept proposal: `listed` channels, of which `same` are as the catalogue holds them."""

    id: UUID
    source_id: SourceId
    listed: int
    same: int
    at: datetime
    by: str
    state: ReconciliationState = ReconciliationState.OPEN
    version: int = 0

    @property
    def stream(self) -> str:
        return f"reconciliation/{self.id}"


@dataclass(frozen=True)
class Comparison:
    """The lines of a proposal, and how many channels need none."""

    lines: tuple[Proposed, ...]
    same: int


def compare(
    source: SourceId, listed: Sequence[Point], bound: Sequence[Camera], coded: Mapping[str, Camera],
    refused: Collection[object] = frozenset(), keyed: Mapping[str, Camera] = MappingProxyType({}),
) -> Comparison:  # fmt: skip
    """Set what a source lists against the catalogue.

    Args:
        source: whose list it is.
        listed: its channels, each once.
        bound: the points that lie on channels of the source.
        coded: points of the catalogue by code, for the codes that the source tells.
        refused: marks of lines that were refused before.
        keyed: points of the source's department by the key of its lists, for the makers' ids that the source tells.
    """
    offered = {point.channel for point in listed}
    lies_on: dict[str, Camera] = {}
    for camera in bound:
        lies_on.setdefault(camera.channel or "", camera)
    strayed = {camera.id: camera for channel, camera in lies_on.items() if channel not in offered}
    named = _alone(strayed.values(), [point.name for point in listed if point.channel not in lies_on])
    lines: list[Proposed] = []
    same = 0
    for point in listed:
        known = coded.get(point.gb_code or "") or keyed.get(point.vendor_id or "")
        line = _line_of(source, point, lies_on.get(point.channel), known, named)
        if line is None or line.mark in refused:
            same += 1
            continue
        lines.append(line)
    moved = {line.camera_id for line in lines if line.kind is LineKind.REPARENTED}
    gone = (
        Proposed(LineKind.GONE, camera.channel or "", camera.id, {"name": camera.name})
        for camera in bound
        if camera.channel not in offered and camera.id not in moved
    )
    lines += [line for line in gone if line.mark not in refused]
    return Comparison(tuple(lines), same)


def _line_of(
    source: SourceId, point: Point, here: Camera | None, known: Camera | None, named: Mapping[str, Camera]
) -> Proposed | None:
    told = {"name": point.name} | ({"gb_code": point.gb_code} if point.gb_code else {})
    if known is not None and (known.source_id, known.channel) != (source, point.channel):
        return _moved(known, point)
    if here is None:
        strayed = named.get(point.name)
        if strayed is not None and point.gb_code in {None, strayed.gb_code}:
            return _moved(strayed, point)
        own = {"vendor_id": point.vendor_id} if point.vendor_id else {}
        return Proposed(LineKind.NEW, point.channel, None, {}, told | own)
    held = {"name": here.name} | ({"gb_code": here.gb_code or ""} if point.gb_code else {})
    differing = sorted(name for name in told if told[name] != held[name])
    if not differing:
        return None
    return Proposed(
        LineKind.CHANGED, point.channel, here.id, {name: held[name] for name in differing},
        {name: told[name] for name in differing},
    )  # fmt: skip


def _moved(camera: Camera, point: Point) -> Proposed:
    held = {"name": camera.name, "source": str(camera.source_id or ""), "channel": camera.channel or ""}
    return Proposed(LineKind.REPARENTED, point.channel, camera.id, held, {"name": point.name, "channel": point.channel})


def _alone(strayed: Collection[Camera], names: Sequence[str]) -> dict[str, Camera]:
    """Return the points without a channel by name, where one name means one of them and one new channel."""
    theirs, offered = Counter(camera.name for camera in strayed), Counter(names)
    return {camera.name: camera for camera in strayed if theirs[camera.name] == 1 and offered[camera.name] == 1}


def taken_over(camera: Camera, source: SourceId, line: Proposed) -> Camera:
    """Return a point as an accepted line makes it.

    Raises:
        Conflict: `line-outdated`, the point is no longer what the line says it was.
    """
    held = {"name": camera.name, "gb_code": camera.gb_code or "", "source": str(camera.source_id or "")}
    held["channel"] = camera.channel or ""
    lies_there = (camera.source_id, camera.channel) == (source, line.channel)
    if any(held[name] != value for name, value in line.held.items()) or (
        line.kind is not LineKind.REPARENTED and not lies_there
    ):
        raise Conflict("line-outdated", camera=camera.name)
    match line.kind:
        case LineKind.CHANGED:
            code = line.told.get("gb_code", camera.gb_code)
            return replace(camera, name=line.told.get("name", camera.name), gb_code=code)
        case LineKind.REPARENTED:
            return replace(camera, source_id=source, channel=line.channel, lifecycle=Lifecycle.IN_USE)
        case LineKind.GONE:
            return replace(camera, source_id=None, channel=None, lifecycle=Lifecycle.REMOVED)
        case LineKind.NEW:
            raise Conflict("line-outdated", camera=camera.name)


def decide(line: Line, state: LineState, by: str, at: datetime) -> Line:
    """Return a line as it was decided.

    Raises:
        Conflict: `line-decided`, somebody decided about it already.
    """
    if line.state is not LineState.OPEN:
        raise Conflict("line-decided", position=line.position, state=line.state)
    return replace(line, state=state, decided_by=by, decided_at=at)
