"""What can end footage that flows: the end of a grant, or a hold on a person, a camera or a department.

A stop is one line of the log that every process follows. What flows under one of its names ends at the next byte.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from broker.domain.ids import CameraId, GrantId, PersonId


class StopKind(StrEnum):
    """What a stop names."""

    GRANT = "grant"
    PERSON = "person"
    CAMERA = "camera"
    DEPARTMENT = "department"


@dataclass(frozen=True)
class Stop:
    """One name: the id of a grant, a person or a camera, or the path of a department, which covers its subtree."""

    kind: StopKind
    key: str


def stops_of(grant: GrantId, person: PersonId, camera: CameraId, owner: str) -> frozenset[Stop]:
    """Return every stop that ends a delivery; `owner` is the path of the camera's department."""
    departments = (Stop(StopKind.DEPARTMENT, path) for path in _upwards(owner))
    return frozenset(
        {
            Stop(StopKind.GRANT, str(grant)),
            Stop(StopKind.PERSON, str(person)),
            Stop(StopKind.CAMERA, str(camera)),
            *departments,
        },
    )


def _upwards(path: str) -> Iterator[str]:
    """Yield the path and all that stand above it: "/jc/dh/cg/", "/jc/dh/", "/jc/"."""
    while path.strip("/"):
        yield path
        path = path[: path.rstrip("/").rfind("/") + 1]
