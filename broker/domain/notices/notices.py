"""Notices: what the people and systems concerned are told, in a closed vocabulary.

A notice says that something happened and where to look; it never carries footage, a reason somebody wrote, or
anything about people in pictures. So each kind names the few facts that its sentences may use, and takes no others.
The sentences stand in `broker/locale` under notice.<kind>.subject and notice.<kind>.body.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from broker.domain.ids import DepartmentId, PersonId
from broker.domain.time import aware

LONGEST_FACT = 200

Fact = str | int | datetime

_STEP = frozenset({"number", "department"})
"""The number of the request; the department that asked, or the one that acted."""

NOTICES: Mapping[str, frozenset[str]] = {
    "access_request.submitted": _STEP,
    "access_request.resubmitted": _STEP,
    "access_request.approved": _STEP,
    "access_request.returned": _STEP,
    "access_request.rejected": _STEP,
    "access_request.withdrawn": _STEP,
    "access_request.lapsed": frozenset({"number"}),
    "access_request.decided": frozenset({"number"}),
    "access_request.closed": frozenset({"number"}),
    "item.waiting": _STEP,
    "item.endorsed": _STEP,
    "item.authorized": _STEP,
    "item.refused": _STEP,
    "item.forwarded": _STEP,
    "item.lapsed": _STEP,
    "grant.issued": _STEP | {"until"},
    "grant.revoked": _STEP,
    "grant.suspended": _STEP,
    "grant.resumed": _STEP,
    "grant.exhausted": _STEP,
    "emergency.opened": _STEP,
    "emergency.ratified": _STEP,
    "emergency.disavowed": _STEP,
    "emergency.vetoed": _STEP,
    "emergency.unratified": _STEP,
    "hold.ended": _STEP | {"due"},
    "health.source_below": frozenset({"source", "department", "percent", "target", "day"}),
    "health.department_below": frozenset({"department", "percent", "target", "day"}),
    "copy.undeleted": frozenset({"number"}),
    "deadline.reminder": frozenset({"number", "due"}),
    "deadline.escalated": _STEP | {"due"},
    "account.invited": frozenset({"login", "link", "until"}),
    "account.recovery_code_used": frozenset({"left"}),
    "account.identity_linked": frozenset({"issuer"}),
    "account.identity_unlinked": frozenset({"issuer"}),
    "webhook.disabled": frozenset({"host"}),
    "webhook.dead": frozenset({"host"}),
    "webhook.test": frozenset(),
    "mail.test": frozenset(),
}
"""Every kind, with the facts it needs: exactly these."""

INSTANTS = frozenset({"until", "due"})
"""The facts that are instants; a notice keeps them as ISO 8601 in UTC."""


@dataclass(frozen=True)
class Notice:
    """Something to tell: to these persons, and to the webhooks whose department holds one of these departments.

    `case` is the request it is about. Handed to `tell` of the service of notices in the transaction of the change.
    """

    kind: str
    case: UUID | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    recipients: frozenset[PersonId] = frozenset()
    departments: frozenset[DepartmentId] = frozenset()

    def __post_init__(self) -> None:
        if self.kind not in NOTICES:
            raise ValueError(f"unknown kind of notice {self.kind}")
        if self.facts.keys() != NOTICES[self.kind]:
            raise ValueError(f"{self.kind} takes the facts {sorted(NOTICES[self.kind])}, not {sorted(self.facts)}")

    def plain(self) -> dict[str, str | int]:
        """Return the facts as JSON holds them: instants in UTC, text in one line and not too long."""
        return {name: _plain(value) for name, value in self.facts.items()}


@dataclass(frozen=True)
class Told:
    """A notice as it stands in the outbox."""

    id: UUID
    kind: str
    at: datetime
    case: UUID | None
    facts: Mapping[str, str | int]


@dataclass(frozen=True)
class Received:
    """A notice in the list of one person."""

    notice: Told
    read_at: datetime | None


def _plain(value: Fact) -> str | int:
    if isinstance(value, datetime):
        return aware(value).isoformat(timespec="seconds")
    return one_line(value)[:LONGEST_FACT] if isinstance(value, str) else value


def one_line(text: str) -> str:
    """Return the text without line breaks and other control characters: it goes into subjects and log lines."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
