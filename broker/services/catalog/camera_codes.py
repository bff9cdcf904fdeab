"""Codes for all points of a department, or of an import, that have none; one point alone: `CameraRecords.give_code`."""

from dataclasses import dataclass, replace

from broker.domain.catalog.code_giving import MOST_AT_ONCE, CodeAsk, Giving, Uncoded, give, place_of, wanted
from broker.domain.errors import Invalid
from broker.domain.ids import CameraId, ImportId
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Department
from broker.domain.permits import Permit
from broker.domain.runs import ranges
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work

ANYWHERE = "110101"


@dataclass(frozen=True)
class Among:
    """Whose points are meant: a department's (its code), or those of an import that still belong to its department."""

    owner: str | None = None
    import_id: ImportId | None = None
    after: CameraId | None = None


@dataclass(frozen=True)
class Coded:
    """What became of the points that were looked at; `beyond` more have no code and lie behind `last`.

    matched = coded + the points of `uncoded`. `places` are 14 digits with the serials given there, as `1-40,43`.
    """

    matched: int
    coded: int
    places: dict[str, str]
    uncoded: tuple[Uncoded, ...]
    last: CameraId | None
    beyond: int


class CameraCodes:
    """Numbers in sets: the points of one call share one event of their catalogue, each has a line of history."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def give_all(self, caller: Caller, among: Among, ask: CodeAsk, *, dry_run: bool = False) -> Coded:
        """Give every point that has no code the next free one; with `dry_run` only say which would get one.

        At most `MOST_AT_ONCE` points, in the order of their ids; a point that can have no code is told with its reason.

        Raises:
            Unknown: there is no such department or import.
            Invalid: a group of digits that is the same for all says nothing.
            Conflict: somebody else used one of the codes at this moment; ask again.
        """
        place_of(ask, ANYWHERE)
        with self._work() as work:
            home = _home(work, among)
            roles = caller.roles_at(home.path, work.now)
            permit = self._policy.require(caller, "camera:edit", roles, facts.of_person(caller))
            number = work.audit.reserve(f"catalogue/{home.id}")
            points = work.cameras.uncoded(home.id, import_id=among.import_id, after=among.after, limit=MOST_AT_ONCE)
            asked = wanted(ask, points)
            giving = give(asked, work.cameras.free_serials(asked.counts))
            last = points[-1].id if points else among.after
            beyond = work.cameras.count_uncoded(home.id, import_id=among.import_id, after=last)
            if giving.codes and not dry_run:
                _write(work, permit, f"catalogue/{home.id}", number, giving, ask)
                work.commit(permit)
            told = {place: ranges(serials) for place, serials in giving.places.items()}
            return Coded(len(points), len(giving.codes), told, giving.uncoded, last, beyond)


def _home(work: UnitOfWork, among: Among) -> Department:
    if among.import_id is not None:
        found = work.departments.load(work.imports.load(among.import_id).owner_id)
        if among.owner not in {None, found.code}:
            raise Invalid("import-of-another", pointer="/owner", owner=found.code)
        return found
    if among.owner is None:
        raise Invalid("field-missing", pointer="/owner")
    return work.departments.by_code(among.owner)


def _write(work: UnitOfWork, permit: Permit, stream: str, number: int, giving: Giving, ask: CodeAsk) -> None:
    pairs = [
        (point, replace(point, gb_code=code, edition=ask.edition, stream=stream, version=number))
        for point, code in giving.codes
    ]
    work.cameras.rewrite(pairs)
    work.camera_history.note_many(permit.actor, pairs)
    places = {place: ranges(serials) for place, serials in giving.places.items()}
    told = {"points": len(pairs), "edition": ask.edition, "places": places}
    work.audit.append(permit, (Entry(stream, "camera:coded", told),))
