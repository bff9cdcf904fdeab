"""The desk of webhooks: where departments want to be told, what was delivered, trying one and removing it."""

from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import APIRouter, Response

from broker.domain.notices.notices import NOTICES
from broker.web.api.notices.webhooks import DeliveryOut, TestedOut, WebhookIn, shown
from broker.web.console.administering.seat import Seat, SeatDep
from broker.web.console.forms import Refusal, checked
from broker.web.console.routes import OncePageRoute, PageRoute
from broker.web.paging import ById, Window

if TYPE_CHECKING:
    from broker.services.notices.webhooks import Added

WEBHOOKS = "/webhooks"
TOP: Window[UUID] = Window(None, 50)

router = APIRouter(prefix=WEBHOOKS, route_class=OncePageRoute)
showing = APIRouter(prefix=WEBHOOKS, route_class=PageRoute)
"""Answers that hold a secret, or tell of a call just made, keep out of the memory of answers."""


@router.get("")
def list_webhooks(seat: SeatDep, window: ById) -> Response:
    """列出推送地址。List the webhooks in the caller's reach."""
    return _list(seat, window)


def _list(seat: Seat, window: Window[UUID] = TOP, refused: str = "", refusal: Refusal | None = None) -> Response:
    found = seat.broker.webhooks.page(seat.caller, after=window.after, limit=window.wanted)
    page = window.page(found, lambda it: it.id, lambda rows: shown(rows, seat.reading))
    return seat.show(
        "webhooks",
        refused=refused,
        refusal=refusal,
        page=page,
        first=window.after is None,
        notices=sorted(NOTICES),
        may=seat.may("webhook:add"),
    )


@showing.post("")
def add_webhook(seat: SeatDep) -> Response:
    """添加推送地址，密钥只显示一次。Add a webhook; its secret is shown once."""
    added: list[Added] = []

    def act() -> None:
        told = {"department": seat.form.one("department"), "url": seat.form.one("url"), "kinds": seat.form.all("kind")}
        added.append(seat.broker.webhooks.add(seat.caller, checked(WebhookIn, told).new()))

    answer = seat.carry_out(act, to=WEBHOOKS, said="", again=lambda why: _list(seat, TOP, "add", why))
    if not added:
        return answer
    return seat.show("webhook_added", it=shown([added[0].webhook], seat.reading)[0], secret=added[0].secret)


@router.get("/{key}")
def show_webhook(key: UUID, seat: SeatDep, window: ById) -> Response:
    """一个推送地址及其推送记录。One webhook and what was delivered to it."""
    return _page(seat, key, window)


def _page(
    seat: Seat, key: UUID, window: Window[UUID] = TOP, refused: str = "", refusal: Refusal | None = None, *,
    tested: TestedOut | None = None,
) -> Response:  # fmt: skip
    webhook = seat.broker.webhooks.read(seat.caller, key)
    found = seat.broker.webhooks.deliveries(seat.caller, key, after=window.after, limit=window.wanted)
    language = seat.screen.language
    page = window.page(
        found, lambda it: it[0].id, lambda rows: [DeliveryOut.of(it, kind, language) for it, kind in rows]
    )
    return seat.show(
        "webhook", refused=refused, refusal=refusal, it=shown([webhook], seat.reading)[0], page=page, tested=tested,
        may=seat.may("webhook:remove"),
        first=window.after is None,
    )  # fmt: skip


@showing.post("/{key}/test")
def test_webhook(key: UUID, seat: SeatDep) -> Response:
    """推送一条测试通知。Call a webhook once with a test."""
    tested: list[TestedOut] = []

    def act() -> None:
        tested.append(TestedOut.of(seat.broker.webhooks.test(seat.caller, key), seat.screen.language))

    answer = seat.carry_out(act, to=WEBHOOKS, said="", again=lambda why: _page(seat, key, TOP, "test", why))
    return _page(seat, key, tested=tested[0]) if tested else answer


@router.post("/{key}/remove")
def remove_webhook(key: UUID, seat: SeatDep) -> Response:
    """删除推送地址，未送达的不再推送。Remove a webhook; what waits for it is dropped."""
    return seat.carry_out(
        lambda: seat.broker.webhooks.remove(seat.caller, key), to=WEBHOOKS, said="webhook-removed",
        again=lambda why: _page(seat, key, TOP, "remove", why),
    )  # fmt: skip
