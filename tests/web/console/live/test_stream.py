"""What moved reaches open pages, whichever process made the change, and ends with the session."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, event, text

from broker.bootstrap import Broker, build, operator
from broker.domain.footage.retrievals import start
from broker.domain.ids import RetrievalId
from broker.domain.oversight.audit import Entry
from broker.domain.time import SystemClock
from broker.services.notices.live import PARTS, Seen, Watcher
from broker.web.app import create_app
from broker.web.console.live import feed, response
from storage.db.engine import open_engine
from tests.city import City
from tests.web.console.conftest import Enter, entrance, without_tls
from tests.web.console.live.listening import listening
from tests.web.console.page import Person
from tests.web.door import Door, bad, serving
from tests.web.steps import BEGIN, END, approved, bind, granted, span, submitted

DATA = {"Accept": "text/event-stream"}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look a little more often than in a house."""
    monkeypatch.setattr(feed, "TICK", 0.1)
    monkeypatch.setattr(feed, "SESSIONS_EVERY", 0.3)


@pytest.fixture
def elsewhere(database_url: str, broker: Broker) -> Iterator[Enter]:
    """Another web process over the same database: services, pool and feed of its own."""
    engine = open_engine(database_url)
    other = build(broker.settings, database_url, engine, SystemClock())
    with serving(create_app(without_tls(other))) as url, entrance(url) as come:
        yield come
    engine.dispose()


@pytest.mark.usefixtures("quick")
def test_what_another_process_changed_arrives(elsewhere: Enter, plain_door: Door, city: City) -> None:
    """One page of the center, one of the requester; the change comes in at another server."""
    with listening(elsewhere("center.dh")) as center, listening(elsewhere("asker", "zh")) as asker:
        assert center.answer.headers["x-accel-buffering"] == "no"
        assert center.answer.headers["content-type"].startswith("text/event-stream")
        assert center.next("inbox").data == {"count": 0}
        assert center.next("notice").data == {"count": 0, "newest": ""}
        assert asker.next("inbox").data == {"count": 0}
        request = approved(plain_door, city, "dh-cg")
        told = asker.next("request").data
        while told["state"] != "DEPARTMENT_REVIEW":
            told = asker.next("request").data
        assert told == {"id": request["id"], "state": "DEPARTMENT_REVIEW"}
        notice = center.next("notice").data
        assert notice["count"] == 1
        assert request["number"] in notice["newest"]
        assert asker.next("notice").data == {"count": 0, "newest": ""}
        assert "已审批通过" in asker.next("notice").data["newest"]


@pytest.mark.usefixtures("quick")
def test_a_page_that_comes_back_hears_what_it_missed(
    elsewhere: Enter, enter: Enter, plain_door: Door, city: City
) -> None:
    """It comes back to another process, with the id of the last event it heard."""
    request = submitted(plain_door, city, "dh-cg")
    asker = enter("asker")
    with listening(asker) as stream:
        last = stream.next("inbox").number
        assert [stream.next("notice").data["count"]] == [0]
    plain_door["center.dh"].post(f"/access-requests/{request['id']}/return", {"revision": 1, "comment": "补充依据"})
    with listening(elsewhere("asker"), last=last) as stream:
        assert stream.next("request").data == {"id": request["id"], "state": "RETURNED"}
    with listening(asker, since=str(int(last) + 3_600_000)) as stream:  # a page made later knows of it
        assert stream.next("inbox").data == {"count": 1}
        assert asker.get("/inbox").status == 200
        plain_door["asker"].post(f"/access-requests/{request['id']}/withdraw", {"reason": "不再需要"})
        assert stream.next("request").data == {"id": request["id"], "state": "WITHDRAWN"}


@pytest.mark.usefixtures("quick")
def test_own_retrievals_are_told_and_nobody_elses(
    elsewhere: Enter, plain_door: Door, broker: Broker, city: City, tmp_path: Path
) -> None:
    bind(broker, city, str(tmp_path))
    grant = granted(plain_door, city)
    camera = grant["lines"][0]["camera"]["id"]
    with listening(elsewhere("looker")) as mine, listening(elsewhere("looker2")) as others:
        assert others.next("inbox")
        assert mine.next("inbox")
        order = plain_door["looker"].post("/retrievals", {"camera": camera, "action": "clip", **span(BEGIN, END)})
        assert mine.next("retrieval").data == {"id": order["id"], "state": "QUEUED", "percent": 0}
        with broker.work() as work:  # a worker elsewhere begins, and says how far it is
            begun = start(work.retrievals.load(RetrievalId(UUID(order["id"])))).after
            work.retrievals.save(work.retrievals.load(begun.id), begun)
            permit = broker.policy.note(operator("tests"), "test")
            work.audit.append(permit, (Entry(begun.stream, "retrieval:started"),))
            assert work.retrievals.progress(begun.id, begun.attempt, 900.0)
            work.commit(permit)
        assert mine.next("retrieval").data == {"id": order["id"], "state": "FETCHING", "percent": 25}
        plain_door["center.dh"].post(f"/grants/{grant['id']}/revoke", {"reason": "不再需要"})
        assert mine.next("retrieval").data["state"] == "ABORTED"
        assert "retrieval" not in others.so_far()


