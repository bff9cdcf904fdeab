"""Many lines of a proposal at once: what can be carried out is, in one transaction; the rest stays open, with reasons.

Loaded, locked and written in sets. The points of one department share one event of its catalogue, as in an import; the
history of each tells what became of it, and the event of the proposal which lines were meant.
"""

from dataclasses import dataclass, field, replace
from uuid import UUID

from broker.domain.catalog.catalog import Camera, Source
from broker.domain.catalog.reconciliation import (
    Line,
    LineKind,
    LineState,
    Reconciliation,
    ReconciliationState,
    decide,
    taken_over,
)
from broker.domain.catalog.reconciliation_batches import MOST_AT_ONCE, Batch, Outcome, counted, held_back
from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import BrokerError, Conflict, Forbidden, Invalid, Unknown
from broker.domain.ids import CameraId, DepartmentId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller
from broker.domain.permits import Permit
from broker.domain.runs import ranges
from broker.services.catalog.reconciliations import of_source
from broker.services.sources.source_reach import require_source
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work

REVIEW = "reconciliation:review"


@dataclass
class Carried:
    """What comes of a batch, line by line: points as they become, new ones, decided lines, and those held back."""

    before: dict[CameraId, Camera] = field(default_factory=dict)
    after: dict[CameraId, Camera] = field(default_factory=dict)
    new: list[Camera] = field(default_factory=list)
    lines: list[tuple[Line, CameraId | None]] = field(default_factory=list)
    refused: list[tuple[int, BrokerError]] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    keys: frozenset[str] = frozenset()

    def points(self) -> list[Camera]:
        """Return every point that differs now, as it is."""
        return [*self.after.values(), *self.new]


@dataclass(frozen=True)
class Ground:
    """What the lines of a batch stand on: the source, the points that are held, and what the caller's roles reach."""

    source: Source
    batch: Batch
    held: dict[CameraId, Camera]
    numbers: dict[DepartmentId, int]
    """By owner that the caller's roles reach: the number of the event that its points are written under."""


