"""The worker's side of an evidence package: measure the results, describe them, sign, and hand the package in once."""

import logging
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path

import rfc8785

from adapters.errors import Aborted, AdapterError
from adapters.key_frames import SHEET, Film, KeyFrames, Shot
from broker.domain.errors import BrokerError, Unavailable
from broker.domain.footage.packages import (
    BUILDABLE,
    Contents,
    EvidencePackage,
    PackageChange,
    PackageState,
    Share,
    abort,
    accept,
    fail,
    start,
)
from broker.domain.footage.retrievals import EvidenceItem, Retrieval
from broker.domain.ids import PackageId
from broker.domain.people.accounts import Caller, Role, system_caller
from broker.domain.permits import Permit
from broker.services.footage.keeping import expect, keep
from broker.services.footage.package_records import Case, Record, case_of, record_of, titles
from broker.services.footage.stops import LOCKED
from policies.authorizer import Authorizer
from storage.blobs.base import BlobStore
from storage.db.unit_of_work import UnitOfWork, Work
from storage.packages import bag
from storage.packages.report import Picture, report
from storage.packages.signing import KeyFiles
from storage.packages.writing import Measured, Payload, bagged, measure, payload
from storage.packages.zip_writing import Entry, offsets, zipped

ASK_AGAIN = 0.25  # seconds between two looks whether the attempt is still wanted
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "video/mp4": ".mp4"}
FINAL = frozenset(
    {"evidence-key-missing", "evidence-key-open", "evidence-key-unusable", "evidence-certificate-expired"},
)
"""What keeps a package from being signed: told at once, for only a person can mend it."""
logger = logging.getLogger(__name__)
_UNSAFE = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True)
class Workshop:
    """With what packages are made."""

    blobs: BlobStore
    keys: KeyFiles
    frames: KeyFrames
    folder: Path
    zone: tzinfo
    organization: str
    sm3: bool


@dataclass(frozen=True)
class _Footage:
    """One file of footage on its way into the package."""

    place: int
    item: EvidenceItem
    path: str
    measured: Measured


