"""E-mail, against a real SMTP server: both languages, no forged header, tried again only when that is of use."""

from datetime import UTC, datetime
from email.headerregistry import Address
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from broker.bootstrap import operator
from broker.domain.errors import Invalid, Unavailable
from broker.domain.notices.notices import Told
from broker.services.notices.couriers.mail import Letter, MailServer, compose
from broker.services.people.contacts import Contact, check_contact
from broker.worker.app import worker_thread
from tests.notices.conftest import House, Mailbox, eventually

SENDER = "雪亮 <xueliang@example.org>"
OPERATOR = operator("tests")
NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)


def states(house: House) -> list[tuple[str, int, str]]:
    return [tuple(row) for row in house.rows("SELECT mail, mail_attempts, mail_error FROM notice_recipient")]


def test_a_mail_in_both_languages_one_for_each_person(mailing: House, mailbox: Mailbox) -> None:
    mailing.addressed("asker", "asker@example.org", "en")
    mailing.addressed("looker", "looker@example.org")
    mailing.tell(to=("asker", "looker", "looker2"))
    with worker_thread(mailing.broker, 1):
        assert eventually(lambda: mailing.jobs() == [])
    by_recipient = {str(message["To"]): message for message in mailbox.taken}
    assert by_recipient.keys() == {"asker@example.org", "looker@example.org"}
    english, chinese = by_recipient["asker@example.org"], by_recipient["looker@example.org"]
    assert str(english["Subject"]) == "Request 申2026-1 is decided"
    assert str(chinese["Subject"]) == "申请 申2026-1 已全部办结"
    assert str(english["From"]) == SENDER
    first, _, second = english.get_content().partition("----")
    assert "Every department has decided" in first
    assert "均已作出决定" in second
    assert chinese.get_content().startswith("调阅申请 申2026-1 的各部门均已作出决定")
    assert "https://video.example.org" in chinese.get_content()
    assert chinese.get_content_type() == "text/plain"
    assert english["Message-ID"] != chinese["Message-ID"]
    assert sorted(states(mailing)) == [("none", 0, ""), ("sent", 1, ""), ("sent", 1, "")]


def test_a_temporary_refusal_is_tried_again_until_it_is_dead(mailing: House, mailbox: Mailbox) -> None:
    mailing.addressed("asker", "asker@example.org")
    mailbox.answers = ["451 later", "450 later"]
    mailing.tell(to=("asker",))
    with worker_thread(mailing.broker, 1):
        assert eventually(lambda: states(mailing) == [("sent", 3, "")])
        assert len(mailbox.taken) == 1
        mailbox.answers = ["451 later"] * 9
        mailing.tell(to=("asker",))
        assert eventually(lambda: ("dead", 4, "451") in states(mailing))
        assert eventually(lambda: mailing.jobs() == [])
    assert len(mailbox.asked) == 3 + 4


def test_a_permanent_refusal_is_written_down_and_not_tried_again(mailing: House, mailbox: Mailbox) -> None:
    mailing.addressed("asker", "asker@example.org")
    mailbox.answers = ["550 no such asker@example.org here"]
    mailing.tell(to=("asker",))
    with worker_thread(mailing.broker, 1):
        assert eventually(lambda: mailing.jobs() == [])
    assert states(mailing) == [("refused", 1, "550")]
    assert mailbox.asked == ["asker@example.org"]
    assert mailing.broker.mailbox.status(OPERATOR).refused == 1


