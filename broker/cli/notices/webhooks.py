"""`xueliang webhook`: where the systems of departments are told, by the machine's operator."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from typer import Argument, Exit, Option

from broker.bootstrap import Broker
from broker.cli import screen
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import shown
from broker.cli.machine import Data, at_the_machine
from broker.cli.paging import every
from broker.cli.people.departments import departments
from broker.cli.texts import language
from broker.domain.errors import Invalid
from broker.domain.ids import DepartmentId
from broker.domain.notices.webhooks import Delivery, Webhook
from broker.domain.people.accounts import Caller
from broker.locale import say
from broker.services.notices.webhooks import NewWebhook

COLUMNS = ("id", "department", "url", "kinds", "webhook_state")
DELIVERY_COLUMNS = ("id", "kind", "delivery_state", "attempts", "last_status", "detail", "last_at", "next_at")
FAULTY = 7
LIMIT = 50

Key = Annotated[str, Argument(metavar="ID")]

app = Noun()


@app.verb("add")
def add(
    department: Annotated[str, Argument(metavar="CODE")],
    url: Annotated[str, Argument(metavar="URL")],
    *,
    kind: Annotated[list[str] | None, Option("--kind", metavar="KIND")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Add a webhook and show its secret, this once."""
    with at_the_machine(data) as (broker, me):
        added = broker.webhooks.add(me, NewWebhook(department, url, tuple(kind or ())))
        told = _record(added.webhook, _codes(broker, me))
    screen.fields({**told, "secret": added.secret}, as_json=as_json)


@app.verb("list")
def list_all(data: Data = None, *, as_json: Json = False) -> None:
    """Show all webhooks."""

    def page(after: UUID | None, limit: int) -> Sequence[Webhook]:
        return broker.webhooks.page(me, after=after, limit=limit)

    with at_the_machine(data) as (broker, me):
        codes = _codes(broker, me)
        found = every(page, lambda webhook: webhook.id, None)
        screen.rows(COLUMNS, (_record(each, codes) for each in found), as_json=as_json)


@app.verb("remove")
def remove(key: Key, data: Data = None, *, as_json: Json = False) -> None:
    """Remove a webhook."""
    with at_the_machine(data) as (broker, me):
        broker.webhooks.remove(me, _id(key))
    screen.fields({"id": key, "webhook_state": "removed"}, as_json=as_json)


@app.verb("test")
def try_out(key: Key, data: Data = None, *, as_json: Json = False) -> None:
    """Call a webhook once with a test."""
    with at_the_machine(data) as (broker, me):
        answer = broker.webhooks.test(me, _id(key))
    told = {"ok": answer.good, "last_status": answer.status, "detail": _detail(answer.error)}
    screen.fields(told, as_json=as_json)
    if not answer.good:
        raise Exit(FAULTY)


@app.verb("deliveries")
def deliveries(key: Key, *, limit: Limit = LIMIT, data: Data = None, as_json: Json = False) -> None:
    """Show what was delivered to a webhook, newest first."""

    def page(after: UUID | None, count: int) -> Sequence[tuple[Delivery, str]]:
        return broker.webhooks.deliveries(me, _id(key), after=after, limit=count)

    with at_the_machine(data) as (broker, me):
        found = every(page, lambda row: row[0].id, None, limit=limit)
        screen.rows(DELIVERY_COLUMNS, (_delivery(each, kind) for each, kind in found), as_json=as_json)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("webhook-id", pointer="/id", value=text[:80]) from None


def _codes(broker: Broker, me: Caller) -> dict[DepartmentId, str]:
    return {department.id: department.code for department in departments(broker, me)}


def _detail(slug: str) -> str:
    return say(f"attempt.{slug}", language()) if slug else ""


def _record(webhook: Webhook, codes: dict[DepartmentId, str]) -> dict[str, object]:
    return {
        "id": str(webhook.id),
        "department": codes.get(webhook.department_id, ""),
        "url": webhook.url,
        "kinds": list(webhook.kinds),
        "webhook_state": webhook.state.value,
    }


def _delivery(delivery: Delivery, kind: str) -> dict[str, object]:
    return {
        "id": str(delivery.id),
        "kind": kind,
        "delivery_state": delivery.state.value,
        "attempts": delivery.attempts,
        "last_status": delivery.last_status,
        "detail": _detail(delivery.last_error),
        "last_at": shown(delivery.last_at),
        "next_at": shown(delivery.next_at),
    }
