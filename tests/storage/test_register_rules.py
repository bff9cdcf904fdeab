"""What the database refuses about the access register and the papers, whoever asks: in plain SQL."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from broker.bootstrap import Broker
from broker.domain.errors import Forbidden
from storage.db.engine import RUNTIME_ROLE
from tests.city import City
from tests.services.looks import picture
from tests.services.papers import pdf
from tests.services.test_main_path import authorized, form
from tests.storage.test_rules import Connection, refused
from tests.web.steps import bind

COPY = (
    "INSERT INTO access_register (at, stream, seq, act, action, result, refusal, person_id, person_name, person_login,"
    " department_id, department_name, camera_id, camera_name, gb_code, owner_id, owner_name, span_begin, span_end,"
    " request_id, request_number, center_id, basis, case_number, reason, grant_id, retrieval_id, address)"
    " SELECT at, {event}, {act}, action, {result}, person_id, person_name, person_login, department_id,"
    " department_name, camera_id, camera_name, gb_code, owner_id, owner_name, span_begin, span_end, request_id,"
    " request_number, center_id, basis, case_number, reason, grant_id, retrieval_id, address"
    " FROM access_register ORDER BY id LIMIT 1"
)


@pytest.fixture
def looked(broker: Broker, city: City) -> None:
    """A picture was ordered, and one refused."""
    bind(broker, city, "/nowhere")
    _, grant = authorized(broker, city)
    camera = grant.lines[0].camera_id
    broker.retrievals.order(city.caller(broker, "looker"), camera, picture(grant))
    with pytest.raises(Forbidden):
        broker.retrievals.order(city.caller(broker, "looker2"), camera, picture(grant))


@pytest.fixture
def app(broker: Broker, looked: None) -> Iterator[Connection]:  # noqa: ARG001  # what it asks about
    with psycopg.connect(broker.database_url, options=f"-c role={RUNTIME_ROLE}") as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def owner(broker: Broker, looked: None) -> Iterator[Connection]:  # noqa: ARG001  # what it asks about
    with psycopg.connect(broker.database_url) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("table", ["access_register", "access_outcome"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_register_only_grows(app: Connection, owner: Connection, statement: str, table: str) -> None:
    opening = (
        "INSERT INTO audit_event (stream, seq, kind, at, actor, body, previous, leaf)"
        " VALUES ('delivery/x', 1, 'retrieval:opened', now(), 'x', '', decode(repeat('00', 32), 'hex'),"
        " sha256('\\x00'::bytea))"
    )
    app.execute(opening)
    line = COPY.format(event="'delivery/x', 1", act="'deliver'", result="result, refusal")
    app.execute(line.encode())
    app.execute("INSERT INTO access_outcome SELECT max(id), now(), 1, '' FROM access_register")
    app.commit()
    refused(app, statement.format(table), words="permission denied")
    refused(owner, statement.format(table), words="append-only")


def test_line_and_event_belong_together(app: Connection) -> None:
    again = COPY.format(event="stream, seq", act="act", result="result, refusal")
    refused(app, again, words="uq_access_register_stream_seq|one_order")
    nowhere = COPY.format(event="'nowhere', 1", act="'deliver'", result="result, refusal")
    refused(app, nowhere, words="fk_access_register_stream_seq")
    other = "(SELECT stream FROM audit_event WHERE kind = 'grant:issued'), 1"
    refused(app, COPY.format(event=other, act="'deliver'", result="result, refusal"), words="without its look")


def test_an_allowed_look_names_what_it_rests_on(app: Connection) -> None:
    refusal = "SELECT stream, seq FROM audit_event WHERE kind = 'retrieval:refused'"
    event = f"(SELECT stream FROM ({refusal}) e), (SELECT seq FROM ({refusal}) e)"  # noqa: S608  # our own words
    for result in ("'allowed', 'footage-live'", "'refused', ''", "'perhaps', 'x'"):
        refused(app, COPY.format(event=event, act="act", result=result), words="ck_access_register_result|uq_")


@pytest.mark.parametrize("kind", ["retrieval:ordered", "retrieval:opened", "retrieval:refused"])
def test_an_event_of_a_look_needs_its_line(app: Connection, kind: str) -> None:
    event = (
        "INSERT INTO audit_event (stream, seq, kind, at, actor, body, previous, leaf)"
        " VALUES ('forged', 1, %s, now(), 'x', '', decode(repeat('00', 32), 'hex'), sha256('\\x00'::bytea))"
    )
    refused(app, event, kind, words="without its line")


def test_a_retrieval_needs_its_line(app: Connection) -> None:
    copy = (
        "INSERT INTO retrieval (id, grant_id, person_id, camera_id, action, asked_begin, state, attempt, ordered_at,"
        " stream, version) SELECT %s, grant_id, person_id, camera_id, action, asked_begin, state, attempt, ordered_at,"
        " stream, version FROM retrieval LIMIT 1"
    )
    refused(app, copy, uuid4(), words="a retrieval without its line")


def test_only_a_delivery_ends_and_only_once(app: Connection) -> None:
    end = "INSERT INTO access_outcome SELECT min(id), now(), 1, '' FROM access_register"
    refused(app, end, words="never began")


def test_papers_change_only_while_a_request_is_being_written(broker: Broker, city: City) -> None:
    asker = city.caller(broker, "asker")
    request = broker.access_requests.draft(asker, form(broker, city))
    paper = broker.attachments.add(asker, request.id, "x.pdf", pdf())
    with psycopg.connect(broker.database_url, options=f"-c role={RUNTIME_ROLE}") as app:
        for change in ("removed_at = now()", "removed_at = now(), name = 'y.pdf'", "name = 'y.pdf'", "version = 2"):
            words = "without an event" if change == "removed_at = now()" else "never changed|without an event"
            refused(app, f"UPDATE attachment SET {change} WHERE id = %s", paper.id, words=words)  # noqa: S608  # our own words
        refused(app, "DELETE FROM attachment", words="permission denied")
        broker.access_requests.submit(asker, request.id)
        late = "UPDATE attachment SET removed_at = now(), version = 2 WHERE id = %s"
        refused(app, late, paper.id, words="handed in")
    assert broker.attachments.of_request(asker, request.id) == [paper]
