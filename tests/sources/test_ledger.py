"""The coverage ledger of requests: from the cache, from the sources, with the reason for each missing part."""

from dataclasses import replace
from datetime import timedelta

import pytest

from broker.bootstrap import Broker, operator
from broker.domain.errors import Unknown
from broker.domain.ids import RequestId
from broker.domain.requests.access_requests import AccessRequest, AskedLine
from broker.domain.requests.coverage import Missing, MissingReason
from broker.domain.sources.source_health import HealthState
from broker.domain.time import TimeSpan
from broker.services.requests.access_requests import Form, Verdict
from broker.services.sources.ledgers import explain
from broker.services.sources.recorded import Recorded
from broker.services.sources.source_health import Seen
from broker.services.sources.sources import SourceEdit
from tests.city import City
from tests.clock import Turned
from tests.rules.steps import for_cameras, sent
from tests.sources.conftest import Vault, bound

ME = operator("tests")
HOUR = timedelta(hours=1)
R = MissingReason


def asking(broker: Broker, city: City, span: TimeSpan, owner: str = "dh-cg") -> Form:
    """Ask for the first camera of an owner."""
    form = for_cameras(broker, city, owner)
    return replace(form, lines=(AskedLine(city.cameras_of(owner)[0].id, span),))


def tried(broker: Broker, city: City, span: TimeSpan) -> Recorded:
    (line,) = broker.previews.check_form(city.caller(broker, "asker"), asking(broker, city, span)).recorded
    return line


def why(line: Recorded) -> list[tuple[TimeSpan, MissingReason]]:
    assert line.coverage is not None, line.fault
    return [(part.span, part.reason) for part in line.coverage.missing]


def hours_ago(clock: Turned, begin: float, end: float) -> TimeSpan:
    return TimeSpan(clock.at - begin * HOUR, clock.at - end * HOUR)


def test_a_dry_run_balances_and_asks_a_source_once(turned: Broker, city: City, clock: Turned, vault: Vault) -> None:
    bound(turned, city, vault)
    asked = hours_ago(clock, 5, 2)
    vault.tells(hours_ago(clock, 4, 3.5), hours_ago(clock, 3, 1))
    line = tried(turned, city, asked)
    assert line.coverage is not None
    assert (line.coverage.asked_seconds, line.coverage.obtained_seconds, line.coverage.missing_seconds) == (
        3 * 3600, 1.5 * 3600, 1.5 * 3600
    )  # fmt: skip
    assert why(line) == [
        (TimeSpan(asked.begin, asked.begin + HOUR), R.NO_RECORDING),
        (TimeSpan(asked.end - 1.5 * HOUR, asked.end - HOUR), R.NO_RECORDING),
    ]
    vault.tells()
    assert tried(turned, city, asked) == line  # from the cache, as it was then
    assert tried(turned, city, TimeSpan(asked.begin + HOUR, asked.end)).at == clock.at
    assert vault.asked == 1
    clock.at += timedelta(minutes=16)
    assert tried(turned, city, asked).spans == ()
    assert vault.asked == 2
    wider = TimeSpan(asked.begin - HOUR, asked.end)
    assert tried(turned, city, wider).spans == ()
    assert vault.asked == 3
    turned.sources.edit(ME, "vault", SourceEdit(options={"address": "http://10.0.0.1"}))
    tried(turned, city, wider)
    assert vault.asked == 4  # it is reached in another way, what it said before is not worth anything


def test_a_stopped_source_is_not_asked(turned: Broker, city: City, clock: Turned, vault: Vault) -> None:
    bound(turned, city, vault)
    turned.sources.edit(ME, "vault", SourceEdit(stopped=True))
    line = tried(turned, city, hours_ago(clock, 5, 2))
    assert (line.fault and line.fault.slug, vault.asked) == ("source-stopped", 0)


