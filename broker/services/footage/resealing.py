"""After the key was changed: what was sealed under an older one is sealed anew, so that the older one can go."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from broker.domain.footage.escrows import reseal
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller
from broker.services.sources.source_secrets import SourceSecrets
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work
from storage.secrets import SecretBox

EVERYWHERE = ("",)
AT_ONCE = 100


@dataclass(frozen=True)
class Resealed:
    """How many secrets were sealed anew."""

    sources: int
    webhooks: int
    second_factors: int
    escrows: int = 0


class _Batch(NamedTuple):
    """What was done to one page of a table: the entries, and the key to go on behind; None after the last page."""

    entries: list[Entry]
    last: Any


class Resealing:
    """One transaction a hundred rows; what is under the current key already is left alone."""

    def __init__(self, work: Work, policy: Authorizer, box: SecretBox) -> None:
        self._work = work
        self._policy = policy
        self._box = box
        self._secrets = SourceSecrets(box)

    def reseal(self, caller: Caller) -> Resealed:
        """Seal all secrets under the first key of the file; also those of sources that still stand in the open.

        Raises:
            Unavailable: a key that something was sealed under is no longer in the file; what came before is done.
        """
        with self._work() as work:
            self._policy.require(caller, "secret:reseal", caller.roles(work.now), facts.of_person(caller))
        sources = self._all(caller, self._sources)
        webhooks, factors = self._all(caller, self._webhooks), self._all(caller, self._factors)
        return Resealed(sources, webhooks, factors, self._all(caller, self._escrows))

    def _all(self, caller: Caller, one_page: Callable[[UnitOfWork, Any], _Batch]) -> int:
        done, after = 0, None
        while True:
            with self._work() as work:
                permit = self._policy.require(caller, "secret:reseal", caller.roles(work.now), facts.of_person(caller))
                batch = one_page(work, after)
                work.audit.append(permit, batch.entries)
                work.commit(permit)
            done += len(batch.entries)
            after = batch.last
            if after is None:
                return done

    def _sources(self, work: UnitOfWork, after: str | None) -> _Batch:
        found = work.sources.page(after=after or "", limit=AT_ONCE, lock=True)
        entries = []
        for source in found:
            if not self._secrets.is_current(source):
                options = self._secrets.options_of(source, even_stopped=True)
                sealed = replace(self._secrets.with_options(source, options), version=source.version + 1)
                work.sources.save(source, sealed)
                entries.append(Entry(source.stream, "source:resealed", {"secrets": list(sealed.secrets)}))
        return _Batch(entries, found[-1].code if len(found) == AT_ONCE else None)

    def _webhooks(self, work: UnitOfWork, after: Any) -> _Batch:
        found = work.webhooks.page(EVERYWHERE, after=after, limit=AT_ONCE)
        entries = []
        for webhook in found:
            if not self._box.is_current(webhook.sealed):
                work.webhooks.reseal(webhook, self._anew(webhook.sealed, webhook.place))
                entries.append(Entry(webhook.stream, "webhook:resealed"))
        return _Batch(entries, found[-1].id if len(found) == AT_ONCE else None)

    def _factors(self, work: UnitOfWork, after: Any) -> _Batch:
        found = work.second_factors.in_use(after=after, limit=AT_ONCE)
        entries = []
        for factor in found:
            if not self._box.is_current(factor.sealed):
                stream = f"person/{factor.person_id}"
                sealed = self._anew(factor.sealed, factor.place)
                work.second_factors.reseal(factor, sealed, work.audit.reserve(stream))
                entries.append(Entry(stream, "person:second_factor:resealed"))
        return _Batch(entries, found[-1].id if len(found) == AT_ONCE else None)

    def _escrows(self, work: UnitOfWork, after: Any) -> _Batch:
        """The keys of sealed copies; originals kept for others are gone in some minutes anyway."""
        found = work.escrows.page(after=after, limit=AT_ONCE)
        entries: list[Entry] = []
        for escrow in found:
            if not self._box.is_current(escrow.copy.key):
                change = reseal(escrow, self._anew(escrow.copy.key, escrow.place))
                work.escrows.save(escrow, change.after)
                entries.extend(change.entries)
        return _Batch(entries, found[-1].id if len(found) == AT_ONCE else None)

    def _anew(self, sealed: bytes, place: str) -> bytes:
        return self._box.seal(self._box.open(sealed, place), place)
