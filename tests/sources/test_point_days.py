"""What days come to: settled by statements over sets, and once more by counting, on made-up spells."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from broker.bootstrap import Broker, operator
from broker.domain.catalog.catalog import Camera
from broker.domain.errors import Conflict, Forbidden, Invalid, Unknown
from broker.domain.people.accounts import Role
from broker.domain.sources.point_health import SPEAKS_FOR, Availability, PointDay
from broker.domain.sources.point_judgement import day_span
from broker.domain.sources.source_health import AGAIN, JITTER, HealthState
from broker.domain.time import TimeSpan
from broker.services.deciding.absences import Leave
from broker.services.oversight.plan_targets import NewTarget
from broker.services.people.accounts import NewPerson
from broker.services.people.sign_in import caller_of
from broker.services.sources.maintenance import NewMaintenance
from broker.services.sources.point_health import By, Question
from broker.services.sources.source_health import Seen
from broker.services.sources.sources import NewSource
from tests.city import PASSWORD, City
from tests.clock import Turned

ME = operator("tests")
STEP = timedelta(minutes=5)


def watched(broker: Broker, city: City, clock: Turned) -> list[Camera]:
    """Bind the cameras of a department to a source, and watch them; the clock stands at the middle of a night."""
    day = (clock.at - timedelta(days=2)).astimezone(broker.zone).date()
    clock.at = day_span(day, broker.zone).begin
    broker.sources.add(ME, NewSource("shelf", "录像柜", "local_files", {"folder": "/nowhere"}, "dh-cg", 1))
    cameras = city.cameras_of("dh-cg")
    for number, camera in enumerate(cameras):
        broker.catalog.bind(ME, camera.gb_code or "", "shelf", f"{number}")
    broker.point_looks.tick()  # nobody has asked the source: the points are only taken into the watch
    return cameras


def answers(broker: Broker, clock: Turned, state: HealthState, hours: float) -> None:
    """Let the source be seen in a state every five minutes for so long."""
    with broker.work() as work:
        source = work.sources.by_code("shelf")
    for _ in range(round(hours * 12)):
        broker.source_health.note(Seen(source.id, state, ""))
        clock.at += STEP
    broker.source_health.note(Seen(source.id, state, ""))


def today(broker: Broker, clock: Turned) -> date:
    return clock.at.astimezone(broker.zone).date()


def whole(broker: Broker, clock: Turned, **more: object) -> Availability:
    day = today(broker, clock)
    question = Question(day - timedelta(days=1), day + timedelta(days=1), **more)  # type: ignore[arg-type]
    return broker.point_health.availability(ME, question).whole


def told(broker: Broker, login: str, city: City) -> list[tuple[str, dict[str, str | int]]]:
    found = broker.notices.page(city.caller(broker, login), unread=True, after=None, limit=20)
    return [(it.notice.kind, dict(it.notice.facts)) for it in found]


def test_who_stands_in_is_told_and_who_is_away_is_not(turned: Broker, clock: Turned, city: City) -> None:
    watched(turned, city, clock)
    turned.point_health.aim(ME, 950, department="jc", source=None)
    end = clock.at + timedelta(days=3)
    head = NewPerson("chief", "区长", "dh", PASSWORD, (("department_authorizer", "dh"),))
    chief = turned.accounts.add_person(ME, head).person.id
    with turned.work() as work:
        caller = caller_of(work, chief)
    turned.absences.note(caller, Leave(end, delegate="owner.jt"))
    turned.absences.note(city.caller(turned, "owner.cg"), Leave(end))
    answers(turned, clock, HealthState.ONLINE, 3)
    answers(turned, clock, HealthState.OFFLINE, 1)
    turned.point_settlement.tick()
    heard = {login for login in ("owner.cg", "owner.cg2", "owner.jt", "sysadmin") if told(turned, login, city)}
    assert heard == {"owner.cg2", "owner.jt", "sysadmin"}
    assert turned.notices.page(caller, unread=True, after=None, limit=20) == []


def test_a_day_of_a_source_is_the_day_of_its_points_and_low_ones_are_told_of_once(
    turned: Broker, clock: Turned, city: City
) -> None:
    cameras = watched(turned, city, clock)
    turned.point_health.aim(ME, 950, department="jc", source=None)
    answers(turned, clock, HealthState.ONLINE, 3)
    answers(turned, clock, HealthState.OFFLINE, 1)
    written = turned.point_settlement.tick()
    assert written is not None
    assert (written.sources, written.points) == (1, 0)  # not a row for any point
    assert turned.point_settlement.tick() is None  # it was just done
    day = today(turned, clock)
    hours = Availability(point_days=3, watched=3 * 4 * 3600, online=3 * 3 * 3600, intact=3 * 3 * 3600)
    assert whole(turned, clock) == hours
    assert hours.online_share == 0.75
    assert turned.point_health.days(ME, cameras[0].id, day, day + timedelta(days=1)) == [
        PointDay(day, 4 * 3600, 3 * 3600, 3 * 3600, None)
    ]
    low = {"percent": "75.0%", "target": "95.0%", "day": day.isoformat()}
    kinds = [("health.source_below", {**low, "source": "录像柜", "department": "东河区城市管理局"})]
    kinds += [("health.department_below", {**low, "department": name}) for name in ("东河区城市管理局",)]
    heard = told(turned, "owner.cg", city)
    assert sorted(heard, key=str) == sorted(kinds, key=str)
    assert len(told(turned, "sysadmin", city)) == 4  # the source, its department, the district and the city
    assert told(turned, "asker", city) == told(turned, "owner.jt", city) == []
    answers(turned, clock, HealthState.OFFLINE, 1)
    turned.point_settlement.tick()
    assert len(told(turned, "sysadmin", city)) == 4
    by = turned.point_health.availability(ME, Question(day, day + timedelta(days=1), by=By.DEPARTMENT))
    assert {code: it.online // 3600 for code, it in by.parts.items()} == {"dh-cg": 9}
    assert whole(turned, clock, department="dh") == whole(turned, clock, division="990102") != Availability()
    assert whole(turned, clock, department="xs") == whole(turned, clock, division="330102") == Availability()


def test_what_is_planned_for_the_year_holds_where_nothing_nearer_is_aimed_at(
    turned: Broker, clock: Turned, city: City
) -> None:
    watched(turned, city, clock)
    plan = NewTarget(today(turned, clock).year, "availability.online", 950, department="jc")
    turned.plan_targets.set(ME, plan)
    turned.point_health.aim(ME, 700, department="dh", source=None)
    answers(turned, clock, HealthState.ONLINE, 3)
    answers(turned, clock, HealthState.OFFLINE, 1)
    turned.point_settlement.tick()
    assert [facts["department"] for _, facts in told(turned, "sysadmin", city)] == ["锦川市"]


def test_planned_maintenance_does_not_count(turned: Broker, clock: Turned, city: City) -> None:
    cameras = watched(turned, city, clock)
    begin, hour = clock.at, timedelta(hours=1)
    plan = turned.maintenance.declare
    plan(ME, NewMaintenance(begin + hour, begin + 2 * hour, "换硬盘", source="shelf"))
    plan(ME, NewMaintenance(begin + 3 * hour, begin + 4 * hour, "清洁", camera=cameras[0].id))
    early = plan(ME, NewMaintenance(begin + 5 * hour, begin + 9 * hour, "停电", department="dh"))
    called_off = plan(ME, NewMaintenance(begin + hour, begin + 2 * hour, "不做了", department="jc"))
    turned.maintenance.end(ME, called_off.id)
    answers(turned, clock, HealthState.ONLINE, 1)
    answers(turned, clock, HealthState.OFFLINE, 1)  # while it is maintained
    answers(turned, clock, HealthState.ONLINE, 4)
    turned.maintenance.end(ME, early.id)  # at the end of the sixth hour
    answers(turned, clock, HealthState.ONLINE, 1)
    turned.point_settlement.tick()
    day = today(turned, clock)
    seen = [turned.point_health.days(ME, camera.id, day, day + timedelta(days=1))[0] for camera in cameras]
    assert [(it.watched // 3600, it.online // 3600) for it in seen] == [(4, 4), (5, 5), (5, 5)]
    assert whole(turned, clock).watched == 14 * 3600
    with pytest.raises(Invalid, match="maintenance-in-the-past"):
        plan(ME, NewMaintenance(begin, begin + hour, "补登", source="shelf"))
    with pytest.raises(Conflict, match="maintenance-over"):
        turned.maintenance.end(ME, early.id)
    with pytest.raises(Forbidden):
        plan(city.caller(turned, "owner.cg"), NewMaintenance(clock.at, clock.at + hour, "自己", source="shelf"))
    windows = turned.maintenance.page(city.caller(turned, "owner.cg"), past=True, after=None, limit=9)
    assert [it.reason for it in windows] == ["换硬盘", "清洁"]
    assert turned.maintenance.page(city.caller(turned, "owner.xs"), past=True, after=None, limit=9) == []


@pytest.mark.parametrize("seed", range(3))
def test_sums_are_what_counting_gives(turned: Broker, clock: Turned, city: City, engine: Engine, seed: int) -> None:
    """Each fifth minute of a day is asked of the spells, troubles and windows by themselves."""
    dice = Random(seed)  # noqa: S311  # made-up spells
    cameras = watched(turned, city, clock)
    span = day_span(today(turned, clock), turned.zone)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET ROLE NONE"))
        source = connection.execute(text("SELECT id FROM source")).scalar_one()
        spells = list(_spells(dice, span))
        for state, since, seen_at, until in spells:
            _insert(
                connection, "source_health", source_id=source, state=state, since=since, seen_at=seen_at, until=until
            )
        troubles = {camera.id: list(_troubles(dice, span)) for camera in cameras[1:]}
        for key, found in troubles.items():
            for state, since, seen_at, until in found:
                _insert(
                    connection, "point_health", camera_id=key, state=state, since=since, seen_at=seen_at, until=until
                )
    clock.at = span.end + timedelta(hours=1)
    turned.point_settlement.tick()
    clock.at += timedelta(days=1)
    turned.point_settlement.tick()
    expected = [_counted(span, spells, troubles.get(camera.id, [])) for camera in cameras]
    day = span.begin.astimezone(turned.zone).date()
    found_days = [turned.point_health.days(ME, camera.id, day, day + timedelta(days=1)) for camera in cameras]
    assert [[(it.watched, it.online, it.intact) for it in days] for days in found_days] == [[it] for it in expected]
    total = turned.point_health.availability(ME, Question(day, day + timedelta(days=1))).whole
    assert (total.watched, total.online, total.intact) == tuple(map(sum, zip(*expected, strict=True)))
    assert total.watched > total.online > total.intact > 0


Stay = tuple[str, datetime, datetime, datetime | None]


def _insert(connection: Connection, table: str, **values: object) -> None:
    names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)  # noqa: S608  # two tables


def _spells(dice: Random, span: TimeSpan) -> Iterator[Stay]:
    at = span.begin - dice.randrange(1, 9) * STEP
    while at < span.end + timedelta(hours=1):
        until = at + dice.randrange(3, 80) * STEP
        seen_at = until - dice.randrange(0, 6) * STEP  # sometimes nobody looked for long
        yield dice.choice(("online", "online", "offline", "faulty")), at, max(at, seen_at), until
        at = until


def _troubles(dice: Random, span: TimeSpan) -> Iterator[Stay]:
    at = span.begin + dice.randrange(0, 60) * STEP
    while at < span.end:
        until = at + dice.randrange(1, 90) * STEP
        seen_at = until - dice.randrange(0, 40) * STEP
        yield dice.choice(("offline", "silent", "black", "frozen")), at, max(at, seen_at), until
        at = until + dice.randrange(1, 30) * STEP


def _counted(span: TimeSpan, spells: list[Stay], troubles: list[Stay]) -> tuple[int, int, int]:
    """Count minute by minute; what is seen last speaks for some time after."""
    heard = AGAIN[-1] * (1 + JITTER)
    watched = online = intact = 0
    second = timedelta(seconds=12)
    at = span.begin
    while at < span.end:
        spell = next((it for it in spells if it[1] <= at < min(it[3] or at, it[2] + heard)), None)
        trouble = next((it for it in troubles if it[1] <= at < min(it[3] or at, it[2] + SPEAKS_FOR)), None)
        if spell:
            watched += 12
            if spell[0] == "online" and (trouble is None or trouble[0] in {"black", "frozen"}):
                online += 12
                intact += 0 if trouble else 12
        at += second
    return watched, online, intact


def test_who_may_read_what(turned: Broker, clock: Turned, city: City) -> None:
    cameras = watched(turned, city, clock)
    answers(turned, clock, HealthState.ONLINE, 1)
    turned.point_settlement.tick()
    day = today(turned, clock)
    question = Question(day, day + timedelta(days=1))
    reads = {
        login: turned.point_health.availability(city.caller(turned, login), question).whole.point_days
        for login in ("auditor", "center.dh", "center.jc", "owner.cg", "owner.jt", "center.xs", "sysadmin")
    }
    assert reads == {
        "auditor": 3, "center.dh": 3, "center.jc": 3, "owner.cg": 3, "owner.jt": 0, "center.xs": 0, "sysadmin": 3,
    }  # fmt: skip
    with pytest.raises(Unknown):
        turned.point_health.availability(
            city.caller(turned, "owner.cg"), Question(day, day + timedelta(days=1), department="xs-ga")
        )
    with pytest.raises(Forbidden):
        turned.point_health.availability(city.caller(turned, "asker"), question)
    assert turned.point_health.now(city.caller(turned, "asker"), cameras[0].id).source is HealthState.ONLINE
    with pytest.raises(Forbidden):
        turned.point_health.aim(city.caller(turned, "owner.cg"), 900, department="dh-cg", source=None)
    with pytest.raises(Unknown):
        turned.point_health.now(ME, UUID(int=7))  # type: ignore[arg-type]  # nobody's
    with turned.work() as work:
        assert work.persons.holders(Role.SYSTEM_ADMINISTRATOR, "/jc/dh/", work.now)
    assert datetime.now(UTC) > clock.at


def test_what_is_recorded_is_counted_once_a_day_however_often_it_is_told(
    turned: Broker, clock: Turned, city: City, engine: Engine
) -> None:
    cameras = watched(turned, city, clock)
    days = {date(2026, 2, 28): 80_000, date(2026, 3, 1): 0}
    length = dict.fromkeys(days, 86_400)
    permit_of = turned.policy.require
    for told_now in (days, {date(2026, 3, 1): 86_401}, {date(2026, 2, 28): 70_000}):
        with turned.work() as work:
            work.point_recordings.keep({cameras[0].id: told_now, UUID(int=9): told_now}, length)  # type: ignore[dict-item]
            work.commit(permit_of(ME, "source:list", ME.roles(work.now)))
    found = turned.point_health.availability(ME, Question(date(2026, 2, 1), date(2026, 4, 1))).whole
    assert (found.asked, found.recorded) == (2 * 86_400, 70_000 + 86_400)
    told_days = turned.point_health.days(ME, cameras[0].id, date(2026, 2, 1), date(2026, 4, 1))
    assert [(it.day, it.recorded) for it in told_days] == [(date(2026, 2, 28), 70_000), (date(2026, 3, 1), 86_400)]
    town = Question(date(2026, 2, 1), date(2026, 4, 1), division="990102001")
    assert turned.point_health.availability(ME, town).whole == Availability()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM point_recorded")).scalar() == 2
