"""Sources over time: asked by the clock, told by those who fetch, and how far their own clocks are off."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from adapters.errors import NoRecording, RecordingVanished, SourceTimeout, SourceUnreachable
from broker.bootstrap import Broker, operator
from broker.domain.errors import Forbidden, Invalid, SourceFault, TooLarge, Unknown
from broker.domain.ids import SourceId
from broker.domain.sources.source_clocks import ClockOffset
from broker.domain.sources.source_health import HealthState, Spell
from broker.domain.time import TimeSpan
from broker.services.sources.source_clocks import Reading, SourceClocks
from broker.services.sources.source_health import Seen
from broker.services.sources.sources import SourceEdit
from storage.db.sources.source_slots import SourceSlots
from tests.city import City
from tests.clock import Turned
from tests.services.papers import JPEG, pdf
from tests.sources.conftest import Vault, added

ME = operator("tests")
LONG = timedelta(minutes=7)
"""Longer than the longest pause between two looks at a source that answers."""


def spells(broker: Broker) -> list[Spell]:
    return list(broker.source_health.page(ME, "vault", before=None, limit=50))


def states(broker: Broker) -> list[str]:
    return [spell.state.value for spell in spells(broker)]


def test_the_log_has_one_row_for_each_stay(turned: Broker, clock: Turned, vault: Vault) -> None:
    source = added(turned, vault)
    begun = clock.at
    assert turned.source_health.tick() == 1
    assert turned.source_health.tick() == 0  # it was just asked
    clock.at += LONG
    assert turned.source_health.tick() == 1
    assert [(spell.state, spell.since, spell.seen_at) for spell in spells(turned)] == [
        (HealthState.ONLINE, begun, clock.at)
    ]
    vault.vanishes()
    clock.at += LONG
    turned.source_health.tick()
    gone = clock.at
    for minutes in (1.3, 2.5):  # asked again soon, then less and less often
        clock.at += timedelta(minutes=minutes)
        assert turned.source_health.tick() == 1
    clock.at += timedelta(minutes=2)
    assert turned.source_health.tick() == 0
    vault.tells(password="another")
    clock.at += timedelta(minutes=4)
    turned.source_health.tick()
    assert states(turned) == ["faulty", "offline", "online"]
    assert spells(turned)[1].detail == "source-unreachable"
    with turned.work() as work:
        away = work.sources.offline_during(source.id, TimeSpan(begun, clock.at + LONG))
    assert away == (TimeSpan(gone, clock.at),)


def test_a_source_that_is_stopped_or_busy_is_left_alone(turned: Broker, clock: Turned, vault: Vault) -> None:
    source = added(turned, vault)
    turned.sources.edit(ME, "vault", SourceEdit(stopped=True))
    assert turned.source_health.tick() == 0
    turned.sources.edit(ME, "vault", SourceEdit(stopped=False))
    slots = SourceSlots(turned.database_url)
    with slots.one_of(source) as one, slots.one_of(source) as two:
        assert (one, two) == (True, True)
        assert turned.source_health.tick() == 1
        assert states(turned) == []
    clock.at += LONG
    turned.source_health.tick()
    assert states(turned) == ["online"]


def test_who_fetches_tells_what_was_met(turned: Broker, clock: Turned, vault: Vault) -> None:
    source = added(turned, vault)

    def met(fault: SourceFault | None) -> list[str]:
        clock.at += timedelta(seconds=1)
        turned.source_health.experienced(source.id, fault)
        return states(turned)

    assert met(NoRecording()) == []
    assert met(None) == ["online"]
    assert met(RecordingVanished(file="a.mp4")) == ["online"]
    turned.source_health.tick()
    assert turned.source_health.tick() == 0
    assert met(SourceTimeout(seconds=600)) == ["online"]  # perhaps only the footage was long …
    assert turned.source_health.tick() == 1  # … so the source is asked itself
    assert met(SourceUnreachable(where="10.0.0.1")) == ["offline", "online"]
    assert "10.0.0.1" not in spells(turned)[0].detail


def test_what_has_ended_is_never_rewritten(turned: Broker, clock: Turned, vault: Vault, connection: Connection) -> None:
    source = added(turned, vault)
    for fault in (None, SourceUnreachable(where="x"), None):
        clock.at += timedelta(seconds=1)
        turned.source_health.experienced(source.id, fault)
    with turned.work() as work:
        work.sources.note_clock(ClockOffset(source.id, clock.at, 1.0, "http-date", "worker:worker"))
        work.commit(turned.policy.require(ME, "source:edit", ME.roles(work.now)))
    for statement in (
        "UPDATE source_health SET until = until + interval '1 h' WHERE until IS NOT NULL",
        "UPDATE source_health SET state = 'online'",
        "DELETE FROM source_health",
        "UPDATE source_clock SET seconds = 0",
        "DELETE FROM source_clock",
    ):
        with pytest.raises(DBAPIError):
            connection.exec_driver_sql(statement)
        connection.rollback()


def ahead(broker: Broker, key: SourceId, at: datetime) -> tuple[float, str] | None:
    with broker.work() as work:
        found = work.sources.ahead(key, at)
        return None if found is None else (found.seconds, found.by)


def test_a_clock_has_a_history_and_footage_the_error_of_its_day(turned: Broker, clock: Turned, vault: Vault) -> None:
    source, start = added(turned, vault), clock.at
    assert ahead(turned, source.id, start) is None

    def measured(seconds: float) -> None:
        turned.source_health.note(Seen(source.id, HealthState.ONLINE, "", seconds, "http-date"))

    for seconds in (0.2, 0.9, -40.0, -40.6):  # a jump by forty seconds; the rest is the noise of measuring
        measured(seconds)
        clock.at += timedelta(hours=1)
    hour = timedelta(hours=1)
    assert ahead(turned, source.id, start - 99 * hour) == (0.2, "http-date")  # before anybody looked: the first after
    assert ahead(turned, source.id, start + 1.9 * hour) == (0.2, "http-date")
    assert ahead(turned, source.id, start + 2 * hour) == (-40.0, "http-date")
    entered = turned.source_clocks.enter(ME, "vault", Reading(start + 3.5 * hour, start + 3 * hour, JPEG))
    assert (entered.seconds, entered.by, entered.at) == (1800.0, "hand", start + 3 * hour)
    measured(-40.3)  # what is measured has not moved, so what somebody saw holds
    assert ahead(turned, source.id, clock.at) == (1800.0, "hand")
    assert ahead(turned, source.id, start + 2.9 * hour) == (-40.0, "http-date")
    vault.tells(ahead=3.0)
    turned.sources.probe(ME, "vault")
    assert ahead(turned, source.id, clock.at) == (3.0, "http-date")
    history = turned.source_clocks.page(ME, "vault", before=None, limit=10)
    assert [offset.seconds for offset in history] == [3.0, 1800.0, -40.0, 0.2]
    assert [each.seconds for each in turned.source_clocks.page(ME, "vault", before=history[1].number, limit=1)] == [
        -40.0
    ]
    with turned.work() as work:
        told = [(event.kind, event.data["seconds"]) for event in work.audit.stream(f"source_clock/{source.id}")]
        assert work.sources.ahead_many({}) == {}
    assert told == [
        ("source:clock:measured", 0.2), ("source:clock:measured", -40.0), ("source:clock:set", 1800.0),
        ("source:clock:measured", 3.0),
    ]  # fmt: skip
    assert turned.blobs.exists(entered.reference)


def test_an_entry_needs_a_picture_a_past_and_somebody_who_may(turned: Broker, city: City, vault: Vault) -> None:
    added(turned, vault)
    now = turned.clock.now()
    owner = city.caller(turned, "owner.cg")
    with pytest.raises(Invalid, match="reference-not-a-picture"):
        turned.source_clocks.enter(owner, "vault", Reading(now, now, pdf()))
    with pytest.raises(Invalid, match="attachment-damaged"):
        turned.source_clocks.enter(owner, "vault", Reading(now, now, JPEG[:-9]))
    with pytest.raises(Invalid, match="clock-ahead-of-now"):
        turned.source_clocks.enter(owner, "vault", Reading(now, now + timedelta(seconds=1), JPEG))
    with pytest.raises(TooLarge):
        SourceClocks(turned.work, turned.policy, turned.blobs, 10).enter(owner, "vault", Reading(now, now, JPEG))
    with pytest.raises(Unknown):
        turned.source_clocks.enter(city.caller(turned, "owner.jt"), "vault", Reading(now, now, JPEG))
    with pytest.raises(Forbidden):
        turned.source_clocks.enter(city.caller(turned, "auditor"), "vault", Reading(now, now, JPEG))
    long_ago = Reading(datetime(1970, 1, 1, tzinfo=UTC), now, JPEG)  # a recorder that lost its battery
    assert turned.source_clocks.enter(owner, "vault", long_ago).actor == str(city.persons["owner.cg"])
