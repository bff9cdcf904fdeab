"""A broker that may call this machine, a real SMTP server, and a waiting that ends."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from broker.bootstrap import Broker, build, operator
from broker.domain.ids import PersonId
from broker.domain.notices.notices import Notice
from broker.domain.time import SystemClock
from broker.fittings import open_post_office
from broker.services.notices.deliveries import Deliveries
from broker.services.notices.notices import tell
from broker.services.people.contacts import Contact
from broker.settings import Settings
from storage.db.engine import open_engine
from storage.db.house.jobs import CALL_WEBHOOK, DELIVER_NOTICES, MAIL_NOTICE
from tests.city import City
from tests.conftest import fast_settings
from tests.notices.receiver import Receiver, receiving

AT_ONCE = (timedelta(0),) * 3
"""A backoff that nobody has to wait for."""


@dataclass
class Mailbox:
    """What the SMTP server took; `answers` are given to the next recipients instead of 250."""

    url: str = ""
    answers: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    taken: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802  # aiosmtpd
        self.asked.append(address)
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 OK"


class OnFreePort(Controller):
    """Takes a free port and tells which."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # a server of sockets, started
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    held = Mailbox()
    controller = OnFreePort(held, hostname="127.0.0.1", port=0)
    controller.start()
    held.url = f"smtp://127.0.0.1:{controller.port}"
    yield held
    controller.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as opened:
        yield opened


@dataclass(frozen=True)
class House:
    """A broker with couriers that do not wait, and what tests ask of it."""

    broker: Broker
    city: City

    def tell(self, kind: str = "access_request.decided", *, to: tuple[str, ...] = (), at: tuple[str, ...] = ()) -> None:
        """Put a notice into the outbox: `to` logins, `at` codes of departments."""
        facts = {name: name for name in ("number", "department")} if kind.startswith("item") else {"number": "申2026-1"}
        notice = Notice(
            kind,
            case=uuid4(),
            facts=facts,
            recipients=frozenset(self.city.persons[login] for login in to),
            departments=frozenset(self.city.departments[code].id for code in at),
        )
        with self.broker.work() as work:
            tell(work, notice)
            work.commit(self.broker.policy.note(operator("tests"), "tests"))

    def rows(self, statement: str) -> list[Any]:
        with self.broker.engine.connect() as connection:
            return list(connection.exec_driver_sql(statement))

    def jobs(self) -> list[tuple[str, str]]:
        """Return the jobs about notices that are not done, with their state."""
        found = self.rows("SELECT task_name, status FROM procrastinate_jobs WHERE queue_name = 'notices' ORDER BY id")
        return [(row[0], row[1]) for row in found if row[0] in {DELIVER_NOTICES, MAIL_NOTICE, CALL_WEBHOOK}]

    def addressed(self, login: str, email: str, language: str | None = None) -> PersonId:
        """Give a person an address."""
        self.broker.contacts.change(self.city.caller(self.broker, login), Contact(email, language))
        return self.city.persons[login]


def eventually(true: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def house_of(url: str, city: City, settings: Settings) -> Iterator[House]:
    engine = open_engine(url)
    broker = build(settings, url, engine, SystemClock())
    office = replace(open_post_office(settings, broker.secrets), backoff=AT_ONCE)
    yield House(replace(broker, deliveries=Deliveries(broker.work, broker.policy, office)), city)
    engine.dispose()


@pytest.fixture
def open_settings(tmp_path: Path) -> Settings:
    """Settings that let webhooks call this machine."""
    given = {"webhook_plain_http": True, "webhook_private_networks": "127.0.0.0/8, ::1"}
    return fast_settings(tmp_path / "data").model_copy(update=given)


@pytest.fixture
def house(database_url: str, city: City, open_settings: Settings) -> Iterator[House]:
    """Without a mail server."""
    yield from house_of(database_url, city, open_settings)


@pytest.fixture
def mailing(database_url: str, city: City, open_settings: Settings, mailbox: Mailbox) -> Iterator[House]:
    """With a mail server."""
    given = {
        "smtp_url": SecretStr(mailbox.url),
        "mail_from": "雪亮 <xueliang@example.org>",
        "public_url": "https://video.example.org",
    }
    yield from house_of(database_url, city, open_settings.model_copy(update=given))
