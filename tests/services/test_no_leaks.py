"""Nothing leaks: what is listed can be got, what can be got is listed, and both are what the domain lets one see."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import ColumnElement, Connection, Table, select, true

from broker.bootstrap import Broker, build
from broker.domain.errors import Forbidden, Unknown
from broker.domain.ids import GrantId, LockId, PersonId, RequestId, RetrievalId
from broker.domain.oversight.register import Sought
from broker.domain.people.accounts import Caller
from broker.domain.time import SystemClock
from broker.services.deciding.delegations import kept_by
from broker.services.footage.grants import grant_visibility
from broker.services.footage.locks import _visibility as lock_visibility
from broker.services.oversight.register import visibility as register_visibility
from broker.services.requests.access_requests import visibility
from broker.web.app import create_app
from storage.db import tables
from storage.db.deciding.absences import AbsenceVisibility
from storage.db.deciding.delegations import DelegationVisibility
from storage.db.embedded.embedded import EmbeddedServer
from storage.db.engine import open_engine
from storage.db.footage.grants import GrantVisibility
from storage.db.footage.locks import LockVisibility
from storage.db.oversight.register import RegisterVisibility
from storage.db.requests.access_requests import Visibility
from storage.db.unit_of_work import UnitOfWork
from tests.city import City
from tests.conftest import TEMPLATE, fast_settings
from tests.proofs import FULL
from tests.services.crowd import Crowd
from tests.services.sight import KEPT_LOCKS, Sight
from tests.web.door import Door, serving

REQUESTS = 160 if FULL else 48
TRIPLES = 50_000 if FULL else 6_000
PAGE = 200
ASKED_OF_THE_SERVICES = 2_100 if FULL else 300
ASKED_AT_THE_DOOR = 320 if FULL else 60
CROWD = "test_no_leaks"
Keys = set[object]


@dataclass(frozen=True)
class Full:
    """The services over a city full of cases, who is in it, and the oracle."""

    broker: Broker
    callers: dict[str, Caller]
    sight: Sight
    done: Counter[str]
    known: dict[tuple[str, str], set[Any]] = field(default_factory=dict)

    def seen(self, login: str, kind: str) -> set[Any]:
        """Return what the oracle lets a person see."""
        who = self.callers[login].person()
        if (login, kind) not in self.known:
            self.known[login, kind] = {key for key in self.sight.things[kind] if self.sight.sees(who, kind, key)}
        return self.known[login, kind]


@pytest.fixture(scope="module")
def full(server: EmbeddedServer, city_template: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(copy.format(sql.Identifier(CROWD), sql.Identifier(TEMPLATE)))
    engine = open_engine(server.dsn(CROWD))
    broker = build(fast_settings(tmp_path_factory.mktemp("crowd")), server.dsn(CROWD), engine, SystemClock())
    city = City(city_template.departments, dict(city_template.persons), city_template.cameras)
    crowd = Crowd(broker, city, Random(20261121))  # noqa: S311  # a fixed sequence, not a secret
    crowd.play(REQUESTS)
    callers = {login: city.caller(broker, login) for login in city.persons}
    with engine.connect() as opened:
        sight = Sight(opened)
    yield Full(broker, callers, sight, crowd.done)
    engine.dispose()


# What a person is listed, page by page through the services.


def paged(page: Callable[[Any], Iterable[Any]], key: Callable[[Any], Any], after: Any = None) -> Keys:
    """Return the keys of all pages of a list; nothing where the list itself is refused."""
    found: list[Any] = []
    try:
        while rows := [key(row) for row in page(after)]:
            found += rows
            after = rows[-1]
    except Forbidden:
        assert found == []
    assert len(set(found)) == len(found), "something is listed twice"
    return set(found)


def by_id(row: Any) -> Any:
    return row.id


def listed(broker: Broker, who: Caller) -> dict[str, Keys]:
    """Return all that is listed to a person, by kind."""
    requests = paged(lambda at: broker.access_requests.page(who, state=None, after=at, limit=PAGE), by_id)
    return {
        "access_request": requests,
        "grant": paged(lambda at: broker.grants.page(who, request=None, after=at, limit=PAGE), by_id),
        "retrieval": paged(lambda at: broker.retrievals.page(who, grant=None, after=at, limit=PAGE), by_id),
        "attachment": papers(broker, requests),
        "notice": paged(
            lambda at: broker.notices.page(who, unread=False, after=at, limit=PAGE), lambda it: it.notice.id
        ),
        "register": paged(
            lambda at: broker.register.page(who, Sought(), after=at, limit=PAGE), lambda it: it.number, after=0
        ),
        "lock": paged(lambda at: broker.locks.page(who, standing=False, after=at, limit=PAGE), by_id),
        "delegation": paged(
            lambda at: broker.delegations.page(who, own=False, over=None, after=at, limit=PAGE),
            lambda it: it.delegation.id,
        ),
        "absence": paged(lambda at: broker.absences.page(who, own=False, over=None, after=at, limit=PAGE), by_id),
    }


def papers(broker: Broker, requests: Keys) -> Keys:
    """Return the papers listed with each request that is listed."""
    with broker.work() as work:
        return {paper.id for key in requests for paper in work.attachments.of_request(RequestId(key))}  # type: ignore[arg-type]


# What a person can get, one by one: the condition under which a single thing is loaded, for all keys at once.


def gettable(work: UnitOfWork, connection: Connection, who: Caller) -> dict[str, Keys]:
    def keys(table: Table, *where: ColumnElement[bool]) -> Keys:
        return set(connection.execute(select(table.c.id).where(*where)).scalars())

    of_requests, kept = visibility(who, work).clause(), kept_by(who, work.now)
    person = PersonId(who.person_id or UUID(int=0))
    joined = tables.attachment.c.request_id == tables.access_request.c.id
    return {
        "access_request": keys(tables.access_request, of_requests),
        "grant": keys(tables.access_grant, grant_visibility(who, work).clause()),
        "attachment": keys(tables.attachment, joined, tables.attachment.c.removed_at.is_(None), of_requests),
        "register": keys(tables.access_register, register_visibility(who, work).clause()),
        "lock": keys(tables.lock, lock_visibility(who, work).clause()),
        "delegation": keys(tables.delegation, DelegationVisibility(person, kept).clause()),
        "absence": keys(tables.absence, AbsenceVisibility(person, kept).clause()),
    }


ONE_BY_ONE: dict[str, Callable[[Broker, Caller, Any], object]] = {
    "access_request": lambda broker, who, key: broker.access_requests.read(who, RequestId(key)),
    "grant": lambda broker, who, key: broker.grants.read(who, GrantId(key)),
    "retrieval": lambda broker, who, key: broker.retrievals.read(who, RetrievalId(key)),
    "attachment": lambda broker, who, key: broker.attachments.open(who, key),
    "notice": lambda broker, who, key: broker.notices.read(who, key),
    "lock": lambda broker, who, key: broker.locks.read(who, LockId(key)),
}


def got(broker: Broker, who: Caller, kind: str, key: object) -> bool:
    """Say whether the service hands a thing out; what it does not is unknown, or the whole kind is refused."""
    try:
        ONE_BY_ONE[kind](broker, who, key)
    except Unknown:
        return False
    except Forbidden:
        assert kind in {"lock", "retrieval"}, "who may not see one thing is not told that it is there"
        return False
    return True


def test_the_city_is_full(full: Full) -> None:
    """Of every state something, or the rest would prove little."""
    states = {row["state"] for row in full.sight.things["access_request"].values()}
    assert states >= {
        "DRAFT", "CENTER_REVIEW", "RETURNED", "REJECTED", "WITHDRAWN", "DEPARTMENT_REVIEW", "DECIDED", "CLOSED",
        "EMERGENCY",
    }  # fmt: skip
    assert {row["state"] for row in full.sight.items} >= {
        "PENDING", "AUTHORIZED", "REFUSED", "RETURNED", "VOID", "PROVISIONAL", "RATIFIED",
    }  # fmt: skip
    assert {row["state"] for row in full.sight.things["grant"].values()} >= {"ISSUED", "SUSPENDED", "REVOKED"}
    assert any(row["escalated_to"] for row in full.sight.things["access_request"].values())
    for what in ("approve again", "ratify", "veto", "transfer", "order", "not order"):
        assert full.done[what] > 0, full.done
    sizes = {kind: len(rows) for kind, rows in full.sight.things.items()}
    assert len(full.callers) >= 30
    assert sum(sizes.values()) * len(full.callers) >= TRIPLES, sizes


def test_lists_and_gets_agree_with_what_the_domain_lets_see(full: Full) -> None:
    differing: list[tuple[str, str, object]] = []
    triples = 0
    for login, who in full.callers.items():
        lists = listed(full.broker, who)
        with full.broker.work() as work:
            gets = gettable(work, work._open, who)
        for kind, rows in full.sight.things.items():
            seen: Keys = full.seen(login, kind)
            single = gets.get(kind, seen)
            if kind == "lock" and not KEPT_LOCKS & {role for role, _ in full.sight.offices[who.person()]}:
                single = set()  # who may ask for no lock at all is refused before one is looked for
            triples += len(rows)
            for what, found in (("listed", lists[kind]), ("got", single)):
                differing += [(login, f"{kind} {what}", key) for key in seen ^ found]
    assert differing == []
    assert triples >= TRIPLES, triples


WIDER: list[tuple[type[object], str]] = [
    (Visibility, "access_request"), (GrantVisibility, "grant"), (RegisterVisibility, "register"),
    (LockVisibility, "lock"), (DelegationVisibility, "delegation"), (AbsenceVisibility, "absence"),
]  # fmt: skip


@pytest.mark.parametrize(("guard", "kind"), WIDER, ids=[kind for _, kind in WIDER])
def test_a_guard_that_lets_all_pass_is_noticed(
    full: Full, monkeypatch: pytest.MonkeyPatch, guard: type[object], kind: str
) -> None:
    monkeypatch.setattr(guard, "clause", lambda _: true())
    assert listed(full.broker, full.callers["center.xs"])[kind] > full.seen("center.xs", kind)


def drawn(full: Full, kinds: Iterable[str], count: int, logins: list[str]) -> Iterator[tuple[str, str, Any, bool]]:
    """Yield questions about single things, half of them about what may be seen."""
    chance = Random(7)  # noqa: S311  # a fixed sequence, not a secret
    named = list(kinds)
    for number in range(count):
        turn, place = divmod(number, len(named))
        kind = named[place]
        seeing = [login for login in logins if full.seen(login, kind)] if turn % 2 else []
        login = chance.choice(seeing or logins)
        seen = full.seen(login, kind)
        key = chance.choice(sorted(seen) if seeing else list(full.sight.things[kind]))
        yield login, kind, key, key in seen


def test_the_services_hand_out_what_may_be_seen_and_nothing_else(full: Full) -> None:
    answers: Counter[tuple[str, bool]] = Counter()
    for login, kind, key, seen in drawn(full, ONE_BY_ONE, ASKED_OF_THE_SERVICES, list(full.callers)):
        assert got(full.broker, full.callers[login], kind, key) is seen, (login, kind, key)
        answers[kind, seen] += 1
    assert answers.keys() == {(kind, seen) for kind in ONE_BY_ONE for seen in (True, False)}


PATHS = {
    "access_request": "/access-requests/{}", "grant": "/grants/{}", "retrieval": "/retrievals/{}",
    "attachment": "/attachments/{}/content",
}  # fmt: skip
VISITORS = ["asker.dh-hb", "looker.dh-hb", "alarm.jc-ga", "center.dh", "center.jc", "deputy.jc", "owner.cg", "owner.jt",
            "chief.dh", "auditor", "auditor.dh", "sysadmin", "secadmin", "former", "nobody"]  # fmt: skip


def test_at_the_door_what_may_not_be_seen_is_not_found(full: Full) -> None:
    statuses: Counter[tuple[int, bool]] = Counter()
    with serving(create_app(full.broker)) as url, Door(url) as door:
        for login, kind, key, seen in drawn(full, PATHS, ASKED_AT_THE_DOOR, VISITORS):
            answer = door[login].send("GET", PATHS[kind].format(key))
            assert answer.status_code == (200 if seen else 404), (login, kind, key, answer.text)
            statuses[answer.status_code, seen] += 1
        assert door["auditor"].send("GET", f"/access-requests/{UUID(int=0)}").status_code == 404
    assert statuses.keys() == {(200, True), (404, False)}
