"""A notice is written with the change it tells of, or not at all; everybody reads the own list."""

from datetime import datetime
from uuid import uuid4

import pytest

from broker.domain.errors import Invalid, Unknown
from broker.domain.notices.notices import NOTICES, Notice
from broker.services.notices.notices import tell
from broker.worker.app import worker_thread
from tests.notices.conftest import House, eventually


def test_a_notice_and_its_job_are_written_together(house: House) -> None:
    house.tell(to=("asker", "looker"), at=("dh-hb",))
    assert house.jobs() == [("deliver_notices", "todo")]
    caller = house.city.caller(house.broker, "asker")
    (received,) = house.broker.notices.page(caller, unread=True, after=None, limit=10)
    assert (received.notice.kind, received.notice.facts) == ("access_request.decided", {"number": "申2026-1"})


def test_a_rollback_leaves_neither(house: House) -> None:
    notice = Notice("access_request.decided", None, {"number": "1"}, frozenset({house.city.persons["asker"]}))
    with house.broker.work() as work:
        tell(work, notice)
        assert work.outbox.unread(house.city.persons["asker"]) == 1
    assert house.rows("SELECT * FROM notice") == house.rows("SELECT * FROM notice_recipient") == house.jobs() == []


def test_a_notice_for_nobody_is_not_written(house: House) -> None:
    house.tell()
    assert house.rows("SELECT * FROM notice") == house.jobs() == []


def test_each_reads_the_own_list_page_by_page(house: House) -> None:
    for _ in range(3):
        house.tell(to=("asker",))
    house.tell(to=("looker",))
    asker, looker = (house.city.caller(house.broker, login) for login in ("asker", "looker"))
    first = house.broker.notices.page(asker, unread=False, after=None, limit=2)
    rest = house.broker.notices.page(asker, unread=False, after=first[-1].notice.id, limit=2)
    ids = [each.notice.id for each in (*first, *rest)]
    assert (len(first), len(rest)) == (2, 1)
    assert ids == sorted(ids, reverse=True)
    with pytest.raises(Unknown):
        house.broker.notices.read(looker, ids[0])
    house.broker.notices.read(asker, ids[0])
    before = house.broker.notices.page(asker, unread=False, after=None, limit=1)[0].read_at
    house.broker.notices.read(asker, ids[0])
    assert house.broker.notices.page(asker, unread=False, after=None, limit=1)[0].read_at == before is not None
    assert house.broker.notices.unread(asker) == 2
    assert [each.notice.id for each in house.broker.notices.page(asker, unread=True, after=None, limit=9)] == ids[1:]
    with pytest.raises(Unknown):
        house.broker.notices.read(asker, uuid4())


def test_a_kind_takes_its_facts_and_no_others() -> None:
    for kind, names in NOTICES.items():
        assert Notice(kind, None, dict.fromkeys(names, "x")).plain() == dict.fromkeys(names, "x")
    for kind, facts in (("access_request.decided", {}), ("access_request.decided", {"number": "1", "name": "张三"})):
        with pytest.raises(ValueError, match="takes the facts"):
            Notice(kind, None, facts)
    with pytest.raises(ValueError, match="unknown kind"):
        Notice("access_request.eaten")


def test_facts_are_stored_in_one_line_and_in_utc() -> None:
    naive, aware = (datetime.fromisoformat(f"2026-11-21T08:00:00{offset}") for offset in ("", "+08:00"))
    with pytest.raises(Invalid, match="naive-time"):
        Notice("deadline.reminder", None, {"number": "1", "due": naive}).plain()
    notice = Notice("deadline.reminder", None, {"number": "a\r\nBcc: x\x00y", "due": aware})
    assert notice.plain() == {"number": "a Bcc: x y", "due": "2026-11-21T00:00:00+00:00"}


def test_without_a_mail_server_nothing_is_tried(house: House) -> None:
    house.addressed("asker", "asker@example.org")
    house.tell(to=("asker",))
    with worker_thread(house.broker, 1):
        assert eventually(lambda: house.jobs() == [])
    assert house.rows("SELECT mail FROM notice_recipient") == [("none",)]
