"""Who is left to decide on a request once duties are separated, at each owner and at the lowest center that can."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import combinations

from broker.domain.deciding.routes import Route
from broker.domain.errors import Invalid
from broker.domain.ids import DepartmentId, PersonId
from broker.domain.people.accounts import Department, Role, fitting_centers
from broker.domain.requests.access_requests import AccessRequest
from storage.db.unit_of_work import UnitOfWork

TRIED = 20
"""How many approvers of one center are tried for a pair that leaves every owner somebody to authorize."""


@dataclass(frozen=True)
class Deciders:
    """The deciding center, and how many persons there and at each owner may decide.

    `skipped` are lower centers over all the cameras that have not enough persons left. `faults` say for whom nobody is.
    """

    center: Department | None
    approvers: int
    authorizers: Mapping[DepartmentId, int]
    skipped: tuple[Department, ...] = ()
    faults: tuple[Invalid, ...] = ()


def deciders_of(
    work: UnitOfWork,
    request: AccessRequest,
    owners: Mapping[DepartmentId, Department],
    routes: Mapping[DepartmentId, Route],
    approvals: int,
) -> Deciders:
    """Return who may decide; an owner without anybody of its own is decided for by the departments above it."""
    faults: list[Invalid] = []
    asked = approvals > 0 and bool(owners)
    paths = frozenset(owner.path for owner in owners.values())
    centers = fitting_centers(work.departments.centers(), paths) if asked else []
    if asked and not centers:
        faults.append(Invalid("no-center", pointer="/lines"))
    needs = {key: routes[key].owner_authorizations if key in routes else 1 for key in owners}
    able: dict[DepartmentId, set[PersonId]] = {}
    for key, owner in owners.items():  # one question a department: a handful, and the answer names the department
        able[key] = work.persons.holders(Role.DEPARTMENT_AUTHORIZER, owner.path, work.now, request.parties)
        if len(able[key]) < needs[key]:
            faults.append(Invalid("no-authorizer", pointer="/lines", department=owner.name))
    counts = {key: len(persons) for key, persons in able.items()}
    for place, center in enumerate(centers):
        approvers = work.persons.holders(Role.CENTER_APPROVER, center.path, work.now, request.parties)
        if _separable(approvers, approvals, able, needs):
            return Deciders(center, len(approvers), counts, tuple(centers[:place]), tuple(faults))
    if centers and not faults:  # where an owner has nobody, no center could leave it somebody
        faults.append(Invalid("no-approver", pointer="/lines", department=centers[0].name))
    return Deciders(None, 0, counts, tuple(centers), tuple(faults))


def ratifiers_of(work: UnitOfWork, request: AccessRequest, owners: Mapping[DepartmentId, Department]) -> Deciders:
    """Return the lowest center over all owners where somebody may ratify an emergency."""
    centers = fitting_centers(work.departments.centers(), frozenset(owner.path for owner in owners.values()))
    for place, center in enumerate(centers):
        able = work.persons.holders(Role.CENTER_APPROVER, center.path, work.now, request.parties)
        if able:
            return Deciders(center, len(able), {}, tuple(centers[:place]))
    fault = (
        Invalid("no-approver", pointer="/lines", department=centers[0].name)
        if centers
        else Invalid("no-center", pointer="/lines")
    )
    return Deciders(None, 0, {}, tuple(centers), (fault,))


def _separable(
    approvers: Collection[PersonId],
    approvals: int,
    authorizers: Mapping[DepartmentId, set[PersonId]],
    needs: Mapping[DepartmentId, int],
) -> bool:
    """Say whether some of the approvers can decide and still leave every owner enough persons of its own."""
    busy = sorted(approvers, key=lambda person: sum(person in able for able in authorizers.values()))
    return any(
        all(len(able - set(chosen)) >= needs[owner] for owner, able in authorizers.items())
        for chosen in combinations(busy[:TRIED], approvals)
    )
