"""What the database refuses by itself, whoever asks: attempts in plain SQL, as the program's role and as the owner."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg
import pytest

from broker.bootstrap import Broker
from storage.db.engine import RUNTIME_ROLE
from tests.city import City
from tests.services.test_main_path import authorized

Connection = psycopg.Connection[tuple[object, ...]]


@dataclass
class Case:
    """A database with one authorized request, and a connection under the program's role."""

    sql: Connection
    request: UUID
    grant: UUID


@pytest.fixture
def case(broker: Broker, city: City) -> Iterator[Case]:
    request, grant = authorized(broker, city)
    with psycopg.connect(broker.database_url, options=f"-c role={RUNTIME_ROLE}") as connection:
        yield Case(connection, request.id, grant.id)
        connection.rollback()


@pytest.fixture
def owner(broker: Broker) -> Iterator[Connection]:
    with psycopg.connect(broker.database_url) as connection:
        yield connection
        connection.rollback()


def carried_out(connection: Connection, statement: str, values: Sequence[object] | Mapping[str, object]) -> None:
    connection.execute(statement.encode(), values)
    connection.commit()


AUTHORIZER = "SELECT max(authorizer_id::text)::uuid FROM request_item WHERE request_id = %(id)s"


def refused(connection: Connection, statement: str, *values: object, words: str = "") -> None:
    """The statement, or the commit after it, fails; the message has these words."""
    with pytest.raises(psycopg.Error, match=words):
        carried_out(connection, statement, values)
    connection.rollback()


def test_a_change_without_an_event_is_refused(case: Case) -> None:
    refused(
        case.sql,
        "UPDATE access_request SET state = 'WITHDRAWN' WHERE id = %s",
        case.request,
        words="without an event",
    )
    refused(
        case.sql,
        "UPDATE access_request SET state = 'WITHDRAWN', version = version + 1 WHERE id = %s",
        case.request,
        words="fk_access_request_stream_version",
    )
    refused(case.sql, "UPDATE access_grant SET valid_until = valid_until + interval '1 day'", words="without an event")
    refused(case.sql, "UPDATE person SET active = true, password_hash = 'x'", words="without an event")
    refused(case.sql, "UPDATE camera SET source_id = NULL, name = 'x'", words="without an event")


def test_a_row_without_its_first_event_is_refused(case: Case) -> None:
    refused(
        case.sql,
        "INSERT INTO source (id, code, name, adapter, options, department_id, sessions, stream, version)"
        " SELECT %s, 'x', 'x', 'x', '{}', id, 1, 'source/x', 1 FROM department LIMIT 1",
        uuid4(),
        words="fk_source_stream_version",
    )


def test_counting_needs_no_event(case: Case) -> None:
    case.sql.execute("UPDATE access_grant SET used_snapshots = used_snapshots + 1 WHERE id = %s", [case.grant])
    case.sql.commit()


def test_a_quota_cannot_be_overdrawn(case: Case) -> None:
    refused(case.sql, "UPDATE access_grant SET used_seconds = quota_seconds + 1", words="within_quota")


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET actor = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event CASCADE"]
)
def test_the_trace_is_append_only_by_role_and_by_trigger(case: Case, owner: Connection, statement: str) -> None:
    refused(case.sql, statement, words="permission denied")
    refused(owner, statement, words="append-only")


def test_an_event_follows_its_predecessor(case: Case) -> None:
    body = b"{}"
    insert = (
        "INSERT INTO audit_event (stream, seq, kind, at, actor, body, previous, leaf)"
        " VALUES ('forged/1', %s, 'grant:issued', now(), 'x', %s, %s, sha256('\\x00'::bytea || %s))"
    )
    refused(case.sql, insert, 2, body, bytes(32), body, words="does not follow")
    refused(case.sql, insert, 1, body, b"1" * 32, body, words="does not follow")
    refused(case.sql, insert.replace("'\\x00'", "'\\x01'"), 1, body, bytes(32), body, words="ck_audit_event_leaf")
    case.sql.execute(insert, [1, body, bytes(32), body])
    refused(case.sql, insert, 1, body, bytes(32), body, words="uq_audit_event_stream_seq")


