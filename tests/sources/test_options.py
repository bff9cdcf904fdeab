"""What it takes to reach a source: sealed in the database, kept by whoever edits, told to nobody but the adapter."""

import logging
from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from adapters.errors import InvalidOption
from broker.bootstrap import Broker, operator
from broker.domain.catalog.catalog import Source
from broker.domain.errors import Conflict, Forbidden, Unavailable, Unknown
from broker.domain.ids import SourceId, new_id
from broker.domain.oversight.audit import Entry
from broker.domain.people.second_factor import base32
from broker.services.sources.source_secrets import SourceSecrets
from broker.services.sources.sources import SourceEdit
from tests.city import PASSWORD as PASSWORD_OF_PEOPLE
from tests.city import City
from tests.sources.conftest import PASSWORD, Vault, added

ME = operator("tests")


def everything_stored(connection: Connection) -> str:
    """Return all rows that could hold an option, as text."""
    connection.rollback()
    tables = ("source", "audit_event", "source_health", "procrastinate_jobs")
    rows = [row[0] for table in tables for row in connection.exec_driver_sql(f"SELECT t::text FROM {table} t")]  # noqa: S608
    bodies = [bytes(row[0]).decode() for row in connection.exec_driver_sql("SELECT body FROM audit_event")]
    return "\n".join([*rows, *bodies])