class ReconciliationBatches:
    """The review of a long proposal; see `reconciliations` for one line."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def decide(self, caller: Caller, code: str, key: UUID, batch: Batch, *, dry_run: bool = False) -> Outcome:
        """Accept or refuse every line that is meant and can be; with `dry_run` only say what would become of them.

        Raises:
            Conflict: the proposal waits no longer, or somebody changed a line or a point at this moment.
        """
        with self._work() as work:
            source, permit = require_source(self._policy, work, caller, REVIEW, code)
            proposal = of_source(work, source, key, lock=True)
            if proposal.state is not ReconciliationState.OPEN:
                raise Conflict("reconciliation-over", state=proposal.state)
            lines = work.reconciliations.chosen(
                key, kinds=batch.kinds, positions=batch.positions, after=batch.after, limit=MOST_AT_ONCE
            )
            carried = _nothing_yet(work, source, batch, lines)
            _refuse_absent(batch, lines, carried)
            ground = self._ground(work, caller, source, batch, lines)
            for line in lines:
                _step(ground, line, permit, work, carried)
            after = proposal if dry_run else _write(work, permit, proposal, ground, carried)
            last = lines[-1].position if lines else batch.after
            beyond = work.reconciliations.behind(key, kinds=batch.kinds, after=last) if batch.kinds else 0
            matched = len(carried.lines) + len(carried.refused)
            told = counted(line for line, _ in carried.lines)
            if not dry_run:
                work.commit(permit)
            return Outcome(after, matched, told, held_back(carried.refused), last, beyond)

    def _ground(self, work: UnitOfWork, caller: Caller, source: Source, batch: Batch, lines: list[Line]) -> Ground:
        """Take hold of what the lines are about: streams before rows, each in one order, as all who write points do."""
        if batch.state is LineState.REFUSED:
            return Ground(source, batch, {}, {})
        named = {line.proposed.camera_id for line in lines if line.proposed.camera_id is not None}
        owners = work.cameras.owners(named, Viewer.of(caller, work.now))
        homes = {*owners.values()}
        if any(line.proposed.kind is LineKind.NEW for line in lines):
            homes.add(source.department_id)
        known = facts.of_person(caller)
        reached = {
            f"catalogue/{home.id}": home.id
            for home in work.departments.load_many(homes).values()
            if self._policy.decide(caller.roles_at(home.path, work.now), REVIEW, known).allowed
        }
        numbers = work.audit.reserve_all(reached)
        held = work.cameras.hold_many(owners)
        if any(camera.owner_id != owners[key] for key, camera in held.items()):
            raise Conflict("changed-meanwhile", subject="camera")
        return Ground(source, batch, held, {reached[stream]: number for stream, number in numbers.items()})


def _nothing_yet(work: UnitOfWork, source: Source, batch: Batch, lines: list[Line]) -> Carried:
    """Begin with the codes and keys that lines tell and some point has."""
    if batch.state is LineState.REFUSED:
        return Carried()
    codes = {line.proposed.told.get("gb_code") for line in lines} - {None}
    keys = {line.proposed.told.get("vendor_id") for line in lines} - {None}
    taken = work.cameras.by_external_keys(source.department_id, [key for key in keys if key])
    return Carried(codes={*work.cameras.by_gb_codes([code for code in codes if code])}, keys=frozenset(taken))


def _refuse_absent(batch: Batch, lines: list[Line], carried: Carried) -> None:
    there = {line.position for line in lines}
    for position in sorted(place for place in {*batch.positions} if place > batch.after and place not in there):
        carried.refused.append((position, Unknown("unknown-reconciliation-line", position=position)))


def _step(ground: Ground, line: Line, permit: Permit, work: UnitOfWork, carried: Carried) -> None:
    """Take one line in, or note why it stays open."""
    try:
        decided = decide(line, ground.batch.state, permit.actor, work.now)
        camera = line.proposed.camera_id
        if ground.batch.state is LineState.ACCEPTED:
            new = line.proposed.kind is LineKind.NEW
            camera = _added(ground, line, carried) if new else _changed(ground, line, carried)
    except BrokerError as error:
        carried.refused.append((line.position, error))
        return
    carried.lines.append((decided, camera))


def _changed(ground: Ground, line: Line, carried: Carried) -> CameraId:
    key = line.proposed.camera_id
    held = None if key is None else ground.held.get(key)
    if key is None or held is None:
        raise Unknown("unknown-camera", camera=key)
    if held.owner_id not in ground.numbers:
        raise Forbidden("not-allowed", act=REVIEW)
    stands = carried.after.get(key, held)  # an earlier line of the batch may have changed it
    after = taken_over(stands, ground.source.id, line.proposed)
    if after.gb_code != stands.gb_code and after.gb_code is not None:
        _take_code(after.gb_code, carried)
    carried.before[key] = held
    carried.after[key] = replace(after, stream=f"catalogue/{held.owner_id}", version=ground.numbers[held.owner_id])
    return key


def _added(ground: Ground, line: Line, carried: Carried) -> CameraId:
    batch, told, owner = ground.batch, line.proposed.told, ground.source.department_id
    if batch.latitude is None or batch.longitude is None:
        raise Invalid("line-place-missing", pointer="/latitude", channel=line.proposed.channel)
    if told.get("vendor_id") in carried.keys:
        raise Conflict("camera-key-taken", key=told["vendor_id"])
    if told.get("gb_code"):
        _take_code(told["gb_code"], carried)
    new = Camera(
        CameraId(new_id()), owner, told["name"], batch.latitude, batch.longitude, gb_code=told.get("gb_code"),
        external_key=told.get("vendor_id"), source_id=ground.source.id, channel=line.proposed.channel,
        stream=f"catalogue/{owner}", version=ground.numbers[owner],
    )  # fmt: skip
    carried.new.append(new)
    return new.id


def _take_code(code: str, carried: Carried) -> None:
    if code in carried.codes:
        raise Conflict("camera-code-taken", code=code)
    carried.codes.add(code)


def _write(
    work: UnitOfWork, permit: Permit, before: Reconciliation, ground: Ground, carried: Carried
) -> Reconciliation:
    """Write points, their histories, the decisions and the events; the last decision ends the proposal."""
    if not carried.lines:
        return before
    pairs = [(carried.before[key], after) for key, after in carried.after.items()]
    work.cameras.rewrite(pairs)
    work.cameras.add_many(carried.new)
    work.camera_history.note_many(permit.actor, pairs)
    work.reconciliations.decide_many(before.id, carried.lines)
    left = work.reconciliations.waiting(before.id)
    state = before.state if left else ReconciliationState.DONE
    after = replace(before, state=state, version=before.version + 1)
    work.reconciliations.save(before, after)
    lines = [line for line, _ in carried.lines]
    kinds = {kind.value: count for kind, count in counted(lines).items()}
    accepted = ground.batch.state is LineState.ACCEPTED
    told = {"lines": ranges(line.position for line in lines), "count": len(lines), "kinds": kinds}
    kind = "reconciliation:accepted" if accepted else "reconciliation:refused"
    work.audit.append(permit, [*_of_catalogues(before, carried), Entry(after.stream, kind, told)])
    return after


def _of_catalogues(proposal: Reconciliation, carried: Carried) -> list[Entry]:
    points: dict[str, int] = {}
    for camera in carried.points():
        points[camera.stream] = points.get(camera.stream, 0) + 1
    return [
        Entry(stream, "camera:reconciled", {"reconciliation": str(proposal.id), "points": count})
        for stream, count in sorted(points.items())
    ]
