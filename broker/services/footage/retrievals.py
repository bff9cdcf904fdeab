"""The investigator's side of a retrieval: order it, follow it, take the result away."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from broker.domain.catalog.visibility import EVERYBODY, Viewer
from broker.domain.errors import BrokerError, Conflict, Forbidden, Invalid
from broker.domain.footage.grants import Condition, Grant, GrantState
from broker.domain.footage.locks import LockKind
from broker.domain.footage.media import Ask, ClipAsk
from broker.domain.footage.retrievals import (
    EvidenceItem,
    Retrieval,
    RetrievalState,
    abort,
    action_of,
    amount_of,
    deliver,
    order,
    priority_of,
)
from broker.domain.footage.stops import Stop, stops_of
from broker.domain.ids import CameraId, GrantId, RetrievalId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.oversight.register import Look, LookAct
from broker.domain.people.accounts import Caller
from broker.services.footage.stops import LOCKED
from broker.services.footage.treatments import allows_original
from policies import facts
from policies.authorizer import Authorizer
from policies.vocabulary import Fact
from storage.db.unit_of_work import UnitOfWork, Work

LONGEST_CLIP = timedelta(hours=4)
LOCKED_FACTS = {
    "subject_locked": LOCKED[LockKind.PERSON],
    "camera_locked": LOCKED[LockKind.CAMERA],
    "department_locked": LOCKED[LockKind.DEPARTMENT],
}


@dataclass(frozen=True)
class Delivery:
    """A file of a result that may flow now: under which grant, until when, on which line of the register."""

    retrieval: Retrieval
    item: EvidenceItem
    grant_id: GrantId
    until: datetime
    line: int
    act: LookAct = LookAct.DELIVER


class Retrievals:
    """Orders and deliveries."""

    def __init__(self, work: Work, policy: Authorizer, kept: frozenset[Condition] = facts.KEPT) -> None:
        self._work = work
        self._policy = policy
        self._kept = kept

    def order(
        self, caller: Caller, camera: CameraId, ask: Ask, grant: GrantId | None = None, *, original: bool = False,
        address: str = "",
    ) -> Retrieval:  # fmt: skip
        """Order a snapshot or a clip under one grant; quota, order, trace, register and job are one transaction.

        `original` asks for footage as it was recorded, which the grant has to allow; else it is a marked copy.

        Raises:
            Unknown: the named grant is not the caller's.
            Forbidden: no grant allows it; `missing` names what the nearest one lacks.
            Conflict: the grant ended or its quota was used up at this very moment.
        """
        person = caller.person()
        act = f"footage:{action_of(ask)}"
        if isinstance(ask, ClipAsk) and ask.span.duration > LONGEST_CLIP:
            raise Invalid("clip-too-long", pointer="/end", longest=int(LONGEST_CLIP.total_seconds()))
        look = Look(LookAct.ORDER, person, camera, ask, address)
        with self._work() as work:
            best, found = self._best(work, caller, camera, ask, grant, original=original)
            found |= facts.of_locks(work.locks.over(person, camera))  # from here to the commit no lock can be set
            try:
                permit = self._policy.require(caller, act, caller.roles_at(caller.path, work.now), found)
            except Forbidden as refusal:
                raise self._refused(caller, refusal, best, look, work) from None
            if best is None:
                raise RuntimeError("the policy allowed footage without a grant")
            if original and not allows_original(best):
                lacking = Forbidden("footage-original", missing=("originals",), act=act)
                raise self._refused(caller, lacking, best, look, work)
            retrieval = Retrieval(RetrievalId(new_id()), best.id, person, camera, ask, original=original)
            change = order(retrieval, work.now)
            if not work.grants.take(best.id, amount_of(ask)):
                raise self._refused(caller, Conflict("grant-ended", grant=best.id), best, look, work)
            work.retrievals.save(None, change.after)
            work.audit.append(permit, change.entries, case=best.request_id)
            entered = replace(look.under(best), retrieval_id=change.after.id)
            work.register.enter(entered, change.after.stream, change.after.version)
            record = work.cameras.load(camera)
            if record.source_id is None:
                raise Conflict("camera-without-source", camera=record.name)
            home = caller.department_id
            priority = priority_of(best, work.retrievals.waiting_of(home) if home else 0)
            work.jobs.retrieve(change.after.id, work.sources.load(record.source_id), priority)
            work.commit(permit)
            return change.after

    def _best(
        self,
        work: UnitOfWork,
        caller: Caller,
        camera: CameraId,
        ask: Ask,
        named: GrantId | None,
        *,
        original: bool,
    ) -> tuple[Grant | None, Fact]:
        person = caller.person()
        candidates = work.grants.candidates(person, camera, work.now)
        viewer = EVERYBODY if candidates else Viewer.of(caller, work.now)
        work.cameras.load(camera, viewer)  # an unknown camera is 404, not a refusal
        if named is not None:
            candidates = [grant for grant in candidates if grant.id == named]
        elif not candidates:  # to tell "another camera" from "no grant at all"
            candidates = work.grants.candidates(person, None, work.now, limit=1)
        if original:  # one that allows it before one that allows the rest
            candidates = [grant for grant in candidates if allows_original(grant)] or candidates
        return facts.best_grant(candidates, person, camera, ask, amount_of(ask), work.now, self._kept)

    def _refused(
        self, caller: Caller, refusal: BrokerError, grant: Grant | None, look: Look, work: UnitOfWork
    ) -> BrokerError:
        """Write the refusal into trace and register and return it with the reason a person understands."""
        told = understood(refusal, grant, look, work)
        permit = self._policy.note(caller, "footage:refused")
        stream = f"refusal/{caller.person_id}"
        seq = work.audit.reserve(stream)
        entry = Entry(stream, "retrieval:refused", {"camera": str(look.camera_id), "missing": list(refusal.missing)})
        work.audit.append(permit, (entry,), case=grant.request_id if grant else None)
        work.register.enter(replace(look.under(grant), refusal=told.slug), stream, seq)
        work.commit(permit, done=False)
        return told

    def read(self, caller: Caller, key: RetrievalId) -> Retrieval:
        """Return one of the caller's own retrievals."""
        with self._work() as work:
            retrieval = work.retrievals.load(key, person=caller.person())
            known = facts.of_person(caller, retrieval.person_id)
            self._policy.require(caller, "retrieval:read", caller.roles(work.now), known)
            return retrieval

    def read_many(self, caller: Caller, keys: Sequence[RetrievalId]) -> list[Retrieval]:
        """Return several of the caller's own retrievals, in the order of their keys."""
        with self._work() as work:
            self._policy.require(caller, "retrieval:list", caller.roles(work.now), facts.of_person(caller))
            return work.retrievals.load_many(keys, person=caller.person())

    def copy_of(self, caller: Caller, key: RetrievalId) -> Retrieval | None:
        """Return the newest marked copy that the caller ordered of the footage of an own original, if there is one."""
        with self._work() as work:
            self._policy.require(caller, "retrieval:list", caller.roles(work.now), facts.of_person(caller))
            original = work.retrievals.load(key, person=caller.person())
            return work.retrievals.copy_of(original) if original.original else None

    def watched(self, caller: Caller, key: RetrievalId) -> tuple[Retrieval, frozenset[Stop]]:
        """Return one of the caller's own retrievals with all that stops its delivery, to be watched before `open`."""
        retrieval = self.read(caller, key)
        with self._work() as work:
            owner = work.departments.load(work.cameras.load(retrieval.camera_id).owner_id)
            return retrieval, stops_of(retrieval.grant_id, retrieval.person_id, retrieval.camera_id, owner.path)

    def page(
        self,
        caller: Caller,
        *,
        grant: GrantId | None,
        after: RetrievalId | None,
        limit: int,
    ) -> Sequence[Retrieval]:
        """Return the caller's own retrievals, newest first."""
        with self._work() as work:
            self._policy.require(caller, "retrieval:list", caller.roles(work.now), facts.of_person(caller))
            return work.retrievals.page(caller.person(), grant=grant, after=after, limit=limit)

    def open(
        self, caller: Caller, key: RetrievalId, size: int | None = None, *, number: int = 1, address: str = "",
        act: LookAct = LookAct.DELIVER,
    ) -> Delivery:  # fmt: skip
        """Allow `size` bytes (None: all) of a file of a result to flow; trace and register have it first.

        `act` says whether it is handed over or only shown. The caller of this method must already watch the grant, so
        that a revocation between here and the first byte is not missed.

        Raises:
            Unknown: not one of the caller's retrievals.
            Conflict: there is no result to hand over.
            Forbidden: the grant has ended, or its bytes are used up.
        """
        with self._work() as work:
            retrieval = work.retrievals.load(key, person=caller.person())
            grant = work.grants.load(retrieval.grant_id, None)
            found = facts.of_delivery(grant, retrieval.person_id, work.now, facts.KEPT_WITH_FACES)
            found |= facts.of_locks(work.locks.over(retrieval.person_id, retrieval.camera_id))
            roles = caller.roles_at(caller.path, work.now)
            look = Look(act, retrieval.person_id, retrieval.camera_id, retrieval.ask, address, key)
            verb = "footage:view" if act is LookAct.VIEW else "footage:deliver"
            try:
                permit = self._policy.require(caller, verb, roles, found)
            except Forbidden as refusal:
                raise self._refused(caller, refusal, grant, look, work) from None
            retrieval.require_result()
            item = retrieval.item(number)
            sent = item.size if size is None else size
            if not work.grants.hand_over(grant.id, sent):
                lacking = Forbidden("footage-quota", missing=("g_quota",), act=verb)
                raise self._refused(caller, lacking, grant, look, work)
            data = {"retrieval": str(key), "act": act, "bytes": sent, "digest": item.digest}
            stream = f"delivery/{key}"
            seq = work.audit.reserve(stream)
            work.audit.append(permit, (Entry(stream, "retrieval:opened", data),), case=grant.request_id)
            line = work.register.enter(look.under(grant), stream, seq)
            work.commit(permit)
            return Delivery(retrieval, item, grant.id, grant.valid.end, line, act)

    def delivered(self, caller: Caller, key: RetrievalId, sent: int, line: int, *, last: bool = True) -> None:
        """Note that all that was opened on a line of the register has left the broker, `last` with the result's end."""
        with self._work() as work:
            retrieval = work.retrievals.load(key, person=caller.person(), lock=True)
            permit = self._policy.note(caller, "footage:delivered")
            work.register.end(line, sent)
            if (
                last and retrieval.state is RetrievalState.READY
            ):  # else a part or a second copy; the trace has it opened
                change = deliver(retrieval, sent)
                work.retrievals.save(retrieval, change.after)
                grant = work.grants.load(retrieval.grant_id, None)
                work.audit.append(permit, change.entries, case=grant.request_id)
            work.commit(permit)

    def interrupted(self, caller: Caller, key: RetrievalId, sent: int, reason: str, line: int) -> None:
        """Note that a delivery was cut off by the broker; what had no result to end stays as it is."""
        with self._work() as work:
            known = work.retrievals.load(key, person=caller.person())
            locked = work.locks.over(known.person_id, known.camera_id)  # before a row is held, as the gate wants it
            stream = f"delivery/{key}"
            work.audit.reserve(stream)  # before the retrieval is held: `open` needs both too, in this order
            retrieval = work.retrievals.load(key, lock=True)
            grant = work.grants.load(retrieval.grant_id, None)
            permit = self._policy.note(caller, "footage:interrupted")
            if reason == "grant-revoked":  # the word for every stop of a grant where the bytes flow
                reason = grant_ended_by(grant, work.now)
            elif reason == LOCKED[LockKind.CAMERA] and LockKind.CAMERA not in locked:  # and so with cameras
                reason = "camera-transferred"
            work.register.end(line, sent, reason)
            entries = [Entry(stream, "retrieval:interrupted", {"bytes": sent, "reason": reason})]
            if retrieval.state is RetrievalState.READY and not grant.hands_over(work.now):
                change = abort(retrieval, grant_ended_by(grant, work.now))
                work.retrievals.save(retrieval, change.after)
                entries.extend(change.entries)
            work.audit.append(permit, entries, case=grant.request_id)
            work.commit(permit)