@pytest.mark.usefixtures("quick")
def test_a_stream_ends_with_its_session(enter: Enter) -> None:
    asker, center = enter("asker"), enter("center.dh")
    with listening(asker) as ends, listening(center) as stays:
        assert ends.next("inbox")
        asker.press(asker.get("/inbox"), "/sign-out")
        assert ends.rest()[-1] == "over"
        assert stays.next("inbox")
    assert asker.client.get("/live", headers=DATA).status_code == 401


@pytest.mark.usefixtures("quick")
def test_an_open_page_does_not_keep_its_session_open(enter: Enter, connection: Connection) -> None:
    """The tab that somebody forgot asks on and on; that is no use of the session."""
    asker = enter("asker")
    with listening(asker) as stream:
        assert stream.next("inbox")
        connection.execute(text("UPDATE session SET seen_at = seen_at - interval '29 minutes'"))
        connection.commit()
        assert asker.client.get("/live/now").json()["events"][0] == {"name": "inbox", "data": {"count": 0}}
        assert asker.client.get("/inbox", headers={"X-Unattended": "1"}).status_code == 200  # a part renews itself
        connection.execute(text("UPDATE session SET seen_at = seen_at - interval '2 minutes'"))
        connection.commit()
        assert stream.rest()[-1] == "over"
    assert asker.client.get("/live/now", headers=DATA).status_code == 401


def test_streams_are_counted(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST_OF_PERSON", 2)
    monkeypatch.setattr(feed, "MOST_OF_PROCESS", 3)
    asker, center = enter("asker"), enter("center.dh")
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(listening(asker)).next("inbox")
        refused = asker.client.get("/live", headers=DATA)
        bad(refused, 429, "too-many-streams")
        assert refused.headers["retry-after"] == "30"
        stack.enter_context(listening(center)).next("inbox")
        full = center.client.get("/live", headers=DATA)
        bad(full, 503, "too-many-streams")
    assert any(_let_in(asker) for _ in range(1000))  # the server learns after them that they have gone


def _let_in(person: Person) -> bool:
    with person.client.stream("GET", "/live", headers=DATA) as answer:
        return answer.status_code == 200


def test_it_lives_on_while_nothing_moves(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is no event, so that no proxy takes the connection for dead."""
    monkeypatch.setattr(response, "HEARTBEAT", 0.05)
    with enter("asker").client.stream("GET", "/live") as answer:
        assert next(line for line in answer.iter_lines() if line.startswith(":")) == ": alive"


def test_all_are_looked_at_in_one_go(broker: Broker, city: City, engine: Engine) -> None:
    """As many questions for sixteen people as for one."""
    asked: list[str] = []

    def noted(_c: object, _k: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", noted)
    callers = [city.caller(broker, login) for login in city.persons]
    watchers = [Watcher(b"", caller, frozenset(PARTS)) for caller in callers]
    asked.clear()
    look = broker.live.look(watchers[:1])
    first = len(asked)
    assert broker.live.look(watchers).seen.keys() == set(city.persons.values())
    assert len(asked) == 2 * first
    assert look.seen[city.persons["asker"]] == Seen()
    event.remove(engine, "before_cursor_execute", noted)


@pytest.mark.usefixtures("quick")
def test_looks_that_fail_let_go_of_the_pages(
    enter: Enter, broker: Broker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not a database that is away, which is asked again: a fault nobody thought of. Who comes back is told."""

    def fail(*_: object) -> None:
        raise RuntimeError("no such thing")

    asker = enter("asker")
    with listening(asker) as stream:
        assert stream.next("notice")
        with monkeypatch.context() as broken:
            broken.setattr(broker.live, "look", fail)
            assert "over" not in stream.rest()
    assert "let go to come back" in caplog.text
    assert "no such thing" in caplog.text
    with listening(asker) as stream:
        assert stream.next("inbox").data == {"count": 0}


def test_a_server_that_stops_lets_go_of_its_pages(broker: Broker, city: City) -> None:
    """A stream has no end of its own: without a word to it, a restart would wait for all that are open."""
    assert city.persons
    with ExitStack() as stack:
        with serving(create_app(without_tls(broker))) as url:
            person = stack.enter_context(Person(url))
            person.come_in("asker")
            stream = stack.enter_context(listening(person))
            assert stream.next("inbox")
        assert stream.rest() == ["notice"]  # an end in good order: the browser comes back by itself
