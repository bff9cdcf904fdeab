"""Names beside ids: one question a table for a whole page, never one a row."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from broker.domain.catalog.catalog import Camera
from broker.domain.ids import CameraId, DepartmentId, PersonId
from broker.domain.people.accounts import Caller, Department, Person
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work

EVERY_SCOPE = frozenset({"*"})


@dataclass(frozen=True)
class Known:
    """What a page of ids stands for; an id that nothing stands for is absent."""

    departments: Mapping[DepartmentId, Department] = field(default_factory=dict)
    persons: Mapping[PersonId, Person] = field(default_factory=dict)
    cameras: Mapping[CameraId, Camera] = field(default_factory=dict)


class Names:
    """Says what ids stand for. The ids come from an answer that the caller was just allowed to see."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def of(
        self, caller: Caller, *,
        departments: Collection[DepartmentId] = (),
        persons: Collection[PersonId] = (),
        cameras: Collection[CameraId] = (),
    ) -> Known:  # fmt: skip
        """Return what the ids stand for; empty sets cost nothing."""
        with self._work() as work:
            # A token limited to cameras may read who owns them: its scopes were asked for the answer itself.
            whole = replace(caller, scopes=EVERY_SCOPE)
            self._policy.require(whole, "department:list", caller.roles(work.now), facts.of_person(caller))
            return Known(
                departments=work.departments.load_many(departments) if departments else {},
                persons=work.persons.load_many(persons) if persons else {},
                cameras=work.cameras.load_many(cameras) if cameras else {},
            )
