"""What one was told, and how one is reached outside the program."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, StringConstraints

from broker.domain.notices.notices import Received
from broker.services.notices.couriers.wording import worded
from broker.services.people.contacts import LONGEST_EMAIL, Contact
from broker.web.deps import BrokerDep, CallerDep, Language
from broker.web.paging import ById, Page
from broker.web.routes import OnceRoute
from broker.web.values import In, Out

router = APIRouter(prefix="/me", tags=["notices"], route_class=OnceRoute)

Unread = Annotated[bool, Query(description="Only what was not read. 只列未读。")]


class NoticeOut(Out):
    """A notice, in words and as facts; `case` is the request it is about."""

    id: UUID
    kind: str
    at: datetime
    read_at: datetime | None
    case: UUID | None
    subject: str
    body: str
    facts: dict[str, str | int]


class UnreadOut(Out):
    """How many notices are unread; a thousand stands for more, too."""

    unread: int


class ContactIn(In):
    """Where to send e-mail (null: nowhere), and in which language (null: Chinese)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "wang.min@example.org", "language": "zh_CN"}]})

    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_EMAIL)] | None
    language: Literal["zh_CN", "en"] | None = None


class ContactOut(Out):
    """Where e-mail goes, and in which language."""

    email: str | None
    language: str | None

    @classmethod
    def of(cls, contact: Contact) -> Self:
        return cls(email=contact.email, language=contact.language)


def shown(received: Sequence[Received], broker: BrokerDep, language: str) -> list[NoticeOut]:
    """Return notices in the reader's language."""
    zone = broker.zone
    words = [worded(each.notice, language, zone) for each in received]
    return [
        NoticeOut(
            id=it.notice.id, kind=it.notice.kind, at=it.notice.at, read_at=it.read_at, case=it.notice.case,
            subject=said.subject, body=said.body, facts=dict(it.notice.facts),
        )
        for it, said in zip(received, words, strict=True)
    ]  # fmt: skip


@router.get("/notices")
def list_notices(
    caller: CallerDep, broker: BrokerDep, language: Language, window: ById, unread: Unread = False
) -> Page[NoticeOut]:
    """列出发给本人的通知，新的在前。List what you were told, newest first."""
    found = broker.notices.page(caller, unread=unread, after=window.after, limit=window.wanted)
    return window.page(found, lambda it: it.notice.id, lambda received: shown(received, broker, language))


@router.get("/notices/unread")
def count_unread(caller: CallerDep, broker: BrokerDep) -> UnreadOut:
    """未读通知数。Say how many notices you have not read."""
    return UnreadOut(unread=broker.notices.unread(caller))


@router.post("/notices/{key}/read", status_code=204)
def read_notice(key: UUID, caller: CallerDep, broker: BrokerDep) -> None:
    """标记为已读。Note that you have read a notice."""
    broker.notices.read(caller, key)


@router.get("/contact")
def read_contact(caller: CallerDep, broker: BrokerDep) -> ContactOut:
    """查看本人的邮件地址和语言。Read where e-mail goes to you."""
    return ContactOut.of(broker.contacts.read(caller))


@router.put("/contact")
def change_contact(body: ContactIn, caller: CallerDep, broker: BrokerDep) -> ContactOut:
    """设置本人的邮件地址和语言。Say where e-mail goes to you, and in which language."""
    return ContactOut.of(broker.contacts.change(caller, Contact(body.email or None, body.language)))
