"""Webhooks of departments: add, list, remove, try, look at the deliveries. The secret goes out once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, Field, StringConstraints

from broker.domain.notices.notices import NOTICES
from broker.domain.notices.webhooks import Answer, Delivery, DeliveryState, Webhook, WebhookState
from broker.locale import say
from broker.services.notices.couriers.places import LONGEST_URL
from broker.services.notices.webhooks import NewWebhook
from broker.services.people.names import Known
from broker.web.deps import BrokerDep, CallerDep, Language, Reading, ReadingDep
from broker.web.paging import ById, Page
from broker.web.refs import DepartmentRef
from broker.web.routes import OnceRoute, StrictRoute
from broker.web.values import Code, In, Out

router = APIRouter(prefix="/webhooks", tags=["webhooks"], route_class=OnceRoute)
adding = APIRouter(prefix="/webhooks", tags=["webhooks"], route_class=StrictRoute)
"""Adding keeps out of the memory of answers: this one holds a secret."""

Kind = Annotated[str, StringConstraints(max_length=80)]


class WebhookIn(In):
    """A webhook of a department; `kinds` empty: every kind of notice."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "department": "dh-hb",
                    "url": "https://oa.example.org/notices",
                    "kinds": ["item.waiting", "grant.issued"],
                }
            ]
        },
    )

    department: Code
    url: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_URL)]
    kinds: Annotated[list[Kind], Field(max_length=len(NOTICES))] = Field(default_factory=list)

    def new(self) -> NewWebhook:
        return NewWebhook(self.department, self.url, tuple(self.kinds))


class WebhookOut(Out):
    """A webhook, without its secret; `disabled`: the receiver answered that it takes no more."""

    id: UUID
    department: DepartmentRef
    url: str
    kinds: list[str]
    state: WebhookState
    created_at: datetime

    @classmethod
    def of(cls, webhook: Webhook, known: Known) -> Self:
        return cls(
            id=webhook.id, department=DepartmentRef.named(webhook.department_id, known), url=webhook.url,
            kinds=list(webhook.kinds), state=webhook.state, created_at=webhook.created_at,
        )  # fmt: skip


class WebhookAddedOut(WebhookOut):
    """A fresh webhook; its secret is shown this once."""

    secret: str


class DeliveryOut(Out):
    """One notice on its way: how often it was tried, when again, and what came of the last attempt."""

    id: UUID
    kind: str
    state: DeliveryState
    attempts: int
    next_at: datetime | None
    last_at: datetime | None
    last_status: int | None
    last_error: str
    detail: str

    @classmethod
    def of(cls, delivery: Delivery, kind: str, language: str) -> Self:
        return cls(
            id=delivery.id, kind=kind, state=delivery.state, attempts=delivery.attempts, next_at=delivery.next_at,
            last_at=delivery.last_at, last_status=delivery.last_status, last_error=delivery.last_error,
            detail=_detail(delivery.last_error, language),
        )  # fmt: skip


class TestedOut(Out):
    """What came of a call: the status of the answer, or why there was none."""

    ok: bool
    status: int | None
    error: str
    detail: str

    @classmethod
    def of(cls, answer: Answer, language: str) -> Self:
        detail = _detail(answer.error, language)
        return cls(ok=answer.good, status=answer.status, error=answer.error, detail=detail)


def shown(webhooks: Sequence[Webhook], reading: Reading) -> list[WebhookOut]:
    """Return webhooks, their departments looked up together."""
    known = reading.known(departments={webhook.department_id for webhook in webhooks})
    return [WebhookOut.of(webhook, known) for webhook in webhooks]


def _detail(slug: str, language: str) -> str:
    return say(f"attempt.{slug}", language) if slug else ""


@router.get("")
def list_webhooks(caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ById) -> Page[WebhookOut]:
    """列出您职权范围内的推送地址。List the webhooks in your reach."""
    found = broker.webhooks.page(caller, after=window.after, limit=window.wanted)
    return window.page(found, lambda it: it.id, lambda webhooks: shown(webhooks, reading))


@adding.post("", status_code=201)
def add_webhook(body: WebhookIn, caller: CallerDep, broker: BrokerDep, reading: ReadingDep) -> WebhookAddedOut:
    """添加推送地址，密钥只显示一次。Add a webhook; its secret is shown once."""
    added = broker.webhooks.add(caller, body.new())
    return WebhookAddedOut(**shown([added.webhook], reading)[0].__dict__, secret=added.secret)


@router.delete("/{key}", status_code=204)
def remove_webhook(key: UUID, caller: CallerDep, broker: BrokerDep) -> None:
    """删除推送地址，未送达的不再推送。Remove a webhook; what waits for it is dropped."""
    broker.webhooks.remove(caller, key)


@router.post("/{key}/test")
def test_webhook(key: UUID, caller: CallerDep, broker: BrokerDep, language: Language) -> TestedOut:
    """推送一条测试通知。Call a webhook once with a test."""
    return TestedOut.of(broker.webhooks.test(caller, key), language)


@router.get("/{key}/deliveries")
def list_deliveries(
    key: UUID, caller: CallerDep, broker: BrokerDep, language: Language, window: ById
) -> Page[DeliveryOut]:
    """列出推送记录，新的在前。List the deliveries of a webhook, newest first."""
    found = broker.webhooks.deliveries(caller, key, after=window.after, limit=window.wanted)
    return window.page(
        found, lambda it: it[0].id, lambda rows: [DeliveryOut.of(delivery, kind, language) for delivery, kind in rows]
    )
