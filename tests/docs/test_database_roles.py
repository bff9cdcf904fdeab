"""The login that compose file and docs/operations.md make: enough rights to work, too few to rewrite anything."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from broker.bootstrap import open_broker, operator
from broker.domain.people.accounts import DepartmentKind
from broker.services.people.accounts import NewDepartment
from broker.settings import Settings
from storage.db import schema
from storage.db.embedded.embedded import DATABASE, EmbeddedServer
from storage.db.embedded.pg_cluster import OWNER
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


@dataclass(frozen=True)
class Way:
    """SQL that somebody runs, in which database, and as whom the schema is made then."""

    statements: str
    run_in: str
    database: str
    owner: str


def of_compose() -> Way:
    """What the compose file does: the image of PostgreSQL runs a script as the superuser that owns the database."""
    script = (ROOT / "docker" / "database-roles.sh").read_text(encoding="utf-8")
    (block,) = re.findall(r"<<'SQL'\n(.*)\nSQL\n", script, re.DOTALL)
    return Way(block.replace(":'password'", "'secret'"), DATABASE, DATABASE, OWNER)


def of_operations() -> Way:
    """What docs/operations.md tells the operator of a server to do; the owner is no superuser there."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    other = block.replace("xueliang_owner", "city_owner").replace("DATABASE xueliang", "DATABASE city")
    return Way(other.replace("'…'", "'secret'"), "postgres", "city", "city_owner")


@pytest.fixture(scope="module", params=[of_compose, of_operations], ids=["compose", "operations"])
def urls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The owner's and the run-time login's URL of a database that was set up as we tell people to."""
    way: Way = request.param()
    with EmbeddedServer(tmp_path_factory.mktemp("pg")) as server:
        with psycopg.connect(server.dsn(way.run_in), autocommit=True) as connection:
            for statement in way.statements.split(";"):
                if statement.strip():
                    connection.execute(statement.encode())
        owner = server.dsn(way.database, way.owner)
        schema.upgrade(owner)
        yield owner, server.dsn(way.database, "xueliang_run")


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
