"""The catalogue from sources: ask what a source lists, propose what differs, and carry out what somebody accepts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from adapters.gateway import Gateway
from broker.domain.catalog.catalog import Camera, Source
from broker.domain.catalog.gb_code import parse
from broker.domain.catalog.reconciliation import (
    Line,
    LineKind,
    LineState,
    Reconciliation,
    ReconciliationState,
    compare,
    decide,
    taken_over,
)
from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import Conflict, Invalid, Unknown
from broker.domain.footage.media import Point
from broker.domain.ids import CameraId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller
from broker.domain.permits import Permit
from broker.services.catalog.camera_reach import require_camera, write_camera
from broker.services.people.subtrees import paths_allowed
from broker.services.sources.source_reach import require_source
from broker.services.sources.source_secrets import SourceSecrets
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work

MOST_LISTED = 100_000
LONGEST_NAME = 200


@dataclass(frozen=True)
class NewPlace:
    """What becomes of a channel on which no point lies: a known point, or a new one at a place (WGS-84 degrees)."""

    camera: CameraId | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Waiting:
    """A proposal, whose list it is, and how many lines of each kind nobody decided about."""

    proposal: Reconciliation
    source: Source
    kinds: Mapping[LineKind, int]


class Reconciliations:
    """One public method a verb; nothing of the catalogue changes before somebody has accepted the line."""

    def __init__(self, work: Work, policy: Authorizer, gateway: Gateway, secrets: SourceSecrets) -> None:
        self._work = work
        self._policy = policy
        self._gateway = gateway
        self._secrets = secrets

    def propose(self, caller: Caller, code: str) -> Reconciliation:
        """Ask a source what it lists and keep what differs as a proposal; one that still waited gives way to it.

        Raises:
            SourceFault: the source does not answer, or its adapter cannot list points.
            Conflict: it lists more than a source can have.
        """
        with self._work() as work:
            source, _ = require_source(self._policy, work, caller, "reconciliation:propose", code)
        options = self._secrets.options_of(source)
        listed = _plain(self._gateway.points(source.adapter, options))
        if len(listed) > MOST_LISTED:
            raise Conflict("source-lists-much", most=MOST_LISTED)
        with self._work() as work:
            source, permit = require_source(self._policy, work, caller, "reconciliation:propose", code, lock=True)
            codes = {point.gb_code for point in listed if point.gb_code}
            coded = work.cameras.by_gb_codes(codes, Viewer.of(caller, work.now))
            refused = work.reconciliations.refused_of(source.id)
            keyed = work.cameras.by_external_keys(source.department_id, {it.vendor_id for it in listed if it.vendor_id})
            found = compare(source.id, listed, work.cameras.bound_to(source.id), coded, refused, keyed)
            self._give_way(work, permit, source)
            fresh = Reconciliation(
                new_id(), source.id, len(listed), found.same, work.now, permit.actor,
                ReconciliationState.OPEN if found.lines else ReconciliationState.DONE, version=1,
            )  # fmt: skip
            work.reconciliations.add(fresh, found.lines)
            told = {"source": code, "listed": len(listed), "same": found.same, "lines": len(found.lines)}
            work.audit.append(permit, (Entry(fresh.stream, "reconciliation:proposed", told),))
            work.commit(permit)
            return fresh

    def _give_way(self, work: UnitOfWork, permit: Permit, source: Source) -> None:
        waiting = work.reconciliations.open_of(source.id)
        if waiting is not None:
            after = replace(waiting, state=ReconciliationState.REPLACED, version=waiting.version + 1)
            work.reconciliations.save(waiting, after)
            work.audit.append(permit, (Entry(after.stream, "reconciliation:replaced", {"source": source.code}),))

    def page(self, caller: Caller, code: str, *, before: UUID | None, limit: int) -> Sequence[Reconciliation]:
        """Return the proposals of a source, the newest first."""
        with self._work() as work:
            source, _ = require_source(self._policy, work, caller, "reconciliation:list", code)
            return work.reconciliations.page(source.id, before=before, limit=limit)

    def waiting(self, caller: Caller, *, after: UUID | None, limit: int) -> Sequence[Waiting]:
        """Return the proposals that wait, of all sources that the caller's roles reach, the newest first."""
        with self._work() as work:
            paths = paths_allowed(self._policy, work, caller, "reconciliation:list")
            found = work.reconciliations.waiting_among(paths, after=after, limit=limit)
            sources = work.sources.load_many({it.source_id for it in found})
            kinds = work.reconciliations.waiting_kinds([it.id for it in found])
            return [Waiting(it, sources[it.source_id], kinds.get(it.id, {})) for it in found]

    def read(self, caller: Caller, code: str, key: UUID) -> Waiting:
        """Return a proposal of a source with what waits in it."""
        with self._work() as work:
            source, _ = require_source(self._policy, work, caller, "reconciliation:read", code)
            found = of_source(work, source, key)
            return Waiting(found, source, work.reconciliations.waiting_kinds([key]).get(key, {}))

    def lines(
        self, caller: Caller, code: str, key: UUID, *, after: int, limit: int, waiting: bool = False
    ) -> Sequence[Line]:
        """Return the lines of a proposal; `waiting` leaves out those that were decided."""
        with self._work() as work:
            source, _ = require_source(self._policy, work, caller, "reconciliation:read", code)
            of_source(work, source, key)
            return work.reconciliations.lines(key, after=after, limit=limit, waiting=waiting)

    def accept(self, caller: Caller, code: str, key: UUID, position: int, place: NewPlace | None = None) -> Line:
        """Carry out a line: the catalogue changes as it says.

        A line about a new channel needs a known point that lies nowhere yet, or the place of a new one.

        Raises:
            Conflict: the line was decided, or the catalogue is no longer what it says; ask the source anew.
            Forbidden: the point belongs to a department that the caller's roles do not reach.
            Invalid: it is not said what a new channel is to become.
        """
        with self._work() as work:
            source, permit = require_source(self._policy, work, caller, "reconciliation:review", code)
            proposal = of_source(work, source, key, lock=True)
            line = decide(_waiting_line(work, proposal, position), LineState.ACCEPTED, permit.actor, work.now)
            if line.proposed.kind is LineKind.NEW:
                camera = self._added(work, caller, permit, source, line, place or NewPlace())
            else:
                camera = self._changed(work, caller, source, line)
            _decided(work, permit, proposal, line, camera.id)
            work.commit(permit)
            return line

    def refuse(self, caller: Caller, code: str, key: UUID, position: int) -> Line:
        """Leave the catalogue as it is; the same is not proposed again.

        Raises:
            Conflict: the line was decided.
        """
        with self._work() as work:
            source, permit = require_source(self._policy, work, caller, "reconciliation:review", code)
            proposal = of_source(work, source, key, lock=True)
            line = decide(_waiting_line(work, proposal, position), LineState.REFUSED, permit.actor, work.now)
            _decided(work, permit, proposal, line, line.proposed.camera_id)
            work.commit(permit)
            return line

    def _changed(self, work: UnitOfWork, caller: Caller, source: Source, line: Line) -> Camera:
        """Change the point of a line; its owner has to be within the caller's reach as well."""
        if line.proposed.camera_id is None:
            raise RuntimeError("a line about a known point names it")
        held = require_camera(self._policy, work, caller, "reconciliation:review", line.proposed.camera_id)
        after = taken_over(held.camera, source.id, line.proposed)
        return write_camera(work, held, after, *_told(line))

    def _added(
        self, work: UnitOfWork, caller: Caller, permit: Permit, source: Source, line: Line, place: NewPlace
    ) -> Camera:
        """Bind a known point to the new channel, or add a point of the department that the source belongs to."""
        channel = line.proposed.channel
        if place.camera is not None:
            held = require_camera(self._policy, work, caller, "reconciliation:review", place.camera)
            if held.camera.source_id is not None:
                raise Conflict("camera-bound-already", camera=held.camera.name)
            return write_camera(work, held, replace(held.camera, source_id=source.id, channel=channel), *_told(line))
        if place.latitude is None or place.longitude is None:
            raise Invalid("line-place-missing", pointer="/latitude", channel=channel)
        stream = f"catalogue/{source.department_id}"
        new = Camera(
            CameraId(new_id()), source.department_id, line.proposed.told["name"], place.latitude, place.longitude,
            gb_code=line.proposed.told.get("gb_code"), external_key=line.proposed.told.get("vendor_id"),
            source_id=source.id, channel=channel, stream=stream, version=work.audit.reserve(stream),
        )  # fmt: skip
        work.cameras.add(new)
        kind, told = _told(line)
        work.audit.append(permit, (Entry(stream, kind, {"camera": str(new.id), **told}),))
        return new