def test_a_server_that_is_away_is_waited_for(mailing: House, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    mailing.addressed("asker", "asker@example.org")
    mailing.tell(to=("asker",))
    (notice,) = mailing.rows("SELECT id FROM notice")
    who = mailing.city.persons["asker"]
    monkeypatch.setattr("smtplib.SMTP.connect", _refuse)
    mailing.broker.deliveries.fan_out([notice[0]])
    assert mailing.broker.deliveries.mail(notice[0], who, 0) == "waiting"
    assert states(mailing) == [("waiting", 1, "ConnectionRefusedError")]
    monkeypatch.undo()
    assert mailing.broker.deliveries.mail(notice[0], who, 0) is None, "an attempt that has passed is not made again"
    assert mailing.broker.deliveries.mail(notice[0], who, 1) == "sent"
    assert mailing.broker.deliveries.mail(notice[0], who, 1) is None
    assert len(mailbox.taken) == 1


def _refuse(*_: object) -> None:
    raise ConnectionRefusedError


def test_whoever_left_gets_no_mail(mailing: House, mailbox: Mailbox) -> None:
    who = mailing.addressed("asker", "asker@example.org")
    mailing.tell(to=("asker",))
    (notice,) = mailing.rows("SELECT id FROM notice")
    mailing.broker.deliveries.fan_out([notice[0]])
    mailing.broker.accounts.disable(OPERATOR, who)
    assert mailing.broker.deliveries.mail(notice[0], who, 0) == "refused"
    mailing.tell(to=("asker",))
    with worker_thread(mailing.broker, 1):
        assert eventually(lambda: mailing.jobs() == [])
    assert mailbox.taken == []


def test_no_fact_adds_a_header() -> None:
    told = Told(uuid4(), "access_request.lapsed", NOW, None, {"number": "x\r\nBcc: thief@example.org\r\n\r\nbody"})
    with pytest.raises(ValueError, match=r"linefeed|carriage"):
        compose(_letter(told), Address("x", "a", "example.org"), NOW)
    with pytest.raises(Invalid):
        MailServer.of("smtp://localhost", "x\r\nBcc: thief@example.org <a@example.org\n>")


def test_instants_are_shown_in_the_time_of_the_city() -> None:
    told = Told(uuid4(), "deadline.reminder", NOW, None, {"number": "1", "due": "2026-11-21T00:30:00+00:00"})
    message = compose(_letter(told), Address("x", "a", "example.org"), NOW)
    assert "2026-11-21 08:30 (+0800)" in message.get_content()


def _letter(told: Told) -> Letter:
    return Letter(told, "asker@example.org", "en", "", ZoneInfo("Asia/Shanghai"), str(UUID(int=1)))


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example.org",
        "smtp://",
        "smtp://mail.example.org:99999",
        "smtp://mail.example.org/path",
        "smtp://user:canary@mail.example.org",
        "smtps://[::1",
    ],
)
def test_a_wrong_mail_server_is_told_without_its_password(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        MailServer.of(url, SENDER)
    assert refused.value.pointer == "/smtp_url"
    assert "canary" not in str(refused.value)


def test_how_the_mail_server_is_written() -> None:
    server = MailServer.of("smtps://user%40x:p%2Fw@mail.example.org", SENDER)
    assert (server.scheme, server.host, server.port, server.user, server.password) == (
        "smtps", "mail.example.org", 465, "user@x", "p/w",
    )  # fmt: skip
    assert "p/w" not in repr(server)
    assert MailServer.of("starttls://mail.example.org", SENDER).port == 587
    assert MailServer.of("smtp://user:x@127.0.0.1:2525", SENDER).port == 2525
    with pytest.raises(Invalid, match="mail-from"):
        MailServer.of("smtp://mail.example.org", "")


def test_the_operator_tries_it_out(mailing: House, mailbox: Mailbox, house: House) -> None:
    mailing.broker.mailbox.test(OPERATOR, "somebody@example.org")
    (message,) = mailbox.taken
    assert str(message["Subject"]) == "邮件测试"
    mailbox.answers = ["550 no"]
    with pytest.raises(Unavailable, match="mail-refused"):
        mailing.broker.mailbox.test(OPERATOR, "somebody@example.org")
    with pytest.raises(Unavailable, match="mail-off"):
        house.broker.mailbox.test(OPERATOR, "somebody@example.org")
    assert house.broker.mailbox.status(OPERATOR).server == ""


@pytest.mark.parametrize(
    "email",
    [
        *("", "a", "a@", "@b", "a b@c.d", "a@b\r\nBcc: c@d.e", "a@b.c\n", "<a@b.c>", '"a b"@c.d', "a@-b.c", "王@b.c"),
        *("a..b@c.d", "a@b..c", "a@b.c,d@e.f", "a@" + "b." * 130 + "c"),
    ],
)
def test_what_is_no_address(email: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_contact(Contact(email))
    assert (refused.value.slug, refused.value.pointer) == ("email-malformed", "/email")


def test_a_wrong_contact_changes_nothing(house: House) -> None:
    with pytest.raises(Invalid, match="email-malformed"):
        house.addressed("asker", "a@b\n")
    with pytest.raises(Invalid, match="language-unknown"):
        house.addressed("asker", "a@b", "fr")
    assert house.rows("SELECT email FROM person WHERE email IS NOT NULL") == []


def test_the_trace_knows_of_the_change_and_not_the_address(house: House) -> None:
    who = house.addressed("asker", "wang.min@example.org", "en")
    with house.broker.work() as work:
        event = work.audit.stream(f"person/{who}")[-1]
    assert (event.kind, event.data) == ("person:contact:changed", {"email": True, "language": "en"})
    assert house.broker.contacts.read(house.city.caller(house.broker, "asker")) == Contact("wang.min@example.org", "en")
