"""The investigator's side of an evidence package: order it, follow it, take it away."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from broker.domain.errors import BrokerError, Conflict, Forbidden
from broker.domain.footage.grants import Grant
from broker.domain.footage.locks import LockKind
from broker.domain.footage.packages import COMPLETE, EvidencePackage, PackageState, abort, deliver, grant_of, order
from broker.domain.footage.retrievals import Retrieval
from broker.domain.footage.stops import Stop, stops_of
from broker.domain.ids import GrantId, PackageId, RetrievalId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.oversight.register import Look, LookAct
from broker.domain.people.accounts import Caller
from broker.domain.permits import Permit
from broker.services.footage.retrievals import grant_ended_by, understood
from broker.services.footage.stops import LOCKED
from policies import facts
from policies.authorizer import Authorizer
from storage.db.requests.access_requests import EVERYTHING
from storage.db.unit_of_work import UnitOfWork, Work


@dataclass(frozen=True)
class PackageDelivery:
    """A package that may flow now: under which grant, until when, on which lines of the register."""

    package: EvidencePackage
    grant_id: GrantId
    until: datetime
    lines: tuple[int, ...]


class Packages:
    """Orders and deliveries of packages; every retrieval in one is a look of its own in the register."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def order(self, caller: Caller, retrievals: Sequence[RetrievalId], *, address: str = "") -> EvidencePackage:
        """Order a package of own results; only what may be handed over goes into one.

        Raises:
            Unknown: one of them is not one of the caller's retrievals.
            Invalid: they are too many, or under several grants.
            Conflict: one of them has no result.
            Forbidden: the grant has ended, or is for viewing only.
        """
        with self._work() as work:
            asked = work.retrievals.load_many(retrievals, person=caller.person())
            grant = work.grants.load(grant_of(asked), None)
            permit = self._require(caller, work, grant, asked, address)
            number = work.access_requests.load(grant.request_id, EVERYTHING).number
            change = order(PackageId(new_id()), number, caller.person(), asked, work.now)
            work.packages.save(None, change.after)
            work.audit.append(permit, change.entries, case=grant.request_id)
            work.jobs.build_package(change.after.id)
            work.commit(permit)
            return change.after

    def read(self, caller: Caller, key: PackageId) -> EvidencePackage:
        """Return one of the caller's own packages."""
        with self._work() as work:
            package = work.packages.load(key, person=caller.person())
            known = facts.of_person(caller, package.person_id)
            self._policy.require(caller, "package:read", caller.roles(work.now), known)
            return package

    def page(self, caller: Caller, *, after: PackageId | None, limit: int) -> Sequence[EvidencePackage]:
        """Return the caller's own packages, newest first."""
        with self._work() as work:
            self._policy.require(caller, "package:list", caller.roles(work.now), facts.of_person(caller))
            return work.packages.page(caller.person(), after=after, limit=limit)

    def watched(self, caller: Caller, key: PackageId) -> tuple[EvidencePackage, frozenset[Stop]]:
        """Return one of the caller's own packages with all that stops its delivery, to be watched before `open`."""
        package = self.read(caller, key)
        with self._work() as work:
            inside = work.retrievals.load_many(package.retrievals)
            cameras = work.cameras.load_many({each.camera_id for each in inside})
            owners = work.departments.load_many({camera.owner_id for camera in cameras.values()})
            stops = (
                stops_of(package.grant_id, package.person_id, camera.id, owners[camera.owner_id].path)
                for camera in cameras.values()
            )
            return package, frozenset().union(*stops)

    def open(self, caller: Caller, key: PackageId, size: int, *, address: str = "") -> PackageDelivery:
        """Allow `size` bytes of a package to flow; trace and register have every retrieval in it first.

        The caller of this method must already watch what stops it, as for a single result.

        Raises:
            Unknown: not one of the caller's packages.
            Conflict: there is no package to hand over.
            Forbidden: the grant has ended, or its bytes are used up.
        """
        with self._work() as work:
            package = work.packages.load(key, person=caller.person())
            inside = work.retrievals.load_many(package.retrievals)
            grant = work.grants.load(package.grant_id, None)
            permit = self._require(caller, work, grant, inside, address)
            if package.state not in COMPLETE or package.contents is None:
                raise Conflict("no-package", state=package.state)
            if not work.grants.hand_over(grant.id, size):
                lacking = Forbidden("footage-quota", missing=("g_quota",), act="footage:deliver")
                raise self._refused(caller, lacking, grant, _looks(inside, address), work)
            stream = f"delivery/{key}"
            first = work.audit.reserve(stream)
            told = {"package": str(key), "act": LookAct.DELIVER, "bytes": size, "digest": package.contents.digest}
            entries = [Entry(stream, "retrieval:opened", {**told, "retrieval": str(each.id)}) for each in inside]
            work.audit.append(permit, entries, case=grant.request_id)
            looks = [look.under(grant) for look in _looks(inside, address)]
            lines = work.register.enter_all(looks, stream, first)
            work.commit(permit)
            return PackageDelivery(package, grant.id, grant.valid.end, tuple(lines))

    def delivered(
        self, caller: Caller, delivery: PackageDelivery, part: tuple[int, int], *, last: bool
    ) -> None:  # fmt: skip
        """Note that all that was opened has left the broker, `last` with the end of the package."""
        with self._work() as work:
            package = work.packages.load(delivery.package.id, person=caller.person(), lock=True)
            permit = self._policy.note(caller, "footage:delivered")
            work.register.end_all(_ended(delivery, part[0], part[1] - part[0]))
            if last and package.state is PackageState.READY:  # else a part or a second copy
                change = deliver(package, part[1] - part[0])
                work.packages.save(package, change.after)
                grant = work.grants.load(package.grant_id, None)
                work.audit.append(permit, change.entries, case=grant.request_id)
            work.commit(permit)

    def interrupted(self, caller: Caller, delivery: PackageDelivery, begin: int, sent: int, reason: str) -> None:
        """Note that a delivery was cut off by the broker after `sent` bytes from `begin` on."""
        key = delivery.package.id
        with self._work() as work:
            cameras = {each.camera_id for each in work.retrievals.load_many(delivery.package.retrievals)}
            locked = work.locks.over_any(delivery.package.person_id, cameras)  # before a row is held, as the gate wants
            stream = f"delivery/{key}"
            work.audit.reserve(stream)  # before the package is held: `open` needs both too, in this order
            package = work.packages.load(key, lock=True)
            grant = work.grants.load(package.grant_id, None)
            permit = self._policy.note(caller, "footage:interrupted")
            if reason == "grant-revoked":  # the word for every stop of a grant where the bytes flow
                reason = grant_ended_by(grant, work.now)
            elif reason == LOCKED[LockKind.CAMERA] and LockKind.CAMERA not in locked:  # and so with cameras
                reason = "camera-transferred"
            work.register.end_all(_ended(delivery, begin, sent), reason)
            entries = [Entry(stream, "package:interrupted", {"bytes": sent, "reason": reason})]
            if package.state is PackageState.READY and not grant.hands_over(work.now):
                change = abort(package, grant_ended_by(grant, work.now))
                work.packages.save(package, change.after)
                entries.extend(change.entries)
            work.audit.append(permit, entries, case=grant.request_id)
            work.commit(permit)

    def _require(
        self, caller: Caller, work: UnitOfWork, grant: Grant, inside: Sequence[Retrieval], address: str
    ) -> Permit:
        """Ask as for handing over each single result: all of them are under this one grant."""
        person = caller.person()
        found = facts.of_delivery(grant, person, work.now, facts.KEPT_WITH_FACES)
        found |= facts.of_locks(work.locks.over_any(person, {each.camera_id for each in inside}))
        try:
            return self._policy.require(caller, "footage:deliver", caller.roles_at(caller.path, work.now), found)
        except Forbidden as refusal:
            raise self._refused(caller, refusal, grant, _looks(inside, address), work) from None

    def _refused(
        self, caller: Caller, refusal: BrokerError, grant: Grant, looks: Sequence[Look], work: UnitOfWork
    ) -> BrokerError:
        """Write the refusal of every look into trace and register and return it in words."""
        told = understood(refusal, grant, looks[0], work)
        permit = self._policy.note(caller, "footage:refused")
        stream = f"refusal/{caller.person_id}"
        first = work.audit.reserve(stream)
        missing = list(refusal.missing)
        entries = [
            Entry(stream, "retrieval:refused", {"camera": str(look.camera_id), "missing": missing}) for look in looks
        ]
        work.audit.append(permit, entries, case=grant.request_id)
        refused = [replace(look.under(grant), refusal=told.slug) for look in looks]
        work.register.enter_all(refused, stream, first)
        work.commit(permit, done=False)
        return told


def _looks(inside: Sequence[Retrieval], address: str) -> list[Look]:
    return [
        Look(LookAct.DELIVER, each.person_id, each.camera_id, each.ask, address, each.id) for each in inside
    ]  # fmt: skip


def _ended(delivery: PackageDelivery, begin: int, sent: int) -> list[tuple[int, int]]:
    """Return each line with the bytes of its own footage that left."""
    contents = delivery.package.contents
    if contents is None:
        raise AssertionError(delivery.package.state)
    shares = zip(delivery.lines, contents.shares, strict=True)
    return [(line, share.of(begin, sent)) for line, share in shares]
