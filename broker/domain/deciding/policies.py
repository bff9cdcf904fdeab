"""A policy as a thing with a life: proposed by one person, put in force by another, replaced by the next one.

    PROPOSED --activate--> ACTIVE --retire--> RETIRED        PROPOSED --discard--> DISCARDED

What a policy says is read and checked in the package `policies`; here it is a text with a digest that never changes.
At most one is active; where none is, the policy that the program comes with is in force.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from broker.domain.errors import Conflict
from broker.domain.ids import PersonId, PolicyId
from broker.domain.oversight.audit import Entry


class PolicyState(StrEnum):
    """Where a policy stands."""

    PROPOSED = "PROPOSED"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"
    DISCARDED = "DISCARDED"


@dataclass(frozen=True)
class PolicyVersion:
    """A policy; `policy` is what the trace calls it, the digest over its rows and those that come with the program."""

    id: PolicyId
    text: str
    policy: str
    comment: str
    proposed_by: PersonId
    proposed_at: datetime
    state: PolicyState = PolicyState.PROPOSED
    activated_by: PersonId | None = None
    activated_at: datetime | None = None
    version: int = 0

    @property
    def stream(self) -> str:
        return f"policy/{self.id}"


@dataclass(frozen=True)
class PolicyChange:
    """A policy after a step, with what is to be written in the trace."""

    after: PolicyVersion
    entries: tuple[Entry, ...]


def propose(new: PolicyVersion, rows: int) -> PolicyChange:
    """Return the first version of a policy with its entry."""
    data = {"policy": new.policy, "rows": rows, "comment": new.comment}
    return PolicyChange(replace(new, version=1), (Entry(new.stream, "policy:proposed", data),))


def activate(found: PolicyVersion, by: PersonId, at: datetime, *, policy: str, replaces: str) -> PolicyChange:
    """Put a policy in force; `policy` is its name under the fixed rows of today, `replaces` the one before."""
    _expect(found, PolicyState.PROPOSED, "activate")
    after = replace(
        found, state=PolicyState.ACTIVE, policy=policy, activated_by=by, activated_at=at, version=found.version + 1
    )
    data = {"policy": policy, "replaces": replaces}
    return PolicyChange(after, (Entry(found.stream, "policy:activated", data),))


def retire(found: PolicyVersion, follower: str, reason: str = "") -> PolicyChange:
    """End a policy, because another one takes its place."""
    _expect(found, PolicyState.ACTIVE, "retire")
    after = replace(found, state=PolicyState.RETIRED, version=found.version + 1)
    data = {"policy": found.policy, "follower": follower, "reason": reason}
    return PolicyChange(after, (Entry(found.stream, "policy:retired", data),))


def discard(found: PolicyVersion, reason: str) -> PolicyChange:
    """Lay a proposal aside for good."""
    _expect(found, PolicyState.PROPOSED, "discard")
    after = replace(found, state=PolicyState.DISCARDED, version=found.version + 1)
    return PolicyChange(after, (Entry(found.stream, "policy:discarded", {"reason": reason}),))


def _expect(found: PolicyVersion, state: PolicyState, command: str) -> None:
    if found.state is not state:
        raise Conflict("policy-state", state=found.state, command=command, allowed=state)