def grant_ended_by(grant: Grant, now: datetime) -> str:
    """Return why nothing flows under a grant any more."""
    if grant.state is GrantState.REVOKED:
        return "grant-revoked"
    return "grant-expired" if now >= grant.valid.end else "grant-suspended"


def understood(refusal: BrokerError, grant: Grant | None, look: Look, work: UnitOfWork) -> BrokerError:
    """Return the refusal in words: which of the facts of the nearest grant is lacking, not only that one is."""
    for fact, slug in LOCKED_FACTS.items():
        if f"denied:{fact}" in refusal.missing:
            return Forbidden(slug, missing=(fact,), act=f"footage:{look.action}")
    missing = _first_missing(refusal.missing)
    if missing == "g_live" and grant is not None and grant.state is GrantState.EXHAUSTED and look.act is LookAct.ORDER:
        missing = "g_quota"  # that is what ended it
    if refusal.slug != "not-allowed" or missing is None:
        return refusal
    told: dict[str, object] = {"act": f"footage:{look.action}"}
    if grant is not None:
        windows = (f"{w.begin.isoformat()}/{w.end.isoformat()}" for w in grant.windows_of(look.camera_id))
        told |= {
            "windows": ", ".join(windows),
            "state": grant.state_at(work.now),
            "until": grant.valid.end.isoformat(timespec="seconds"),
        }
    slug = f"footage-{missing.removeprefix('g_')}"
    return Forbidden(slug, missing=refusal.missing, **told)  # type: ignore[arg-type]  # facts, none of them named missing or pointer


def _first_missing(missing: Sequence[str]) -> str | None:
    """Return the reason worth telling: no grant at all before a wrong window, a wrong window before a used quota."""
    for fact in facts.FOOTAGE_ORDER:
        if fact.name and fact.name.lower() in missing:
            return fact.name.lower()
    return None
