"""What is recorded of many cameras: from the cache where it is fresh, from the sources where it is not."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.errors import SourceTimeout, SourceUnreachable
from broker.domain.catalog.catalog import Camera, Source
from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import BrokerError
from broker.domain.footage.escrows import HOLDING, sealed_of
from broker.domain.ids import CameraId, GrantId, RequestId, SourceId
from broker.domain.people.accounts import Caller, Role, system_caller
from broker.domain.permits import Permit
from broker.domain.requests.coverage import LOOKED_BACK, MissingReason
from broker.domain.sources.recordings import FRESH, REMEMBERED, spoken
from broker.domain.time import TimeSpan
from broker.services.footage.grants import grant_visibility
from broker.services.requests.access_requests import shown_to, visibility
from broker.services.sources.ledgers import Background, Lines, background, remembered
from broker.services.sources.recorded import Reached, Recorded, Recordings
from broker.services.sources.source_health import SourceHealth
from broker.services.sources.source_secrets import SourceSecrets
from policies import facts
from policies.authorizer import Authorizer
from storage.db.requests.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork, Work

OLD = timedelta(days=1)
"""What is missing of footage that is younger was hardly overwritten."""


@dataclass(frozen=True)
class RequestCoverage:
    """The ledger of a request, as far as the reader may see its lines.

    `at`: how old the oldest part is, None where nothing is known; `refreshing`: the sources are being asked anew.
    """

    lines: Sequence[Recorded]
    at: datetime | None
    refreshing: bool


@dataclass(frozen=True)
class Looked:
    """What is known to be recorded of points, and by how much the clocks of their sources are ahead, where known."""

    lines: Sequence[Recorded]
    ahead: Mapping[CameraId, timedelta]


@dataclass(frozen=True)
class GrantCoverage(RequestCoverage):
    """The same of what a grant allows; `ahead`: by how many seconds the clock of a camera's source is ahead."""

    ahead: Mapping[CameraId, float]


