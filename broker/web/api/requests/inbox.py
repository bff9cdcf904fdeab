"""The inbox: what waits for the word of who asks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from fastapi import APIRouter

from broker.domain.errors import Invalid
from broker.domain.time import aware
from broker.services.people.names import Known
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from broker.web.paging import ByText, Page, bad_cursor
from broker.web.refs import DepartmentRef
from broker.web.routes import StrictRoute
from broker.web.values import Out
from storage.db.requests.inbox import NEVER, Waiting

router = APIRouter(prefix="/me/inbox", tags=["me"], route_class=StrictRoute)


class WaitingRow(Out):
    """One thing that waits; `due` is null where nothing presses."""

    act: Literal["approve", "ratify", "authorize", "supplement", "report"]
    due: datetime | None
    since: datetime | None
    request: UUID
    item: UUID | None
    number: str
    department: DepartmentRef
    urgent: bool
    emergency: bool

    @classmethod
    def of(cls, waiting: Waiting, known: Known) -> Self:
        return cls(
            act=waiting.act, due=waiting.due, since=waiting.since, request=waiting.request_id, item=waiting.item_id,
            number=waiting.number, department=DepartmentRef.named(waiting.department_id, known),
            urgent=waiting.urgent, emergency=waiting.emergency,
        )  # fmt: skip


@router.get("")
def list_inbox(caller: CallerDep, broker: BrokerDep, reading: ReadingDep, window: ByText) -> Page[WaitingRow]:
    """列出等您办理的事项，期限近的在前。List what waits for your word, the nearest deadline first."""
    found = broker.inbox.page(caller, after=after_of(window.after), limit=window.wanted)
    return window.page(found, cursor_of, lambda shown: rows(shown, reading))


def rows(found: Sequence[Waiting], reading: Reading) -> list[WaitingRow]:
    """Return the rows, their names looked up together."""
    known = reading.known(departments={waiting.department_id for waiting in found})
    return [WaitingRow.of(waiting, known) for waiting in found]


def cursor_of(waiting: Waiting) -> str:
    """Return the key after which the next page begins."""
    return f"{(waiting.due or NEVER).isoformat()}|{waiting.key}"


def after_of(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return deadline and id behind a key; raises Invalid when it is none of ours."""
    if cursor is None:
        return None
    instant, _, key = cursor.partition("|")
    try:
        return aware(datetime.fromisoformat(instant)), UUID(key)
    except (ValueError, OverflowError, Invalid):
        raise bad_cursor() from None