class PackageRuns:
    """Builds packages; any number of workers may, a result is taken from the current attempt only."""

    def __init__(self, work: Work, policy: Authorizer, workshop: Workshop) -> None:
        self._work = work
        self._policy = policy
        self._shop = workshop
        self._caller: Caller = system_caller(Role.WORKER, "worker")

    def run(self, key: PackageId) -> PackageState:
        """Bring one package to its end and return the state it has then."""
        case = self._begin(key)
        if case is None:
            with self._work() as work:
                return work.packages.load(key).state
        wanted = _Watch(case.package, self._work)
        try:
            contents = self._built(case, wanted.aborted)
        except Aborted:
            return self._end(case.package, lambda current, _now: abort(current, "grant-revoked"))
        except BrokerError as error:
            if isinstance(error, Unavailable) and error.slug not in FINAL:
                raise  # the broker's own trouble: the job engine tries again
            slug, told = error.slug, {name: str(value) for name, value in error.facts.items() if name != "file"}
            return self._end(case.package, lambda current, _now: fail(current, slug, dict(told)))
        with self._work() as work:
            expect(work, (contents.digest,))
            work.commit(self._permit())
        attempt = case.package.attempt
        return self._end(case.package, lambda current, now: accept(current, attempt, contents, now), contents.digest)

    def _permit(self) -> Permit:
        return self._policy.require(self._caller, "package:build", {Role.WORKER})

    def _begin(self, key: PackageId) -> Case | None:
        """Start the next attempt, or end the package when its grant has ended while it waited."""
        with self._work() as work:
            permit = self._permit()
            known = work.packages.load(key)
            ended = self._ended_by(work, known)
            package = work.packages.load(key, lock=True)
            if package.state not in BUILDABLE:
                return None
            change = start(package) if ended is None else abort(package, ended)
            self._write(work, permit, package, change)
            case = case_of(work, change.after) if ended is None else None
            work.commit(permit)
            return case

    def _end(
        self, package: EvidencePackage, step: Callable[[EvidencePackage, datetime], PackageChange], *digests: str
    ) -> PackageState:  # fmt: skip
        """Write the end of an attempt, unless another one is current by now; a grant that ended wins."""
        with self._work() as work:
            permit = self._permit()
            ended = self._ended_by(work, package)
            current = work.packages.load(package.id, lock=True)
            if current.state is not PackageState.BUILDING or current.attempt != package.attempt:
                return current.state
            change = step(current, work.now) if ended is None else abort(current, ended)
            if ended is None:
                keep(work, self._shop.blobs, digests)
            self._write(work, permit, current, change)
            work.commit(permit)
            return change.after.state

    def _ended_by(self, work: UnitOfWork, package: EvidencePackage) -> str | None:
        """Return why a package may not be made, None when it may; its grant is held until the commit."""
        cameras = {each.camera_id for each in work.retrievals.load_many(package.retrievals)}
        locked = work.locks.over_any(package.person_id, cameras)  # before a row is held, as the gate wants it
        grant = work.grants.load(package.grant_id, None, lock=True)
        if not grant.hands_over(work.now):
            return "grant-expired"
        return next((LOCKED[kind] for kind in LOCKED if kind in locked), None)

    def _write(self, work: UnitOfWork, permit: Permit, before: EvidencePackage, change: PackageChange) -> None:
        work.packages.save(before, change.after)
        case = work.grants.load(change.after.grant_id, None).request_id
        work.audit.append(permit, change.entries, case=case)

    def _built(self, case: Case, aborted: Callable[[], bool]) -> Contents:
        """Make the package and store it; nothing is signed that was not read again from the store, byte for byte."""
        signer = self._shop.keys.signer()
        with tempfile.TemporaryDirectory(dir=self._shop.folder, prefix="package-") as place:
            footage, shots = self._gathered(case, Path(place), aborted)
            record = record_of(case, {(each.place, each.item.number): self._told(each) for each in footage})
            payloads = self._described(case, record, shots, Path(place), signer.name)
        payloads += [Payload(each.path, each.measured, partial(self._read, each, aborted)) for each in footage]
        label = bag.Label(
            case.package.name, self._shop.organization or case.departments[case.grant.department_id].name,
            case.request.number, f"xueliang {record['tools']['xueliang']}", case.at,
        )  # fmt: skip
        members = bagged(label, payloads, lambda listed: signer.sign(listed, case.at))
        blob = self._shop.blobs.put_stream(zipped(members))
        shares = _shares([each.entry for each in members], [each.place for each in footage], len(case.retrievals))
        return Contents(blob.digest, blob.size, signer.name, shares)

    def _gathered(
        self, case: Case, folder: Path, aborted: Callable[[], bool]
    ) -> tuple[list[_Footage], tuple[tuple[_Footage, Shot], ...]]:
        """Read every file of footage once, check it against its digest, and take its key frames."""
        footage: list[_Footage] = []
        names = titles(case.retrievals, case.cameras)
        films: list[Film] = []
        for place, retrieval in enumerate(case.retrievals):
            for item in retrieval.items:
                copy = folder / f"film-{len(films)}"
                found = self._measured(item, copy, aborted)
                footage.append(_Footage(place, item, _path(place, retrieval, item, case), found))
                capture = item.capture
                films.append(
                    Film(file=copy.name, media_type=capture.media_type, first=capture.first, title=names[place])
                )  # fmt: skip
        try:
            shots = [(footage[shot.film], shot) for shot in self._shop.frames.take(films, folder, aborted)]
        except Aborted:
            raise
        except AdapterError as error:  # what no decoder reads is evidence all the same: the report says what is lacking
            logger.warning("package %s has no key frames: %s", case.package.id, error)
            shots = []
        return footage, tuple(shots)

    def _measured(self, item: EvidenceItem, copy: Path, aborted: Callable[[], bool]) -> Measured:
        def chunks() -> Iterator[bytes]:
            for chunk in self._shop.blobs.read(item.digest):
                if aborted():
                    raise Aborted
                yield chunk

        found = measure(chunks(), sm3=self._shop.sm3, into=copy)
        if (found.sha256, found.size) != (item.digest, item.size):
            raise Unavailable("blob-damaged", place=str(self._shop.blobs), digest=item.digest)
        return found

    def _read(self, footage: _Footage, aborted: Callable[[], bool]) -> Iterator[bytes]:
        for chunk in self._shop.blobs.read(footage.item.digest):
            if aborted():
                raise Aborted
            yield chunk

    def _told(self, footage: _Footage) -> Record:
        told: Record = {"path": footage.path, "size": footage.measured.size, "sha256": footage.measured.sha256}
        return told | ({"sm3": footage.measured.sm3} if footage.measured.sm3 else {})

    def _described(
        self, case: Case, record: Record, shots: tuple[tuple[_Footage, Shot], ...], folder: Path, signer: str
    ) -> list[Payload]:
        """Return record, report and contact sheet."""
        pictures = [Picture(each.path, (folder / shot.file).read_bytes(), shot.instant) for each, shot in shots]
        page = report(record, pictures, self._shop.zone, signer=signer, at=case.at)
        contents = {bag.RECORD: rfc8785.dumps(record), bag.REPORT: page}
        if (folder / SHEET).exists():
            contents[bag.SHEET] = (folder / SHEET).read_bytes()
        return [payload(path, content, sm3=self._shop.sm3) for path, content in contents.items()]


def _path(place: int, retrieval: Retrieval, item: EvidenceItem, case: Case) -> str:
    """Return the path of a file: its place in the package, the camera's code, the instant of its first frame."""
    camera = case.cameras[retrieval.camera_id]
    code = _UNSAFE.sub("", camera.gb_code or "") or camera.id.hex
    part = f"-{item.number}" if len(retrieval.items) > 1 else ""
    stamp = f"{item.capture.first:%Y%m%dT%H%M%SZ}"
    return f"{bag.MEDIA}{place + 1:03d}{part}-{code}-{stamp}{SUFFIXES.get(item.capture.media_type, '')}"


def _shares(entries: list[Entry], places: list[int], count: int) -> tuple[Share, ...]:
    """Return which bytes belong to each retrieval: its files are the last of the archive, one behind the other."""
    begins = [*offsets(entries)[-len(places) :], _behind(entries)]
    return tuple(
        Share(begins[places.index(place)], begins[len(places) - places[::-1].index(place)]) for place in range(count)
    )


def _behind(entries: list[Entry]) -> int:
    return offsets([*entries, Entry("x", 0, 0)])[-1]


class _Watch:
    """Looks now and then whether the attempt is still wanted."""

    def __init__(self, package: EvidencePackage, work: Work) -> None:
        self._package = package
        self._work = work
        self._asked = time.monotonic()
        self._gone = False

    def aborted(self) -> bool:
        if not self._gone and time.monotonic() - self._asked >= ASK_AGAIN:
            self._asked = time.monotonic()
            with self._work() as work:
                self._gone = not work.packages.wanted(self._package.id, self._package.attempt)
        return self._gone
