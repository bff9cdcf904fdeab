"""Opening the broker: which database it takes, and what it says when it cannot."""

from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from broker.bootstrap import Broker, build, open_broker, open_database
from broker.domain.errors import BrokerError, Invalid, Unavailable
from broker.settings import Settings, read_settings
from storage.db import schema
from storage.db.embedded.embedded import EmbeddedServer
from tests.conftest import fast_settings


def opened(settings: Settings, *, share: bool = True) -> BrokerError | None:
    try:
        with open_broker(settings, share=share):
            return None
    except BrokerError as error:
        return error


def test_a_second_program_says_so_or_joins(tmp_path: Path) -> None:
    settings = fast_settings(tmp_path)
    with open_broker(settings, share=False) as first:
        refused = opened(settings, share=False)
        assert refused is not None
        assert refused.slug == "data-directory-in-use"
        with open_broker(settings) as second:
            assert second.database_url == first.database_url
            with second.work() as work:
                assert work.departments.page() == []
    assert opened(settings, share=False) is None


def test_a_configured_database_is_used_and_its_schema_checked(server: EmbeddedServer, tmp_path: Path) -> None:
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE configured")
    url = server.dsn("configured")
    settings = fast_settings(tmp_path).model_copy(update={"database_url": SecretStr(url)})
    empty = opened(settings)
    assert empty is not None
    assert (empty.slug, empty.facts["current"]) == ("database-outdated", "-")
    assert schema.upgrade(url) == schema.upgrade(url)
    assert opened(settings) is None
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    newer = opened(settings)
    assert newer is not None
    assert (newer.slug, newer.facts["current"]) == ("database-newer", "9999")
    with pytest.raises(Unavailable, match="database-newer"):
        schema.upgrade(url)
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize(
    ("url", "kind", "slug"),
    [
        ("mysql://root:secret@localhost/x", Invalid, "database-url"),
        ("not a url", Invalid, "database-url"),
        ("postgresql://nobody:secret@127.0.0.1:1/x", Unavailable, "database-unreachable"),
        ("postgresql://nobody:secret@/x?host=/nowhere", Unavailable, "database-unreachable"),
    ],
)
def test_a_wrong_database_url_is_told_without_its_password(
    tmp_path: Path, url: str, kind: type[BrokerError], slug: str
) -> None:
    refused = opened(fast_settings(tmp_path).model_copy(update={"database_url": SecretStr(url)}))
    assert isinstance(refused, kind)
    assert refused.slug == slug
    assert "secret" not in str(refused)


def test_a_user_without_the_right_to_make_roles_is_told_so(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE weak LOGIN")
        connection.execute("CREATE DATABASE weak")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    with pytest.raises(Unavailable) as refused:
        schema.upgrade(server.dsn("weak", user="weak"))
    assert refused.value.slug == "database-rights"


def test_a_key_is_made_only_beside_the_own_database(broker: Broker, tmp_path: Path) -> None:
    """Over a database that several machines share, each would make a key that the others do not have."""
    shared = {"data": tmp_path / "elsewhere", "database_url": SecretStr(broker.database_url)}
    beside = build(broker.settings.model_copy(update=shared), broker.database_url, broker.engine, broker.clock)
    with pytest.raises(Unavailable, match="secret-key-missing"):
        beside.secrets.seal(b"x", "somewhere")
    assert not (tmp_path / "elsewhere" / "secret.key").exists()
    named = {"secret_key_file": tmp_path / "named.key"}
    other = build(broker.settings.model_copy(update=named), broker.database_url, broker.engine, broker.clock)
    with pytest.raises(Unavailable, match="secret-key-missing"):
        other.secrets.seal(b"x", "somewhere")
    (tmp_path / "named.key").write_text("ab" * 32, encoding="ascii")
    assert other.secrets.open(other.secrets.seal(b"x", "somewhere"), "somewhere") == b"x"
    assert broker.secrets.open(broker.secrets.seal(b"x", "somewhere"), "somewhere") == b"x"
    assert (broker.settings.data / "secret.key").exists()


def test_settings_are_checked_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XUELIANG_PORT", "70000")
    with pytest.raises(Invalid) as refused:
        read_settings()
    assert refused.value.facts["name"] == "XUELIANG_PORT"
    monkeypatch.setenv("XUELIANG_PORT", "8081")
    assert read_settings().port == 8081


def test_the_program_works_under_the_role_that_cannot_rewrite(broker: Broker) -> None:
    with broker.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT current_user").scalar_one() == "xueliang_app"


def test_an_embedded_database_is_stopped_with_its_program(tmp_path: Path) -> None:
    with open_database(fast_settings(tmp_path)) as url:
        pass
    with pytest.raises(psycopg.OperationalError), psycopg.connect(url):
        pass
