"""What a form names, looked up: persons by login, cameras by id."""

from collections.abc import Sequence

from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import Invalid
from broker.domain.ids import PersonId
from broker.domain.people.accounts import Caller
from broker.domain.requests.access_requests import AskedLine
from storage.db.unit_of_work import UnitOfWork

MOST_LINES = 500


def named(work: UnitOfWork, logins: Sequence[str]) -> tuple[frozenset[PersonId], list[Invalid]]:
    """Return the persons that exist, and a fault for each login that names nobody."""
    found = work.persons.by_logins(logins)
    faults = [
        Invalid("unknown-person", pointer=f"/investigators/{place}", person=login)
        for place, login in enumerate(logins)
        if login not in found
    ]
    return frozenset(person.id for person in found.values()), faults


def known(
    work: UnitOfWork, caller: Caller, lines: Sequence[AskedLine], before: Sequence[AskedLine] = ()
) -> tuple[tuple[AskedLine, ...], list[Invalid]]:
    """Return the lines whose cameras the caller may know of, and a fault for each of the others.

    What stands in the request already (`before`) may stay there, whoever may know of it by now.
    """
    if len(lines) > MOST_LINES:
        return (), [Invalid("too-many-lines", pointer="/lines", most=MOST_LINES)]
    named_before = {line.camera_id for line in before} & {line.camera_id for line in lines}
    cameras = work.cameras.load_many({line.camera_id for line in lines}, Viewer.of(caller, work.now))
    cameras |= work.cameras.load_many(named_before) if named_before else {}
    faults = [
        Invalid("unknown-camera", pointer=f"/lines/{place}/camera", camera=line.camera_id)
        for place, line in enumerate(lines)
        if line.camera_id not in cameras
    ]
    return tuple(line for line in lines if line.camera_id in cameras), faults


def insist(faults: Sequence[Invalid]) -> None:
    """Refuse what has faults.

    Raises:
        Invalid: the first of them.
    """
    for fault in faults:
        raise fault


def checked_lines(work: UnitOfWork, caller: Caller, lines: Sequence[AskedLine]) -> tuple[AskedLine, ...]:
    """Return the lines, whose cameras the caller may all know of.

    Raises:
        Invalid: there are too many, or one names a camera that is not there.
    """
    asked, faults = known(work, caller, lines)
    insist(faults)
    return asked
