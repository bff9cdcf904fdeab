"""Who may know of a point at all; the same rule in SQL stands in `storage/db/catalog/seen.py`.

    shared     everybody who may list cameras
    listed     as internal, and whoever holds a role in a department that the point names, or below one
    internal   whoever holds a role that reaches the owner: in the owning department, or in one above it

A point that a request, a grant or a retrieval names stays readable there for whoever may read that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from broker.domain.catalog.camera_record import shown_record
from broker.domain.catalog.catalog import Camera, Visibility
from broker.domain.ids import DepartmentId
from broker.domain.people.accounts import Caller


@dataclass(frozen=True)
class Viewer:
    """Who looks at the catalogue: the departments in which any role is held now, each with its path.

    `all` is the program itself and the operator at the machine, whose role reaches the whole tree.
    """

    all: bool = False
    departments: tuple[tuple[DepartmentId, str], ...] = ()

    @classmethod
    def of(cls, caller: Caller, at: datetime) -> "Viewer":
        """Return the viewer that a caller is at the instant `at`; equal for callers who see the same."""
        held = {(it.department_id, it.path) for it in caller.assignments if it.holds_at(at)}
        if any(not path for _, path in held):
            return cls(all=True)
        return cls(departments=tuple(sorted(held, key=lambda it: it[1])))

    @property
    def paths(self) -> tuple[str, ...]:
        """The subtrees that the roles reach."""
        return tuple(path for _, path in self.departments)

    @property
    def above(self) -> frozenset[str]:
        """The paths of the departments and of all that stand above them."""
        return frozenset(higher for path in self.paths for higher in _upwards(path))

    def reaches(self, path: str) -> bool:
        """Say whether a role reaches the department at `path`."""
        return self.all or any(path.startswith(own) for own in self.paths)


EVERYBODY = Viewer(all=True)
"""For what the program does itself, and where a request, grant or retrieval that may be read names the camera."""


def _upwards(path: str) -> Iterable[str]:
    """Return every place that `path` lies in, itself last: "/a/b/" gives "/a/" and "/a/b/"."""
    return (path[: at + 1] for at, sign in enumerate(path) if sign == "/" and at)


def may_see(viewer: Viewer, visibility: Visibility, owner_path: str, shown_paths: Iterable[str] = ()) -> bool:
    """Say whether a viewer may know of a point.

    Args:
        viewer: who looks.
        visibility: of the point.
        owner_path: of the department that owns it.
        shown_paths: of the departments that a listed point names.
    """
    if visibility is Visibility.SHARED or viewer.reaches(owner_path):
        return True
    return visibility is Visibility.LISTED and not viewer.above.isdisjoint(shown_paths)


def as_seen(viewer: Viewer, camera: Camera, owner_path: str) -> Camera:
    """Return a point as this viewer may read it.

    How it is reached, and what its list said beside the fields, is for those whose roles reach its owner.
    """
    if viewer.reaches(owner_path):
        return camera
    return replace(camera, record=shown_record(camera.record, reached=False), extra={})
