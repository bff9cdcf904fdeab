"""The policy as an office keeps it: proposed by one, looked at and put in force by another, everywhere at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from broker.domain.deciding.policies import PolicyState, PolicyVersion, activate, discard, propose, retire
from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import PolicyId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller, Role
from broker.domain.permits import Permit
from policies import facts
from policies.authorizer import Authorizer
from policies.differences import Opening, Way, openings, ways
from policies.lint import lint
from policies.reading import faulty, shipped
from policies.snapshot import Snapshot, build, version_of
from policies.vocabulary import ACTS, ROLE_BITS, Fact
from storage.db.deciding.policies import Holders
from storage.db.unit_of_work import UnitOfWork, Work

PATIENCE_MS = 5_000
NAMED = 20
"""How many persons a preview names for each opening; all are counted."""


@dataclass(frozen=True)
class InForce:
    """The policy that decides now; `version` None for the one that the program comes with."""

    policy: str
    text: str
    version: PolicyVersion | None


@dataclass(frozen=True)
class Affected:
    """One act that opens or closes, and who holds the roles for it."""

    opening: Opening
    holders: Holders


@dataclass(frozen=True)
class Preview:
    """What would change if a proposal took the place of the policy in force, `replaces`."""

    version: PolicyVersion
    replaces: str
    opened: Sequence[Affected]
    closed: Sequence[Affected]


@dataclass(frozen=True)
class Changed:
    """Which policy is in force now; `settled` when no call that began under the one before is still running."""

    policy: str
    version: PolicyVersion
    settled: bool


class Policies:
    """Proposals, and the change from one policy to the next."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def propose(self, caller: Caller, text: str, comment: str) -> PolicyVersion:
        """Keep a policy for a second person to look at.

        Raises:
            Invalid: the text has faults; all of them are told, and nothing is kept.
        """
        with self._work() as work:
            permit = self._require(work, caller, "policy:propose")
            _check(text)
            new = PolicyVersion(
                PolicyId(new_id()), text, version_of(text), comment, proposed_by=caller.person(), proposed_at=work.now
            )
            change = propose(new, rows=sum(not row.fixed for row in build(text).rows))
            work.policies.add(change.after)
            work.audit.append(permit, change.entries)
            work.commit(permit)
            return change.after

    def page(self, caller: Caller, *, after: PolicyId | None, limit: int) -> Sequence[PolicyVersion]:
        """Return all policies there were, newest first."""
        with self._work() as work:
            self._require(work, caller, "policy:list")
            return work.policies.page(after=after, limit=limit)

    def read(self, caller: Caller, key: PolicyId) -> PolicyVersion:
        """Return one policy with its text."""
        with self._work() as work:
            self._require(work, caller, "policy:read")
            return work.policies.load(key)

    def in_force(self, caller: Caller) -> InForce:
        """Return the policy that decides now."""
        with self._work() as work:
            self._require(work, caller, "policy:read")
            active = work.policies.active()
            held = self._policy.snapshot
            return InForce(held.version, active.text if active else shipped("baseline.csv"), active)

    def preview(self, caller: Caller, key: PolicyId) -> Preview:
        """Say who could do what that they could not before, and the reverse."""
        with self._work() as work:
            self._require(work, caller, "policy:preview")
            found = work.policies.load(key)
            held, following = self._policy.snapshot, _checked(found.text)
            opened = openings(held.rules, following.rules)
            closed = openings(following.rules, held.rules)
            sets = [frozenset(map(Role, it.roles)) for it in (*opened, *closed)]
            holders = work.policies.holders(sets, work.now, NAMED) if sets else []
            affected = [Affected(it, who) for it, who in zip((*opened, *closed), holders, strict=True)]
            return Preview(found, held.version, affected[: len(opened)], affected[len(opened) :])

    def activate(self, caller: Caller, key: PolicyId, replaces: str | None = None) -> Changed:
        """Put a proposal in force; when this returns settled, nothing decides by the policy before any more.

        Raises:
            Forbidden: the caller proposed it, or has not shown the second factor just now.
            Conflict: it is no proposal any more, or `replaces` (what the preview was made against) is not in force.
            Invalid: the text breaks what a newer version of the program asks of every policy.
        """
        with self._work() as work:
            found = work.policies.load(key, lock=True)
            known = facts.of_second_factor(caller, work.now)
            known |= Fact.NONE if caller.person_id == found.proposed_by else Fact.NOT_PROPOSER
            permit = self._require(work, caller, "policy:activate", known)
            held, following = self._policy.snapshot, _checked(found.text)
            if replaces not in {None, held.version}:
                raise Conflict("policy-moved-on", seen=replaces, current=held.version)
            change = activate(found, caller.person(), work.now, policy=following.version, replaces=held.version)
            entries = [*_retired(work, following.version, ""), *change.entries]
            work.policies.save(found, change.after)
            epoch = work.policies.change(found.id, following.version, work.now)
            work.audit.append(permit, entries)
            work.commit(permit)
        return Changed(following.version, change.after, self._settled(epoch))

    def discard(self, caller: Caller, key: PolicyId, reason: str) -> PolicyVersion:
        """Lay a proposal aside."""
        with self._work() as work:
            found = work.policies.load(key, lock=True)
            permit = self._require(work, caller, "policy:discard")
            change = discard(found, reason)
            work.policies.save(found, change.after)
            work.audit.append(permit, change.entries)
            work.commit(permit)
            return change.after

    def reset(self, caller: Caller, reason: str) -> Changed:
        """Go back to the policy that the program comes with: the operator's way out when a policy locks people out.

        Raises:
            Conflict: it is the one in force.
        """
        with self._work() as work:
            permit = self._require(work, caller, "policy:reset")
            active = work.policies.active(lock=True)
            if active is None:
                raise Conflict("policy-shipped-in-force")
            following = version_of(shipped("baseline.csv"))
            entries = _retired(work, following, reason)
            epoch = work.policies.change(None, following, work.now)
            work.audit.append(permit, entries)
            work.commit(permit)
        return Changed(following, active, self._settled(epoch))

    def explain(self, caller: Caller, role: str, act: str) -> Sequence[Way]:
        """Return the rows in force that speak of a role and an act, with the facts each needs.

        Raises:
            Invalid: there is no such role or act.
        """
        with self._work() as work:
            self._require(work, caller, "policy:explain")
            if role not in ROLE_BITS:
                raise Invalid("unknown-role", pointer="/role", role=role[:80], allowed=", ".join(ROLE_BITS))
            obj, _, verb = act.partition(":")
            if verb not in ACTS.get(obj, ()):
                near = [f"{obj}:{known}" for known in sorted(ACTS.get(obj, ()))] or [f"{known}:…" for known in ACTS]
                raise Invalid("unknown-act", pointer="/act", act=act[:80], allowed=", ".join(near))
            return ways(self._policy.snapshot.rows, role, act)

    def moves(self, caller: Caller, key: PolicyId | None = None) -> frozenset[str]:
        """Return what the caller may do: propose a policy, and with a proposal look at, activate or discard it.

        Who lacks nothing but the second factor may go on: it is asked for on the way.
        """
        with self._work() as work:
            self._require(work, caller, "policy:read")
            if key is None:
                return self._open(work, caller, ("propose",), Fact.NONE)
            found = work.policies.load(key)
            if found.state is not PolicyState.PROPOSED:
                return frozenset()
            known = Fact.NONE if caller.person_id == found.proposed_by else Fact.NOT_PROPOSER
            return self._open(work, caller, ("preview", "activate", "discard"), known)

    def _open(self, work: UnitOfWork, caller: Caller, verbs: Sequence[str], known: Fact) -> frozenset[str]:
        roles = _reaching(work, caller)
        known |= facts.of_person(caller) | facts.of_second_factor(caller, work.now)
        answers = {verb: self._policy.decide(roles, f"policy:{verb}", known) for verb in verbs}
        return frozenset(verb for verb, it in answers.items() if it.allowed or set(it.missing) == {"mfa_fresh"})

    def _require(self, work: UnitOfWork, caller: Caller, act: str, known: Fact = Fact.NONE) -> Permit:
        """Ask with the roles that reach the whole tree: a policy has no owner below it."""
        return self._policy.require(caller, act, _reaching(work, caller), facts.of_person(caller) | known)

    def _settled(self, epoch: int) -> bool:
        """Wait until nobody works under the policy before; new calls are already under the new one."""
        with self._work() as work:
            return work.policies.wait_for_others(epoch, PATIENCE_MS)


def _reaching(work: UnitOfWork, caller: Caller) -> frozenset[Role]:
    roots = work.departments.roots()
    return frozenset.intersection(
        *([caller.roles_at(root.path, work.now) for root in roots] or [caller.roles(work.now)])
    )


def _retired(work: UnitOfWork, follower: str, reason: str) -> Sequence[Entry]:
    """Store that the active policy, if there is one, is over."""
    active = work.policies.active(lock=True)
    if active is None:
        return ()
    change = retire(active, follower, reason)
    work.policies.save(active, change.after)
    return change.entries


def _check(text: str) -> None:
    if found := lint(text):
        raise faulty(found)


def _checked(text: str) -> Snapshot:
    """Return the policy of a text that was kept; the program may ask more of it today than on the day it was kept."""
    _check(text)
    return build(text)
