"""The rulebook in force, and the one a request began with."""

from collections.abc import Hashable
from threading import Lock
from weakref import WeakKeyDictionary

from broker.domain.deciding.rulebook import Rulebook
from broker.domain.deciding.shipped_rules import SHIPPED
from broker.domain.errors import Invalid, Unavailable
from broker.services.deciding.rulebook_document import parse
from storage.db.unit_of_work import UnitOfWork

MOST_KEPT = 64

_kept: WeakKeyDictionary[Hashable, dict[int, Rulebook]] = WeakKeyDictionary()
_keeping = Lock()


def rules_in_force(work: UnitOfWork) -> Rulebook:
    """Return the rules that a request submitted now goes by."""
    return rules_of(work, work.rulebooks.newest())


def rules_of(work: UnitOfWork, version: int) -> Rulebook:
    """Return the rules of a version: a running request keeps those it began with.

    A version never changes once its transaction has ended, so each is read once in a process. A transaction that makes
    a version must not ask for it here: it may still be undone.

    Raises:
        Unknown: there is no such version.
        Unavailable: this program cannot read what another one kept.
    """
    if version == SHIPPED.version:
        return SHIPPED
    with _keeping:
        kept = _kept.setdefault(work.rulebooks.database, {})
    found = kept.get(version)
    if found is None:
        try:
            found = parse(work.rulebooks.document(version), version)
        except Invalid as error:
            raise Unavailable("rulebook-unreadable", version=version, detail=str(error)) from None
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[version] = found
    return found