def test_what_is_missing_was_offline_or_is_overwritten(turned: Broker, city: City, clock: Turned, vault: Vault) -> None:
    source = bound(turned, city, vault)
    for state in (HealthState.OFFLINE, HealthState.OFFLINE, HealthState.ONLINE):
        clock.at += timedelta(minutes=6)
        turned.source_health.note(Seen(source.id, state, ""))
    away = TimeSpan(clock.at - timedelta(minutes=12), clock.at)
    clock.at += HOUR
    vault.tells(TimeSpan(away.end, clock.at))
    line = tried(turned, city, TimeSpan(away.begin - HOUR, away.end + HOUR / 2))
    assert why(line) == [(TimeSpan(away.begin - HOUR, away.begin), R.NO_RECORDING), (away, R.OFFLINE)]
    clock.at += timedelta(hours=23, minutes=-6)
    turned.sources.edit(ME, "vault", SourceEdit(keeps_days=1))
    line = tried(turned, city, TimeSpan(away.begin - HOUR, away.end + HOUR / 2))
    kept_since = away.begin + timedelta(minutes=6)
    assert why(line) == [
        (TimeSpan(away.begin - HOUR, kept_since), R.OVERWRITTEN), (TimeSpan(kept_since, away.end), R.OFFLINE)
    ]  # fmt: skip
    with turned.work() as work:
        camera = city.cameras_of("dh-cg")[0]
        bound_now = work.cameras.load(camera.id)
        asked = TimeSpan(away.begin - 2 * HOUR, away.end)
        told = explain(work, bound_now, asked, [Missing(asked, R.NO_RECORDING)])
        stands = [Missing(asked, R.REFUSED)]
        assert explain(work, bound_now, asked, stands) == tuple(stands)
        assert explain(work, bound_now, asked, ()) == ()
    assert [part.reason for part in told] == [R.OVERWRITTEN, R.OFFLINE]


def on_its_way(broker: Broker, city: City, span: TimeSpan) -> AccessRequest:
    return sent(broker, city, asking(broker, city, span))


def test_those_who_decide_read_what_is_recorded(turned: Broker, city: City, clock: Turned, vault: Vault) -> None:
    bound(turned, city, vault)
    vault.tells(hours_ago(clock, 4, 1))
    request = on_its_way(turned, city, hours_ago(clock, 5, 2))
    center = city.caller(turned, "center.dh")
    first = turned.availability.of_request(center, request.id)
    assert (first.at, first.refreshing, [line.fault and line.fault.slug for line in first.lines]) == (
        None, True, ["coverage-unknown"]
    )  # fmt: skip
    assert vault.asked == 0  # who reads does not wait for a source
    turned.availability.of_request(center, request.id)
    assert jobs(turned) == [str(request.id)]
    turned.availability.refresh(request.id)
    now = turned.availability.of_request(center, request.id)
    assert (now.at, now.refreshing) == (clock.at, False)
    assert why(now.lines[0]) == [(hours_ago(clock, 5, 4), R.NO_RECORDING)]
    clock.at += HOUR
    old = turned.availability.of_request(center, request.id)
    assert (old.at, old.refreshing, old.lines) == (clock.at - HOUR, True, now.lines)


def jobs(broker: Broker) -> list[str]:
    with broker.work() as work:
        rows = work._open.exec_driver_sql(
            "SELECT args ->> 'request' FROM procrastinate_jobs WHERE task_name = 'refresh_coverage'"
        )
        return [row[0] for row in rows]


def test_a_line_is_read_by_those_it_concerns(turned: Broker, city: City, clock: Turned, vault: Vault) -> None:
    bound(turned, city, vault)
    span = hours_ago(clock, 5, 2)
    both = replace(
        asking(turned, city, span), lines=tuple(
            AskedLine(city.cameras_of(owner)[0].id, span) for owner in ("dh-cg", "dh-jt")
        )
    )  # fmt: skip
    request = sent(turned, city, both)

    def cameras(login: str, key: RequestId = request.id) -> int:
        return len(turned.availability.of_request(city.caller(turned, login), key).lines)

    assert [cameras(login) for login in ("asker", "looker", "center.dh", "auditor")] == [2, 2, 2, 2]
    for login in ("owner.cg", "owner.xs", "stranger", "sysadmin"):
        with pytest.raises(Unknown):  # the owner hears of it once it is approved
            cameras(login)
    turned.approvals.approve(city.caller(turned, "center.dh"), request.id, Verdict(1))
    assert (cameras("owner.cg"), cameras("owner.jt")) == (1, 1)


def test_the_oldest_recording_is_found_in_the_background(
    turned: Broker, city: City, clock: Turned, vault: Vault
) -> None:
    bound(turned, city, vault)
    kept = hours_ago(clock, 72, 1)
    vault.tells(kept)
    request = on_its_way(turned, city, hours_ago(clock, 80, 70))
    turned.availability.refresh(request.id)
    (line,) = turned.availability.of_request(city.caller(turned, "center.dh"), request.id).lines
    assert why(line) == [(hours_ago(clock, 80, 72), R.OVERWRITTEN)]
    asked = vault.asked
    turned.availability.refresh(request.id)
    assert vault.asked == asked