def test_a_password_is_sealed_and_told_to_nobody(
    broker: Broker, vault: Vault, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source = added(broker, vault, pin="zyx-zyx", address="rtsp://admin:in-the-address@10.0.0.1/1")
    probe, points = broker.sources.probe(ME, "vault")
    assert (probe.ok, [point.channel for point in points]) == (True, ["01"])
    stored = everything_stored(connection)
    assert str(vault.folder) in stored
    for secret in (PASSWORD, "zyx-zyx", "in-the-address"):
        assert secret not in stored
        assert secret not in caplog.text
        assert secret not in repr(source)
    shown = broker.sources.read(ME, "vault")
    assert (shown.options, shown.source.secrets) == ({"folder": str(vault.folder)}, ("address", "password", "pin"))


def test_an_edit_keeps_what_it_does_not_name(broker: Broker, vault: Vault) -> None:
    added(broker, vault, pin="zyx-zyx")
    after = broker.sources.edit(ME, "vault", SourceEdit(name="新金库", sessions=3, keeps_days=30)).source
    assert (after.name, after.sessions, after.keeps_days, after.version) == ("新金库", 3, 30, 2)
    assert broker.sources.probe(ME, "vault")[0].ok
    other = vault.folder.parent / "moved"
    vault.folder.rename(other)
    after = broker.sources.edit(ME, "vault", SourceEdit(options={"folder": str(other), "pin": None})).source
    assert after.secrets == ("password",)
    assert broker.sources.probe(ME, "vault")[0].ok
    with pytest.raises(InvalidOption) as refused:
        broker.sources.edit(ME, "vault", SourceEdit(options={"password": None}))
    assert refused.value.pointer == "/password"
    after = broker.sources.edit(ME, "vault", SourceEdit(options={"password": "wrong"})).source
    assert not broker.sources.probe(ME, "vault")[0].ok
    assert broker.sources.edit(ME, "vault", SourceEdit(name="新金库")).source == after  # nothing new: no event
    with pytest.raises(Conflict, match="changed-meanwhile"):
        broker.sources.edit(ME, "vault", SourceEdit(name="旧", version=1))
    with broker.work() as work:
        told = [(event.kind, event.data) for event in work.audit.stream(after.stream)]
    assert [kind for kind, _ in told] == ["source:added", *["source:edited"] * 3]
    assert told[1][1] == {"code": "vault", "name": "新金库", "sessions": 3, "keeps_days": 30}
    assert [data.get("options") for _, data in told[2:]] == [["folder", "pin"], ["password"]]


def test_an_envelope_opens_in_its_own_row_only(broker: Broker, vault: Vault) -> None:
    source = added(broker, vault)
    with pytest.raises(Unavailable, match="secret-damaged"):
        SourceSecrets(broker.secrets).options_of(replace(source, id=SourceId(new_id())))


def test_who_may(broker: Broker, city: City, vault: Vault) -> None:
    added(broker, vault)
    owner, auditor = city.caller(broker, "owner.cg"), city.caller(broker, "auditor")
    for caller in (owner, auditor, city.caller(broker, "sysadmin")):
        assert broker.sources.read(caller, "vault").source.code == "vault"
    for login in ("owner.cg", "auditor", "asker", "center.dh", "secadmin"):
        with pytest.raises(Forbidden):
            broker.sources.edit(city.caller(broker, login), "vault", SourceEdit(name="x"))
    for login in ("asker", "looker", "center.dh", "secadmin"):
        with pytest.raises(Forbidden):
            broker.sources.read(city.caller(broker, login), "vault")
    for login in ("owner.jt", "owner.xs"):
        with pytest.raises(Unknown):
            broker.sources.read(city.caller(broker, login), "vault")
        with pytest.raises(Unknown):
            broker.source_health.page(city.caller(broker, login), "vault", before=None, limit=5)
    assert broker.sources.edit(ME, "vault", SourceEdit(department="xs-ga")).source.version == 2
    with pytest.raises(Unknown):
        broker.sources.read(owner, "vault")


def keyed(broker: Broker, *keys: str) -> None:
    """Change the keys of the machine, as an operator does, and start again."""
    (broker.settings.data / "secret.key").write_text("\n".join(keys))
    broker.secrets._keys = {}


def left_open(broker: Broker, source: Source, options: Mapping[str, object]) -> None:
    """Store a source as an earlier version did: its password in the open."""
    with broker.work() as work:
        permit = broker.policy.require(ME, "source:edit", ME.roles(work.now))
        bare = replace(source, options=options, secrets=(), sealed=b"", version=source.version + 1)
        work.sources.save(source, bare)
        work.audit.append(permit, (Entry(source.stream, "source:edited"),))
        work.commit(permit)


def test_what_an_earlier_version_left_open_works_and_is_sealed_by_the_first_edit(
    broker: Broker, vault: Vault, connection: Connection
) -> None:
    left_open(broker, added(broker, vault), vault.options)
    assert broker.sources.probe(ME, "vault")[0].ok
    assert broker.sources.read(ME, "vault").options == {"folder": str(vault.folder)}
    assert PASSWORD in everything_stored(connection)
    assert broker.sources.edit(ME, "vault", SourceEdit(options={"address": "http://10.0.0.1"})).source.secrets
    assert PASSWORD not in everything_stored(connection)
    assert broker.sources.probe(ME, "vault")[0].ok


def test_all_secrets_are_sealed_anew_after_the_key_was_changed(
    broker: Broker, city: City, vault: Vault, connection: Connection
) -> None:
    old, new, other = "5a" * 32, "6b" * 32, "7c" * 32
    keyed(broker, old)
    left_open(broker, added(broker, vault), vault.options)
    asker = city.caller(broker, "asker")
    secret = broker.second_factor.begin(asker, PASSWORD_OF_PEOPLE, "127.0.0.1").secret
    keyed(broker, new, old)
    assert vars(broker.resealing.reseal(ME)) == {"sources": 1, "webhooks": 0, "second_factors": 1, "escrows": 0}
    assert vars(broker.resealing.reseal(ME)) == {"sources": 0, "webhooks": 0, "second_factors": 0, "escrows": 0}
    assert PASSWORD not in everything_stored(connection)
    keyed(broker, new)
    assert broker.sources.probe(ME, "vault")[0].ok
    assert secret
    with broker.work() as work:
        factor = work.second_factors.of(asker.person())
        assert factor is not None
        assert base32(broker.secrets.open(factor.sealed, factor.place)) == secret
    keyed(broker, other)
    with pytest.raises(Unavailable, match="secret-key-wrong"):
        broker.sources.probe(ME, "vault")
    with pytest.raises(Forbidden):
        broker.resealing.reseal(city.caller(broker, "sysadmin"))
    assert broker.audit.verify(ME).faults == ()
