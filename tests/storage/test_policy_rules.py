"""What the database refuses about policies, whoever asks: the program's role, or its owner."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from broker.bootstrap import Broker, operator
from broker.domain.deciding.policies import PolicyVersion
from broker.services.people.accounts import NewPerson
from broker.services.people.sign_in import caller_of
from policies.reading import shipped
from storage.db.engine import RUNTIME_ROLE
from tests.city import PASSWORD, City

BASELINE = shipped("baseline.csv")
BY_THE_PROPOSER = """
    UPDATE policy_version
    SET state = 'ACTIVE', activated_by = proposed_by, activated_at = now(), version = version + 1
"""
Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def proposed(broker: Broker, city: City) -> PolicyVersion:
    return broker.policies.propose(city.caller(broker, "secadmin"), BASELINE, "原样")


def activated(broker: Broker, version: PolicyVersion) -> None:
    new = NewPerson("secadmin2", "安全员二", "jc", PASSWORD, (("security_administrator", "jc"),))
    key = broker.accounts.add_person(operator("tests"), new).person.id
    with broker.work() as work:
        caller = caller_of(work, key)
    until = broker.clock.now() + timedelta(minutes=5)
    broker.policies.activate(replace(caller, second_factor=True, fresh_until=until), version.id)


def refused(connection: Connection, statement: str, words: str) -> None:
    """The statement, or the commit after it, fails; the message has these words."""
    with pytest.raises(psycopg.Error, match=words):
        carried_out(connection, statement)
    connection.rollback()


def carried_out(connection: Connection, statement: str) -> None:
    connection.execute(statement.encode())
    connection.commit()


@pytest.mark.parametrize("role", [RUNTIME_ROLE, None])
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE policy_version SET content = content || '#', version = version + 1",
            "not rewritten|ck_policy_version",
        ),
        ("UPDATE policy_version SET comment = 'x', version = version + 1", "not rewritten"),
        ("UPDATE policy_version SET state = 'DISCARDED'", "without an event"),
        ("UPDATE policy_version SET state = 'RETIRED', version = version + 1", "does not go from"),
        (BY_THE_PROPOSER, "two_persons"),
        ("DELETE FROM policy_version", "never deleted|permission denied"),
        (
            "INSERT INTO policy_change VALUES (1, NULL, 'x', now()), (2, (SELECT id FROM policy_version), 'x', now())",
            "followed",
        ),
    ],
)
def test_a_proposal_stays_what_it_is(
    broker: Broker, proposed: PolicyVersion, role: str | None, statement: str, words: str
) -> None:
    assert proposed.version == 1
    with psycopg.connect(broker.database_url, options=f"-c role={role}" if role else "") as connection:
        refused(connection, statement, words)


def test_the_history_only_grows_and_says_what_is_active(broker: Broker, proposed: PolicyVersion) -> None:
    activated(broker, proposed)
    with psycopg.connect(broker.database_url) as connection:
        for statement, words in (
            ("UPDATE policy_change SET policy = 'x'", "append-only"),
            ("DELETE FROM policy_change", "append-only"),
            ("TRUNCATE policy_change", "append-only"),
            ("INSERT INTO policy_change VALUES (2, NULL, 'x', now())", "followed"),
            ("INSERT INTO policy_change VALUES (1, NULL, 'x', now())", "pk_policy_change"),
        ):
            refused(connection, statement, words)
        assert connection.execute("SELECT policy_in_force()").fetchone() == (1,)