class Availability:
    """Keeps what sources said, and asks them again when it is too old."""

    def __init__(
        self, work: Work, policy: Authorizer, recordings: Recordings, secrets: SourceSecrets, health: SourceHealth
    ) -> None:
        self._work = work
        self._policy = policy
        self._recordings = recordings
        self._secrets = secrets
        self._health = health
        self._caller: Caller = system_caller(Role.WORKER, "worker")

    def of(self, lines: Lines) -> list[Recorded]:
        """Return what is recorded of each line, balanced, for somebody who was just allowed to ask about them.

        To be called without a transaction: sources may take their time, as long as `Recordings` lets them.
        """
        with self._work() as work:
            self._permit()
            cameras = work.cameras.load_many({key for key, _ in lines})
            known = background(work, lines, cameras)
            found = remembered(known, lines)
            stale = [place for place, line in enumerate(found) if _is_stale(line, work.now)]
            reached = self._reached(work, known, [lines[place] for place in stale])
        if not stale:
            return found
        heard = self._recordings.of([lines[place] for place in stale], cameras, reached)
        self._keep(heard, cameras)
        with self._work() as work:
            self._permit()
            known = background(work, lines, cameras)
            for place, line in zip(stale, heard, strict=True):
                found[place] = known.balanced(line if line.spans is None else replace(line, at=work.now))
        return found

    def look(self, caller: Caller, lines: Lines, *, ask: bool = False) -> Looked:
        """Return what is known to be recorded of points that the caller may know of; the others are left out.

        `ask`: the sources are asked about what is too old or not known, which takes them their time.
        """
        with self._work() as work:
            self._policy.require(caller, "camera:coverage", caller.roles(work.now), facts.of_person(caller))
            cameras = work.cameras.load_many({key for key, _ in lines}, Viewer.of(caller, work.now))
            seen = [(key, span) for key, span in lines if key in cameras]
            known = background(work, seen, cameras)
            begins = {source: min(span.begin for _, span in seen) for source in known.sources} if seen else {}
            offsets = work.sources.ahead_many(begins)
            found = remembered(known, seen)
        ahead = {key: offsets[at.source_id].ahead for key, at in cameras.items() if at.source_id in offsets}
        return Looked(self.of(seen) if ask else found, ahead)

    def of_request(self, caller: Caller, key: RequestId) -> RequestCoverage:
        """Return the ledger of a request from the cache; where that is too old, a job asks the sources.

        Whoever may read a request may read what is recorded of it, an owner of the own cameras alone.
        """
        with self._work() as work:
            permit = self._policy.require(
                caller, "access_request:read", caller.roles(work.now), facts.of_person(caller)
            )
            request = work.access_requests.load(key, visibility(caller, work))
            lines = [(line.camera_id, line.span) for line in shown_to(caller, work, [request])[0].asked]
            known = background(work, lines, work.cameras.load_many({camera for camera, _ in lines}))
            found = remembered(known, lines)
            stale = any(_is_stale(line, work.now) for line in found)
            if stale:
                work.jobs.refresh_coverage(key)
                work.commit(permit)
            ages = [line.at for line in found if line.at is not None]
            sealed = [it for it in work.escrows.of_request(key, still=True) if it.state in HOLDING]
            found = [replace(line, sealed=sealed_of(line.camera, line.asked, sealed)) for line in found]
            return RequestCoverage(found, min(ages, default=None), stale)

    def of_grant(self, caller: Caller, key: GrantId, cameras: Collection[CameraId]) -> GrantCoverage:
        """Return what is known to be recorded of some cameras of a grant, within its windows.

        Whoever may read a grant may read what is recorded of it. Where the cache is too old, a job asks the sources
        about the whole request, as for `of_request`.
        """
        with self._work() as work:
            permit = self._policy.require(caller, "grant:read", caller.roles(work.now), facts.of_person(caller))
            grant = work.grants.load(key, grant_visibility(caller, work))
            lines = [(line.camera_id, line.window) for line in grant.lines if line.camera_id in cameras]
            known = background(work, lines, work.cameras.load_many({camera for camera, _ in lines}))
            found = remembered(known, lines)
            offsets = work.sources.ahead_many(_begins(known, lines))
            stale = any(_is_stale(line, work.now) for line in found)
            if stale:
                work.jobs.refresh_coverage(grant.request_id)
                work.commit(permit)
            ages = [line.at for line in found if line.at is not None]
            sealed = [it for it in work.escrows.of_request(grant.request_id, still=True) if it.state in HOLDING]
            found = [replace(line, sealed=sealed_of(line.camera, line.asked, sealed)) for line in found]
            of_source = {source: offset.seconds for source, offset in offsets.items()}
            ahead = {it.id: of_source[it.source_id] for it in known.cameras.values() if it.source_id in of_source}
            return GrantCoverage(found, min(ages, default=None), stale, ahead)

    def refresh(self, key: RequestId) -> None:
        """Ask the sources about all lines of a request, and whether a beginning that is missing was overwritten."""
        with self._work() as work:
            self._permit()
            asked = work.access_requests.load(key, EVERYTHING).asked
        found = self.of([(line.camera_id, line.span) for line in asked])
        with self._work() as work:
            permit = self._permit()
            work.recordings.forget(work.now - REMEMBERED)
            around = list(dict.fromkeys(_around(line, work.now) for line in found if _may_be_gone(line, work.now)))
            cameras = work.cameras.load_many({camera for camera, _ in around})
            known = background(work, around, cameras)
            unknown = [line for line in around if not known.known(*line).tells(line[1])]
            reached = self._reached(work, known, unknown)
            work.commit(permit)
        if unknown:
            self._keep(self._recordings.of(unknown, cameras, reached), cameras)

    def _permit(self) -> Permit:
        return self._policy.require(self._caller, "source:watch", {Role.WORKER})

    def _reached(self, work: UnitOfWork, known: Background, lines: Lines) -> dict[SourceId, Reached]:
        """Return the sources behind lines as they can be asked; the clock is that of the earliest line."""
        begins = _begins(known, lines)
        offsets = work.sources.ahead_many(begins)
        ahead = {key: offsets[key].ahead if key in offsets else timedelta(0) for key in begins}
        return {key: Reached(known.sources[key], self._options(known.sources[key]), ahead[key]) for key in begins}

    def _options(self, source: Source) -> Mapping[str, object] | BrokerError:
        try:
            return self._secrets.options_of(source)
        except BrokerError as fault:
            return fault

    def _keep(self, heard: Sequence[Recorded], cameras: Mapping[CameraId, Camera]) -> None:
        """Keep the answers, and tell the log of health what was met."""
        met: dict[SourceId, BrokerError] = {}
        for line in heard:
            source = cameras[line.camera].source_id
            if source is not None and isinstance(line.fault, SourceUnreachable | SourceTimeout):
                met[source] = line.fault
        with self._work() as work:
            permit = self._permit()
            answers = [
                (cameras[line.camera], answer)
                for line in heard
                if line.spans is not None and (answer := spoken(line.asked, line.spans, work.now))
            ]
            work.recordings.keep(answers)
            work.commit(permit, done=False)  # a dry run is no change: its idempotency key stays free
        for key, fault in met.items():
            self._health.experienced(key, fault)


def _begins(known: Background, lines: Lines) -> dict[SourceId, datetime]:
    """Return of each source behind lines where the earliest of them begins."""
    begins: dict[SourceId, datetime] = {}
    for key, span in lines:
        source = known.cameras[key].source_id
        if source is not None:
            begins[source] = min(span.begin, begins.get(source, span.begin))
    return begins


def _is_stale(line: Recorded, now: datetime) -> bool:
    if line.spans is None:
        return line.fault is None or line.fault.slug != "camera-without-source"
    return line.at is None or line.at < now - FRESH


def _may_be_gone(line: Recorded, now: datetime) -> bool:
    """Say whether the beginning of a line is missing, for no better reason, and is old."""
    if line.coverage is None or not line.coverage.missing or line.asked.begin > now - OLD:
        return False
    first = line.coverage.missing[0]
    return first.span.begin == line.asked.begin and first.reason is MissingReason.NO_RECORDING


def _around(line: Recorded, now: datetime) -> tuple[CameraId, TimeSpan]:
    """Return the question that shows whether what follows a missing beginning is the oldest that is kept."""
    return line.camera, TimeSpan(line.asked.begin - LOOKED_BACK, min(line.asked.end + LOOKED_BACK, now))
