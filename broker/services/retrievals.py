"""The investigator's side of a retrieval: order it, follow it, take the result away."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from broker.domain.accounts import Caller
from broker.domain.audit import Entry
from broker.domain.errors import Conflict, Forbidden, Invalid
from broker.domain.grants import Grant, GrantState, Quota
from broker.domain.ids import CameraId, GrantId, PersonId, RetrievalId, new_id
from broker.domain.media import Ask, ClipAsk
from broker.domain.retrievals import WHOLE, Retrieval, RetrievalState, abort, action_of, amount_of, deliver, order
from policies import facts
from policies.authorizer import Authorizer
from policies.vocabulary import Fact
from storage.db.unit_of_work import UnitOfWork, Work

LONGEST_CLIP = timedelta(hours=4)
_NOTHING = Quota(0, 0, 0)


@dataclass(frozen=True)
class Delivery:
    """A result that may be handed over now: which bytes, under which grant, until when."""

    retrieval: Retrieval
    grant_id: GrantId
    until: datetime


class Retrievals:
    """Orders and deliveries."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def order(self, caller: Caller, camera: CameraId, ask: Ask, grant: GrantId | None = None) -> Retrieval:
        """Order a snapshot or a clip under one grant; quota, order, trace and job are one transaction.

        Raises:
            Unknown: the named grant is not the caller's.
            Forbidden: no grant allows it; `missing` names what the nearest one lacks.
            Conflict: the grant ended or its quota was used up at this very moment.
        """
        person = caller.person()
        act = f"footage:{action_of(ask)}"
        if isinstance(ask, ClipAsk) and ask.span.duration > LONGEST_CLIP:
            raise Invalid("clip-too-long", pointer="/end", longest=int(LONGEST_CLIP.total_seconds()))
        with self._work() as work:
            best, found = self._best(work, person, camera, ask, grant)
            try:
                permit = self._policy.require(caller, act, caller.roles_at(caller.path, work.now), found)
            except Forbidden as refusal:
                raise self._refused(caller, refusal, best, camera, ask, work) from None
            if best is None:
                raise RuntimeError("the policy allowed footage without a grant")
            retrieval = Retrieval(RetrievalId(new_id()), best.id, person, camera, ask)
            change = order(retrieval, work.now)
            if not work.grants.take(best.id, amount_of(ask)):
                raise Conflict("grant-ended", grant=best.id)
            work.retrievals.save(None, change.after)
            work.audit.append(permit, change.entries, case=best.request_id)
            record = work.cameras.load(camera)
            if record.source_id is None:
                raise Conflict("camera-without-source", camera=record.name)
            work.jobs.retrieve(change.after.id, work.sources.load(record.source_id))
            work.commit(permit)
            return change.after

    def _best(
        self,
        work: UnitOfWork,
        person: PersonId,
        camera: CameraId,
        ask: Ask,
        named: GrantId | None,
    ) -> tuple[Grant | None, Fact]:
        work.cameras.load(camera)  # an unknown camera is 404, not a refusal
        candidates = work.grants.candidates(person, camera, work.now)
        if named is not None:
            candidates = [grant for grant in candidates if grant.id == named]
        elif not candidates:  # to tell "another camera" from "no grant at all"
            candidates = work.grants.candidates(person, None, work.now, limit=1)
        return facts.best_grant(candidates, person, camera, ask, amount_of(ask), work.now)

    def _refused(
        self,
        caller: Caller,
        refusal: Forbidden,
        grant: Grant | None,
        camera: CameraId,
        ask: Ask,
        work: UnitOfWork,
    ) -> Forbidden:
        """Write the refusal into the trace and return it with the reason a person understands."""
        missing = _first_missing(refusal.missing)
        told: dict[str, object] = {"act": f"footage:{action_of(ask)}"}
        if grant is not None:
            windows = (f"{w.begin.isoformat()}/{w.end.isoformat()}" for w in grant.windows_of(camera))
            told |= {
                "windows": ", ".join(windows),
                "state": grant.state_at(work.now),
                "until": grant.valid.end.isoformat(timespec="seconds"),
            }
        permit = self._policy.note(caller, "footage:refused")
        stream = f"refusal/{caller.person_id}"
        work.audit.reserve(stream)
        entry = Entry(stream, "retrieval:refused", {"camera": str(camera), "missing": list(refusal.missing)})
        work.audit.append(permit, (entry,), case=grant.request_id if grant else None)
        work.commit(permit, done=False)
        if refusal.slug != "not-allowed" or missing is None:
            return refusal
        slug = f"footage-{missing.removeprefix('g_')}"
        return Forbidden(slug, missing=refusal.missing, **told)  # type: ignore[arg-type]  # facts, none of them named missing or pointer

    def read(self, caller: Caller, key: RetrievalId) -> Retrieval:
        """Return one of the caller's own retrievals."""
        with self._work() as work:
            retrieval = work.retrievals.load(key, person=caller.person())
            known = facts.of_person(caller, retrieval.person_id)
            self._policy.require(caller, "retrieval:read", caller.roles(work.now), known)
            return retrieval

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

    def open(self, caller: Caller, key: RetrievalId, size: int | None = None) -> Delivery:
        """Allow `size` bytes (None: all) of a result to flow; the trace has it before the first byte does.

        The caller of this method must already watch the grant, so that a revocation between here and the first
        byte is not missed.

        Raises:
            Unknown: not one of the caller's retrievals.
            Conflict: there is no result to hand over.
            Forbidden: the grant has ended, or its bytes are used up.
        """
        with self._work() as work:
            retrieval = work.retrievals.load(key, person=caller.person())
            grant = work.grants.load(retrieval.grant_id, None)
            found = facts.of_delivery(grant, retrieval.person_id, work.now)
            roles = caller.roles_at(caller.path, work.now)
            try:
                permit = self._policy.require(caller, "footage:deliver", roles, found)
            except Forbidden as refusal:
                raise self._refused(caller, refusal, grant, retrieval.camera_id, retrieval.ask, work) from None
            if retrieval.state not in WHOLE:
                raise Conflict("no-result", state=retrieval.state)
            sent = retrieval.size if size is None else size
            if not work.grants.take(grant.id, replace(_NOTHING, bytes=sent)):
                raise Forbidden("footage-quota", missing=("g_quota",), act="footage:deliver")
            data = {"retrieval": str(key), "bytes": sent, "digest": retrieval.digest}
            stream = f"delivery/{key}"
            work.audit.reserve(stream)
            work.audit.append(permit, (Entry(stream, "retrieval:opened", data),), case=grant.request_id)
            work.commit(permit)
            return Delivery(retrieval, grant.id, grant.valid.end)

    def delivered(self, caller: Caller, key: RetrievalId, sent: int) -> None:
        """Note that the whole result has left the broker."""
        with self._work() as work:
            retrieval = work.retrievals.load(key, person=caller.person(), lock=True)
            permit = self._policy.note(caller, "footage:delivered")
            if retrieval.state is not RetrievalState.READY:
                return  # a second copy of the same result; its opening is in the trace
            change = deliver(retrieval, sent)
            work.retrievals.save(retrieval, change.after)
            grant = work.grants.load(retrieval.grant_id, None)
            work.audit.append(permit, change.entries, case=grant.request_id)
            work.commit(permit)

    def interrupted(self, caller: Caller, key: RetrievalId, sent: int, reason: str) -> None:
        """Note that a delivery was cut off by the broker; what had no result to end stays as it is."""
        with self._work() as work:
            retrieval = work.retrievals.load(key, person=caller.person(), lock=True)
            grant = work.grants.load(retrieval.grant_id, None)
            permit = self._policy.note(caller, "footage:interrupted")
            stream = f"delivery/{key}"
            work.audit.reserve(stream)
            entries = [Entry(stream, "retrieval:interrupted", {"bytes": sent, "reason": reason})]
            standing = grant.state_at(work.now)
            if retrieval.state is RetrievalState.READY and standing is not GrantState.ACTIVE:
                ended = "grant-expired" if standing is GrantState.EXPIRED else "grant-revoked"
                change = abort(retrieval, ended)
                work.retrievals.save(retrieval, change.after)
                entries.extend(change.entries)
            work.audit.append(permit, entries, case=grant.request_id)
            work.commit(permit)


def _first_missing(missing: Sequence[str]) -> str | None:
    """Return the reason worth telling: no grant at all before a wrong window, a wrong window before a used quota."""
    for fact in facts.FOOTAGE_ORDER:
        if fact.name and fact.name.lower() in missing:
            return fact.name.lower()
    return None
