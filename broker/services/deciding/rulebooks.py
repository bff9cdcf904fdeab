"""The rulebook of the city: read it, try a new version, bring one in force."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from broker.domain.deciding.rulebook import Rulebook, RulebookVersion
from broker.domain.deciding.shipped_rules import SHIPPED
from broker.domain.errors import Conflict, Invalid
from broker.domain.oversight.audit import Entry, canonical
from broker.domain.people.accounts import Caller
from broker.domain.permits import Permit
from broker.services.deciding.rulebook_document import dump, parse
from broker.services.deciding.rulebook_document.difference import Difference, differences
from broker.services.deciding.rulebook_document.members import faulty
from broker.services.deciding.rules import rules_in_force, rules_of
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import UnitOfWork, Work

STREAM = "rulebook/city"
MOST_TOLD = 200


@dataclass(frozen=True)
class Version:
    """A version with its rules; `about` is None for the one the program comes with."""

    rules: Rulebook
    about: RulebookVersion | None


@dataclass(frozen=True)
class Proposal:
    """A document that was read: its rules, the version it would replace, and what it would change."""

    rules: Rulebook
    replaces: int
    changes: tuple[Difference, ...]


class Rulebooks:
    """Versions of the rulebook; none is ever changed, the highest is in force."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def current(self, caller: Caller) -> Version:
        """Return the version that a request submitted now goes by."""
        with self._work() as work:
            self._read(caller, work)
            return _version(work, work.rulebooks.newest())

    def read(self, caller: Caller, version: int) -> Version:
        """Return one version; 0 is the one the program comes with."""
        with self._work() as work:
            self._read(caller, work)
            return _version(work, version)

    def page(self, caller: Caller, *, before: int | None, limit: int) -> Sequence[RulebookVersion]:
        """Return the versions that were made, newest first."""
        with self._work() as work:
            self._read(caller, work)
            return work.rulebooks.page(before=before, limit=limit)

    def allow_change(self, caller: Caller) -> None:
        """Let pass who may bring a new version in force; nothing is read yet.

        Raises:
            Forbidden: the caller may not.
        """
        with self._work() as work:
            self._require(caller, work, "rulebook:change")

    def check(self, caller: Caller, document: object) -> Proposal:
        """Read a document and say what it would change; nothing is kept.

        Raises:
            Invalid: the document has faults; all of them are told.
        """
        with self._work() as work:
            self._require(caller, work, "rulebook:check")
            return _proposal(work, document)

    def change(self, caller: Caller, document: object, comment: str, replaces: int) -> tuple[Version, Proposal]:
        """Bring a new version in force, made from version `replaces`, for what is submitted from now on.

        Raises:
            Invalid: the document has faults or changes nothing, or the comment is empty.
            Conflict: another version came in force since the document was made.
        """
        with self._work() as work:
            permit = self._require(caller, work, "rulebook:change")
            if not comment.strip():
                raise Invalid("field-empty", pointer="/comment")
            work.audit.reserve(STREAM)  # one change at a time: the next one sees this version
            proposal = _proposal(work, document)
            if replaces != proposal.replaces:
                raise Conflict("rulebook-moved-on", pointer="/replaces", seen=replaces, current=proposal.replaces)
            if not proposal.changes:
                raise Invalid("rulebook-unchanged", pointer="/document", version=replaces)
            about = RulebookVersion(proposal.rules.version, comment, permit.actor, work.now)
            whole = dump(proposal.rules)
            work.rulebooks.add(about, whole)
            told = {
                "version": about.version, "replaces": replaces, "comment": comment,
                "digest": hashlib.sha256(canonical(whole)).hexdigest(),
                "changed": [change.place for change in proposal.changes[:MOST_TOLD]],
            }  # fmt: skip
            work.audit.append(permit, (Entry(STREAM, "rulebook:changed", told),))
            work.commit(permit)
            return Version(proposal.rules, about), proposal

    def _read(self, caller: Caller, work: UnitOfWork) -> Permit:
        return self._policy.require(caller, "rulebook:read", caller.roles(work.now), facts.of_person(caller))

    def _require(self, caller: Caller, work: UnitOfWork, act: str) -> Permit:
        """Ask with the roles that reach the whole tree: the rules are those of every department."""
        roots = work.departments.roots()
        reaching = [caller.roles_at(root.path, work.now) for root in roots] or [caller.roles(work.now)]
        return self._policy.require(caller, act, frozenset.intersection(*reaching), facts.of_person(caller))


def _version(work: UnitOfWork, version: int) -> Version:
    about = None if version == SHIPPED.version else work.rulebooks.load(version)
    return Version(rules_of(work, version), about)


def _proposal(work: UnitOfWork, document: object) -> Proposal:
    held = rules_in_force(work)
    rules = parse(document, held.version + 1)
    _check_owners(work, rules)
    return Proposal(rules, held.version, differences(dump(held), dump(rules)))


def _check_owners(work: UnitOfWork, rules: Rulebook) -> None:
    """Refuse routes for departments that do not exist: a slip of the pen would send their cameras another way."""
    named = {code for route in rules.routes for code in route.match.owners}
    known = work.departments.by_codes(named) if named else {}
    faults = [
        Invalid("unknown-department", pointer=f"/routes/{place}/match/owners", department=code)
        for place, route in enumerate(rules.routes)
        for code in sorted(route.match.owners - known.keys())
    ]
    if faults:
        raise faulty(faults)
