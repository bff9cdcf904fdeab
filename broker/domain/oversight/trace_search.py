"""What is looked for in the trace, and what a thing's stream is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from broker.domain.ids import PersonId
from broker.domain.oversight.audit import KINDS, Event

THINGS: tuple[str, ...] = (
    "access_request", "request_item", "grant", "retrieval", "delivery", "package", "attachment", "hold", "lock",
    "escrow", "kept_original", "deadline", "refusal", "person", "second_factor", "sign_in", "delegation", "absence",
    "register-export", "trace-export", "department", "catalogue", "camera_field", "import", "import-profile",
    "reconciliation", "source", "source_clock", "health_target", "maintenance", "plan", "policy", "rulebook", "webhook",
)  # fmt: skip
"""The things that have streams of their own: a stream is called `<thing>/<key>`."""


def _by_family() -> dict[str, frozenset[str]]:
    families = {kind.partition(":")[0] for kind in KINDS}
    return {name: frozenset(it for it in KINDS if it.startswith(f"{name}:")) for name in sorted(families)}


FAMILIES: Mapping[str, frozenset[str]] = MappingProxyType(_by_family())
"""Kinds of events by what they begin with: `grant` for `grant:issued` and the like."""

CHOICES: Mapping[str, frozenset[str]] = MappingProxyType({kind: frozenset({kind}) for kind in KINDS} | dict(FAMILIES))
"""What may be chosen as a kind: one of them, or all that begin with a word."""


@dataclass(frozen=True)
class Sought:
    """Which events are wanted; None means any.

    Attributes:
        case: of this access request.
        number: of the access request of this number.
        kinds: of one of these kinds.
        stream: of this stream by its whole name.
        key: of whatever has this id, be it a grant, a person or a source.
        person: done by this person, by login.
        department: done by people of this department or below, by code.
        since: from then on.
        until: before then.
    """

    case: UUID | None = None
    number: str | None = None
    kinds: frozenset[str] | None = None
    stream: str | None = None
    key: UUID | None = None
    person: str | None = None
    department: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def streams(self) -> tuple[str, ...] | None:
        """Return the streams that are wanted, None for any."""
        if self.stream is not None:
            return (self.stream,)
        return None if self.key is None else tuple(f"{thing}/{self.key}" for thing in THINGS)


@dataclass(frozen=True)
class Traced:
    """An event as it stands in the log, with its number over all streams."""

    number: int
    event: Event


def person_of(actor: str) -> PersonId | None:
    """Return the person behind an actor, None for the operator, the worker and nobody."""
    try:
        return PersonId(UUID(actor))
    except ValueError:
        return None