def of_source(work: UnitOfWork, source: Source, key: UUID, *, lock: bool = False) -> Reconciliation:
    """Raises Unknown when the proposal is another source's."""
    found = work.reconciliations.load(key, lock=lock)
    if found.source_id != source.id:
        raise Unknown("unknown-reconciliation", reconciliation=key)
    return found


def _waiting_line(work: UnitOfWork, proposal: Reconciliation, position: int) -> Line:
    if proposal.state is not ReconciliationState.OPEN:
        raise Conflict("reconciliation-over", state=proposal.state)
    return work.reconciliations.line(proposal.id, position)


def _decided(work: UnitOfWork, permit: Permit, proposal: Reconciliation, line: Line, camera: CameraId | None) -> None:
    """Write the decision; the last one ends the proposal."""
    work.reconciliations.decide(proposal.id, line, camera)
    left = work.reconciliations.waiting(proposal.id)
    state = proposal.state if left else ReconciliationState.DONE
    after = replace(proposal, state=state, version=proposal.version + 1)
    work.reconciliations.save(proposal, after)
    kind = "reconciliation:accepted" if line.state is LineState.ACCEPTED else "reconciliation:refused"
    told = {"line": line.position, "kind": line.proposed.kind.value, "channel": line.proposed.channel}
    work.audit.append(permit, (Entry(after.stream, kind, told),))


def _told(line: Line) -> tuple[str, dict[str, object]]:
    proposed = line.proposed
    return "camera:reconciled", {
        "kind": proposed.kind.value, "channel": proposed.channel, "held": dict(proposed.held),
        "told": dict(proposed.told),
    }  # fmt: skip


def _plain(points: Sequence[Point]) -> list[Point]:
    """Return points as a proposal may keep them; an id that several of them have tells none of them apart."""
    ids = Counter(point.vendor_id for point in points)
    return [replace(_plain_point(it), vendor_id=it.vendor_id if ids[it.vendor_id] == 1 else None) for it in points]


def _plain_point(point: Point) -> Point:
    """Return a point with a plain name: names are what a device says, and devices say anything."""
    name = "".join(sign for sign in point.name if sign.isprintable()).strip()[:LONGEST_NAME] or point.channel
    code: str | None = point.gb_code or point.channel  # many platforms name their channels by the code
    try:
        code = str(parse(code or ""))
    except Invalid:
        code = None
    return replace(point, name=name, gb_code=code)
