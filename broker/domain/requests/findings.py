"""What makes an approver look twice at a request; nothing here refuses."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt

from broker.domain.catalog.catalog import Camera
from broker.domain.deciding.rulebook import Rulebook
from broker.domain.ids import CameraId
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.time import aware

EARTH = 6_371_008.8
"""Mean radius of the earth in metres (IUGG)."""


class FindingKind(StrEnum):
    """What stands out."""

    MANY_CAMERAS = "many-cameras"
    FAR = "far-from-place"
    OUTSIDE_HOURS = "outside-hours"
    REFUSED_BEFORE = "refused-before"
    NO_SOURCE = "no-source"


class EarlierOutcome(StrEnum):
    """How an earlier request ended: refused by an owner, rejected by a center, or disavowed after an emergency."""

    REFUSED = "refused"
    REJECTED = "rejected"
    DISAVOWED = "disavowed"


@dataclass(frozen=True)
class Earlier:
    """An earlier request that came to nothing, about the same case or the same kind of matter."""

    number: str
    outcome: EarlierOutcome
    at: datetime
    same_case: bool


@dataclass(frozen=True)
class Finding:
    """One thing that stands out, with its figures; `cameras` are the points it is about, none where it is the whole."""

    kind: FindingKind
    facts: Mapping[str, int | str]
    cameras: tuple[CameraId, ...] = ()
    earlier: Earlier | None = None


def findings(
    request: AccessRequest, points: Collection[Camera], rules: Rulebook, sent: datetime, earlier: Sequence[Earlier]
) -> tuple[Finding, ...]:
    """Return what stands out about a request that was sent at `sent`.

    Only what is asked for counts: `points` beyond it are passed over, so that an owner hears of the own part only.
    """
    asked = {line.camera_id for line in request.asked}
    cameras = sorted((camera for camera in points if camera.id in asked), key=lambda camera: camera.id)
    found: list[Finding] = []
    most = rules.alerts.many_cameras
    if len(cameras) > most:
        found.append(Finding(FindingKind.MANY_CAMERAS, {"given": len(cameras), "most": most}))
    found += _far(request, cameras, rules.alerts.far_metres)
    if not rules.calendar.is_working(sent):
        local = (aware(sent) + rules.calendar.offset).strftime("%H:%M")
        found.append(Finding(FindingKind.OUTSIDE_HOURS, {"time": local}))
    if unbound := tuple(camera.id for camera in cameras if camera.source_id is None):
        found.append(Finding(FindingKind.NO_SOURCE, {"given": len(unbound)}, unbound))
    for before in earlier:
        day = (aware(before.at) + rules.calendar.offset).strftime("%Y-%m-%d")
        found.append(Finding(FindingKind.REFUSED_BEFORE, {"number": before.number, "day": day}, earlier=before))
    return tuple(found)


def _far(request: AccessRequest, cameras: Sequence[Camera], most: int) -> list[Finding]:
    place = request.place
    if place is None:
        return []
    apart = {
        camera.id: metres_between(place.latitude, place.longitude, camera.latitude, camera.longitude)
        for camera in cameras
    }
    far = {key: metres for key, metres in apart.items() if metres > most}
    if not far:
        return []
    facts = {"given": len(far), "metres": round(max(far.values())), "most": most}
    return [Finding(FindingKind.FAR, facts, tuple(far))]


def metres_between(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Return the distance of two places on a sphere (haversine); at most half a percent from the ellipsoid's."""
    north, south = radians(latitude), radians(other_latitude)
    across = sin((south - north) / 2) ** 2
    along = sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(across + cos(north) * cos(south) * along)))
