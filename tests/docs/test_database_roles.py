"""The login of docker/database-roles.sh, which docs/operations.md recommends: enough to work, too little to rewrite."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from broker.bootstrap import open_broker, operator
from broker.domain.accounts import DepartmentKind
from broker.services.accounts import NewDepartment
from broker.settings import Settings
from storage.db import schema
from storage.db.embedded import EmbeddedServer
from tests.architecture.sources import ROOT

REFUSED = [
    "UPDATE audit_event SET actor = 'somebody else'",
    "DELETE FROM audit_event",
    "TRUNCATE audit_event CASCADE",
    "DROP TRIGGER append_only ON audit_event",
    "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "DELETE FROM access_request",
    "UPDATE alembic_version SET version_num = '9999'",
    "CREATE TABLE mine (id int)",
]


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The owner's and the run-time login's URL of a database that was set up as the compose file does it."""
    with EmbeddedServer(tmp_path_factory.mktemp("pg")) as server:
        script = (ROOT / "docker" / "database-roles.sh").read_text(encoding="utf-8")
        (block,) = re.findall(r"<<'SQL'\n(.*)\nSQL\n", script, re.DOTALL)
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            for statement in block.replace(":'password'", "'secret'").split(";"):
                if statement.strip():
                    connection.execute(statement.encode())
        schema.upgrade(server.dsn())
        yield server.dsn(), server.dsn(user="xueliang_run")


def test_the_login_can_work(urls: tuple[str, str], tmp_path: Path) -> None:
    settings = Settings.model_validate({"data": tmp_path, "database_url": urls[1], "password_memory_kib": 64})
    with open_broker(settings) as broker:
        new = NewDepartment("jc", "锦川市", DepartmentKind.GOVERNMENT, "990100")
        broker.accounts.add_department(operator("tests"), new)
        assert broker.audit.verify(operator("tests")).faults == ()


@pytest.mark.parametrize("statement", REFUSED)
@pytest.mark.parametrize("role", ["SET ROLE xueliang_app", "RESET ROLE"])
def test_the_login_can_rewrite_nothing(statement: str, role: str, urls: tuple[str, str]) -> None:
    with psycopg.connect(urls[1], autocommit=True) as connection:
        connection.execute(role.encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