def test_rows_with_a_history_are_not_deleted(owner: Connection, case: Case) -> None:
    for table in ("access_grant", "request_item", "person", "camera"):
        refused(owner, f"DELETE FROM {table}", words="never deleted")  # noqa: S608  # names from the line above
    refused(case.sql, "DELETE FROM request_line", words="permission denied")


def test_the_program_cannot_lift_the_rules(case: Case) -> None:
    for statement in (
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "DROP TRIGGER append_only ON audit_event",
        "SET session_replication_role = replica",
        "ALTER TABLE access_request DROP CONSTRAINT ck_access_request_approver_not_requester",
        "UPDATE revocation SET at = now()",
        "DELETE FROM revocation",
        "INSERT INTO database_identity (one, id) VALUES (true, gen_random_uuid())",
    ):
        refused(case.sql, statement, words="permission denied|must be owner")


def bump(table: str, change: str, key: str = "id") -> str:
    """A change that brings a formally right event along, so that only the rule under test can refuse it."""
    # Names and changes come from this file.
    return f"""
        WITH moved AS (
            UPDATE {table} SET {change}, version = version + 1 WHERE {key} = %(id)s RETURNING stream, version
        )
        INSERT INTO audit_event (stream, seq, kind, at, actor, body, previous, leaf)
        SELECT m.stream, m.version, 'forged', now(), 'forger', '\\x7b7d', e.leaf, sha256('\\x007b7d'::bytea)
        FROM moved m JOIN audit_event e ON e.stream = m.stream AND e.seq = m.version - 1
    """  # noqa: S608


def forged(connection: Connection, statement: str, key: UUID, words: str) -> None:
    with pytest.raises(psycopg.Error, match=words):
        carried_out(connection, statement, {"id": key})
    connection.rollback()


def test_one_person_in_two_offices_is_refused(case: Case) -> None:
    for change, words in (
        ("approver_id = requester_id", "approver_decides"),
        ("approver_id = requester_id, deciders = ARRAY[requester_id]", "approver_not_requester"),
        ("deciders = deciders || requester_id", "two offices"),
        (
            "deciders = deciders || (SELECT person_id FROM request_person WHERE request_id = %(id)s LIMIT 1)",
            "two offices",
        ),
        (
            f"deciders = deciders || ({AUTHORIZER})",
            "two offices",
        ),
    ):
        forged(case.sql, bump("access_request", change), case.request, words)
    refused(
        case.sql,
        "INSERT INTO request_person SELECT id, requester_id FROM access_request WHERE id = %s",
        case.request,
        words="two offices",
    )


def test_nothing_lives_under_a_dead_item_or_without_both_authorities(case: Case) -> None:
    item = case.sql.execute("SELECT item_id FROM access_grant WHERE id = %s", [case.grant]).fetchone()
    assert item is not None
    forged(case.sql, bump("request_item", "state = 'VOID'"), UUID(str(item[0])), "live grant under a dead item")
    refused(
        case.sql,
        "INSERT INTO access_grant (id, item_id, request_id, department_id, terms, valid_from, valid_until, state,"
        " quota_snapshots, quota_seconds, quota_bytes, used_snapshots, used_seconds, used_bytes, emergency, stream,"
        " version)"
        " SELECT %s, i.id, i.request_id, i.department_id, g.terms, g.valid_from, g.valid_until,"
        " 'ISSUED', 1, 1, 1, 0, 0, 0, false, g.stream, g.version"
        " FROM access_grant g JOIN request_item i ON i.state = 'PENDING'",
        uuid4(),
        words="without both authorities",
    )
    refused(
        case.sql,
        "INSERT INTO grant_person SELECT %s, id FROM person WHERE login = 'stranger'",
        case.grant,
        words="somebody the request does not name",
    )


def test_scope_only_narrows(case: Case) -> None:
    refused(
        case.sql, "UPDATE request_line SET approved_end = asked_end + interval '1 second'", words="approved_narrows"
    )
    refused(
        case.sql,
        "UPDATE request_line SET authorized_begin = approved_begin - interval '1 s', authorized_end = approved_end"
        " WHERE authorized_begin IS NULL",
        words="authorized_narrows",
    )
    refused(case.sql, "UPDATE request_line SET asked_end = asked_end + interval '1 day'", words="not rewritten")
    refused(
        case.sql,
        "UPDATE request_line SET authorized_begin = NULL, authorized_end = NULL WHERE authorized_begin IS NOT NULL",
        words="not rewritten",
    )
