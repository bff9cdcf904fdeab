"""Webhooks: where a department's systems want to be told, and how a delivery goes on after a failure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from broker.domain.ids import DepartmentId
from broker.domain.notices.notices import Told
from broker.domain.oversight.audit import canonical

BACKOFF = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
"""How long to wait after the first, second … failure; after one failure more than these the delivery is dead."""

GONE = 410
MOST_OF_A_DEPARTMENT = 10


class WebhookState(StrEnum):
    """Whether a webhook is delivered to."""

    ACTIVE = "active"
    DISABLED = "disabled"  # the receiver answered 410
    REMOVED = "removed"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"  # every attempt failed
    DROPPED = "dropped"  # the webhook was disabled or removed meanwhile


@dataclass(frozen=True)
class Webhook:
    """A department's webhook; `kinds` empty: every kind. `sealed` is its secret, under the key of the machine."""

    id: UUID
    department_id: DepartmentId
    url: str
    kinds: tuple[str, ...]
    sealed: bytes
    state: WebhookState
    created_at: datetime
    version: int = 1

    @property
    def stream(self) -> str:
        return f"webhook/{self.id}"

    def with_sealed(self, sealed: bytes) -> "Webhook":
        return replace(self, sealed=sealed)

    @property
    def place(self) -> str:
        """Where the secret is stored, which is bound to it."""
        return f"webhook/{self.id}/sealed"


@dataclass(frozen=True)
class Delivery:
    """One notice on its way to one webhook; its id is the `webhook-id` of every attempt."""

    id: UUID
    webhook_id: UUID
    notice_id: UUID
    state: DeliveryState
    attempts: int
    next_at: datetime | None = None
    last_at: datetime | None = None
    last_status: int | None = None
    last_error: str = ""


@dataclass(frozen=True)
class Answer:
    """What came of an attempt: the status, or the slug of what prevented one."""

    status: int | None
    error: str = ""

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004  # RFC 9110: 2xx is success


def after(delivery: Delivery, answer: Answer, now: datetime, backoff: Sequence[timedelta]) -> Delivery:
    """Return the delivery after an attempt: delivered, waiting for the next attempt, dropped on 410, or dead."""
    attempts = delivery.attempts + 1
    following: datetime | None = None
    if answer.good:
        state = DeliveryState.DELIVERED
    elif answer.status == GONE:
        state = DeliveryState.DROPPED
    elif attempts > len(backoff):
        state = DeliveryState.DEAD
    else:
        state, following = DeliveryState.WAITING, now + backoff[attempts - 1]
    return Delivery(
        id=delivery.id, webhook_id=delivery.webhook_id, notice_id=delivery.notice_id, state=state, attempts=attempts,
        next_at=following, last_at=now, last_status=answer.status, last_error=answer.error,
    )  # fmt: skip


def message_of(delivery: UUID) -> str:
    """Return the id under which a receiver knows a delivery."""
    return f"msg_{delivery.hex}"


def body_of(notice: Told, summary: Mapping[str, str]) -> bytes:
    """Return what is sent: the same bytes at every attempt."""
    return canonical(
        {
            "type": notice.kind,
            "timestamp": notice.at.isoformat(timespec="milliseconds"),
            "data": {
                "notice": str(notice.id),
                "case": None if notice.case is None else str(notice.case),
                "facts": dict(notice.facts),
                "summary": dict(summary),
            },
        },
    )
