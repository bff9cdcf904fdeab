"""The commands about notices: webhooks and mail by the operator, the own list and contact by a person."""

from pathlib import Path

import pytest

from broker.bootstrap import Broker
from broker.domain.notices.notices import Notice
from broker.services.notices.notices import tell
from tests.city import City
from tests.cli.conftest import Desk, Run, at_database, desk, home, run, url
from tests.notices.conftest import Mailbox
from tests.notices.receiver import Receiver

__all__ = ["at_database", "desk", "home", "run", "url"]


@pytest.fixture
def allowed(at_database: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """An operator whose webhooks may call this machine."""
    key = tmp_path / "secret.key"
    key.write_text("5a" * 32 + "\n")
    monkeypatch.setenv("XUELIANG_SECRET_KEY_FILE", str(key))
    monkeypatch.setenv("XUELIANG_WEBHOOK_PLAIN_HTTP", "true")
    monkeypatch.setenv("XUELIANG_WEBHOOK_PRIVATE_NETWORKS", "127.0.0.0/8")
    return at_database


def test_the_operator_keeps_webhooks(allowed: Run, receiver: Receiver) -> None:
    added = allowed("webhook", "add", "dh-hb", receiver.url, "--kind", "item.waiting", "--json").value
    assert added["secret"].startswith("whsec_")
    (listed,) = allowed("webhook", "list", "--json").value
    assert listed == {name: value for name, value in added.items() if name != "secret"}
    assert allowed("webhook", "test", added["id"]).code == 0
    receiver.statuses = (404,)
    tried = allowed("webhook", "test", added["id"], "--json")
    assert (tried.code, tried.value["last_status"]) == (7, 404)
    assert len(set(receiver.good_ids(added["secret"]))) == 2
    assert allowed("webhook", "deliveries", added["id"], "--json").value == []
    assert allowed("webhook", "remove", added["id"]).code == 0
    assert allowed("webhook", "list", "--json").value == []
    assert allowed("webhook", "remove", added["id"]).code == 3
    assert allowed("webhook", "remove", "x").code == 2


def test_a_private_address_is_told_in_one_line(at_database: Run) -> None:
    ended = at_database("webhook", "add", "dh-hb", "https://169.254.169.254/latest")
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "169.254.169.254" in ended.err
    assert at_database("webhook", "list", "--json").value == []


def test_mail_is_off_and_says_so(at_database: Run) -> None:
    ended = at_database("mail", "status", "--json")
    assert ended.value == {f"mail_{name}": "" for name in ("server", "sender")} | {
        f"mail_{name}": 0 for name in ("waiting", "refused", "dead")
    }
    assert "XUELIANG_SMTP_URL is not set" in ended.err
    assert at_database("mail", "test", "a@example.org").code == 8


def test_mail_is_on(at_database: Run, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUELIANG_SMTP_URL", mailbox.url)
    assert at_database("mail", "status").code == 2, "a sender is needed"
    monkeypatch.setenv("XUELIANG_MAIL_FROM", "Xueliang <xueliang@example.org>")
    ended = at_database("mail", "status", "--json")
    assert (ended.value["mail_server"], ended.err) == (mailbox.url, "")
    assert at_database("mail", "test", "somebody@example.org").code == 0
    assert [str(message["To"]) for message in mailbox.taken] == ["somebody@example.org"]
    assert at_database("mail", "test", "nobody").code == 2


def test_the_own_notices_and_contact(desk: Desk, broker: Broker, city: City) -> None:
    with broker.work() as work:
        facts = {"number": "申2026-1"}
        tell(work, Notice("access_request.decided", None, facts, frozenset({city.persons["asker"]})))
        work.commit(broker.policy.note(city.caller(broker, "asker"), "tests"))
    (notice,) = desk.json("asker", "notice", "list", "--unread")
    assert notice["subject"] == "Request 申2026-1 is decided"
    ended = desk("asker", "notice", "read", notice["id"])
    assert (ended.code, ended.err) == (0, "Unread notices left: 0.\n")
    assert desk.json("asker", "notice", "list", "--unread") == []
    assert len(desk.json("asker", "notice", "list")) == 1
    assert desk("looker", "notice", "read", notice["id"]).code == 3
    new = {"email": "wang.min@example.org", "language": "en"}
    assert desk.json("asker", "user", "contact", "--email", new["email"], "--language", "en") == new
    assert desk.json("asker", "user", "contact") == new
    assert desk.json("asker", "user", "contact", "--email", "") == {"email": None, "language": "en"}
    assert desk("asker", "user", "contact", "--email", "nowhere").code == 2


def test_an_account_is_opened_with_an_address(at_database: Run) -> None:
    add = (
        "user",
        "add",
        "li.na",
        "--name",
        "李娜",
        "--department",
        "dh-cg",
        "--role",
        "requester",
        "--generate-password",
    )
    assert at_database(*add, "--email", "li.na").code == 2
    added = at_database(*add, "--email", "li.na@example.org", "--language", "en", "--json").value
    assert (added["email"], added["language"]) == ("li.na@example.org", "en")
