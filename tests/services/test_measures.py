"""The four measures on the real database: parts and wholes that can be counted by hand, within reach, over months."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, text

from broker.bootstrap import Broker, operator
from broker.domain.errors import Forbidden, Invalid, Unknown
from broker.domain.oversight.measures import By, Figure, Line
from broker.services.oversight.measures import Question, Report
from broker.services.oversight.plan_targets import NewTarget
from broker.services.sources.sources import NewSource
from tests.city import City
from tests.clock import Turned
from tests.services.test_statistics import run_through

ME = operator("tests")


def today(broker: Broker) -> date:
    return broker.clock.now().astimezone(broker.zone).date()


def month_of(broker: Broker, by: By = By.NOTHING, **more: object) -> Question:
    day = today(broker)
    return Question(day - timedelta(days=10), day + timedelta(days=1), by=by, **more)  # type: ignore[arg-type]


def told(line: Line, *keys: str) -> list[tuple[int | None, int | None]]:
    return [(line[key].part, line[key].whole) for key in keys]


def points(broker: Broker, change: str) -> None:
    """Change points as the program may not: without events."""
    with psycopg.connect(broker.database_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(sql.SQL(change))


def test_coverage_and_sharing_count_points(broker: Broker, city: City) -> None:
    points(broker, "UPDATE camera SET division = '330106', point_class = 3 WHERE gb_code LIKE '%000001'")
    points(broker, "UPDATE camera SET division = '330105001', point_class = 1 WHERE gb_code LIKE '%000002'")
    points(broker, "UPDATE camera SET visibility = 'internal' WHERE gb_code LIKE '%000006'")
    points(broker, "UPDATE camera SET lifecycle = 'removed' WHERE gb_code LIKE '%000007'")
    found = broker.measures.read(city.caller(broker, "auditor"), month_of(broker, By.DEPARTMENT))
    assert told(found.whole, "coverage.records", "sharing.points", "sharing.connected") == [(1, 6), (5, 6), (0, 6)]
    assert found.whole["sharing.connected"].reached is False
    assert {line.code: told(line, "coverage.records")[0] for line in found.lines} == {
        "dh-cg": (1, 3), "dh-jt": (0, 2), "xs-ga": (0, 1)
    }  # fmt: skip
    by_district = broker.measures.read(city.caller(broker, "auditor"), month_of(broker, By.DISTRICT))
    assert {line.name: told(line, "coverage.records")[0][1] for line in by_district.lines} == {
        "990102": 3, "990103": 1, "西湖区": 1, "拱墅区": 1
    }  # fmt: skip
    inside = broker.measures.read(city.caller(broker, "auditor"), month_of(broker, division="3301"))
    assert told(inside.whole, "coverage.records", "coverage.divisions") == [(1, 2), (2, 13)]
    assert inside.whole.name == "杭州市"


def test_cases_are_counted_and_few_are_withheld(broker: Broker, city: City) -> None:
    run_through(broker, city, cases=12, refused=2)
    question = month_of(broker)
    found = broker.measures.read(city.caller(broker, "auditor"), question).whole
    assert told(found, "sharing.across", "sharing.authorized") == [(12, 12), (10, 36)]
    assert told(found, "control.on_time", "control.overdue") == [(24, 24), (0, 24)]
    assert told(found, "sharing.served") == [(1, 6)]  # of six departments the one that asked
    assert found["availability.retrievals"] == Figure("availability.retrievals", None, None)
    owner = broker.measures.read(city.caller(broker, "owner.cg"), question).whole
    assert told(owner, "sharing.authorized", "control.on_time") == [(10, 36), (12, 12)]
    assert found["control.emergencies"].withheld is False
    center = broker.measures.read(city.caller(broker, "center.xs"), question).whole
    assert told(center, "sharing.across", "control.on_time") == [(None, None), (None, None)]


def test_few_cases_are_not_told(broker: Broker, city: City) -> None:
    run_through(broker, city, cases=3, refused=0)
    found = broker.measures.read(city.caller(broker, "auditor"), month_of(broker)).whole
    assert found["sharing.across"].withheld
    assert found["sharing.across"].part is None
    assert found["sharing.authorized"].withheld
    assert told(found, "sharing.points") == [(7, 7)]


def test_what_was_not_decided_in_time(turned: Broker, city: City, clock: Turned) -> None:
    run_through(turned, city, cases=11, refused=0)
    clock.at += timedelta(days=30)
    turned.deadlines.tick()
    day = today(turned)
    question = Question(day - timedelta(days=60), day + timedelta(days=1))
    found = turned.measures.read(city.caller(turned, "auditor"), question).whole
    # the center and one owner decided in time; the other owner never did
    assert told(found, "control.on_time", "control.overdue") == [(22, 33), (11, 33)]


def health(connection: Connection, owner: str, day: date, watched: int, online: int) -> None:
    connection.execute(
        text("""INSERT INTO health_day (day, owner_id, division, points, watched, online, intact, asked, recorded)
            SELECT :day, id, '330106', 1, :watched, :online, :online, 86400, 43200 FROM department
            WHERE code = :owner"""),
        {"day": day, "owner": owner, "watched": watched, "online": online},
    )
    connection.commit()


def test_availability_is_added_up_over_days_and_by_month(broker: Broker, city: City, connection: Connection) -> None:
    for day, online in ((date(2026, 1, 31), 86400), (date(2026, 2, 1), 0), (date(2026, 2, 28), 43200)):
        health(connection, "dh-cg", day, 86400, online)
    health(connection, "xs-ga", date(2026, 2, 3), 86400, 86400)
    question = Question(date(2026, 1, 1), date(2026, 3, 1), by=By.MONTH)
    found = broker.measures.read(city.caller(broker, "auditor"), question)
    assert told(found.whole, "availability.online") == [(216_000, 345_600)]
    assert [(line.code, *told(line, "availability.online")) for line in found.lines] == [
        ("2026-01", (86_400, 86_400)), ("2026-02", (129_600, 259_200))
    ]  # fmt: skip
    assert found.whole["availability.intact"].reached is False
    own = broker.measures.read(city.caller(broker, "owner.cg"), question)
    assert told(own.whole, "availability.online", "availability.recorded") == [
        (129_600, 259_200), (129_600, 259_200)
    ]  # fmt: skip
    assert told(found.whole, "sharing.points") == [(None, None)]  # nobody counted the catalogue then


def test_the_catalogue_of_a_day_is_kept(turned: Broker, city: City, clock: Turned) -> None:
    clock.at = datetime(2026, 3, 1, 0, 5, tzinfo=UTC)
    turned.measures.tick()
    points(turned, "UPDATE camera SET visibility = 'internal'")
    turned.measures.tick()  # the second time of a day changes nothing
    clock.at = datetime(2026, 4, 2, 0, 5, tzinfo=UTC)
    auditor = city.caller(turned, "auditor")
    before = turned.measures.read(auditor, Question(date(2026, 2, 1), date(2026, 3, 1)))
    assert (before.counted, *told(before.whole, "sharing.points")) == (date(2026, 3, 1), (7, 7))
    now = turned.measures.read(auditor, Question(date(2026, 2, 1), date(2026, 4, 3), by=By.MONTH))
    assert (now.counted, *told(now.whole, "sharing.points")) == (None, (0, 7))
    assert [told(line, "sharing.points")[0] for line in now.lines] == [(7, 7), (None, None), (0, 7)]


def test_plans_are_set_changed_and_taken_back(broker: Broker, city: City) -> None:
    year, me = today(broker).year, operator("tests")
    auditor = city.caller(broker, "auditor")

    def plan(question: Question) -> Figure:
        return broker.measures.read(auditor, question).whole["coverage.plan"]

    assert plan(month_of(broker)) == Figure("coverage.plan", None, None)
    broker.plan_targets.set(me, NewTarget(year, "coverage.plan", 10, department="dh"))
    assert (plan(month_of(broker)).part, plan(month_of(broker)).whole) == (5, 10)  # what has no plan is left out
    broker.plan_targets.set(me, NewTarget(year, "coverage.plan", 8, department="dh-cg"))
    assert plan(month_of(broker)).whole == 10  # a plan within a plan is no second one
    assert plan(month_of(broker, department="dh-cg")).whole == 8
    broker.plan_targets.set(me, NewTarget(year, "coverage.plan", None, department="dh"))
    assert (plan(month_of(broker)).part, plan(month_of(broker)).whole) == (3, 8)
    broker.plan_targets.set(me, NewTarget(year, "sharing.points", 950, department="jc"))
    found = broker.measures.read(auditor, month_of(broker, department="dh-cg")).whole["sharing.points"]
    assert (found.target, found.reached) == (950, True)
    broker.plan_targets.set(me, NewTarget(year, "coverage.plan", 5, division="3301"))
    assert {it.value for it in broker.plan_targets.page(auditor, year, after=None, limit=10)} == {8, 950, 5}
    own = broker.plan_targets.page(city.caller(broker, "owner.xs"), year, after=None, limit=10)
    assert {it.division for it in own} == {"330100"}
    _, event = broker.audit.page(auditor, case=None, kind="plan:set", after=0, limit=10)[-1]
    assert event.data["division"] == "330100"


@pytest.mark.parametrize(
    ("new", "slug"),
    [
        (NewTarget(2026, "coverage.everything", 1, department="dh"), "plan-indicator"),
        (NewTarget(2026, "coverage.plan", 1), "plan-place"),
        (NewTarget(2026, "coverage.plan", 1, "dh", "33"), "plan-place"),
        (NewTarget(2026, "sharing.points", 1001, "dh"), "plan-value"),
        (NewTarget(2026, "coverage.plan", -1, "dh"), "plan-value"),
        (NewTarget(1999, "coverage.plan", 1, "dh"), "plan-year"),
        (NewTarget(2026, "coverage.plan", 1, None, "33x"), "division-malformed"),
    ],
)
def test_plans_that_cannot_be(new: NewTarget, slug: str, broker: Broker) -> None:
    with pytest.raises(Invalid, match=slug):
        broker.plan_targets.set(operator("tests"), new)


def test_who_may_read_and_plan(broker: Broker, city: City) -> None:
    with pytest.raises(Forbidden):
        broker.measures.read(city.caller(broker, "asker"), month_of(broker))
    with pytest.raises(Unknown, match="unknown-department"):
        broker.measures.read(city.caller(broker, "owner.cg"), month_of(broker, department="xs-ga"))
    with pytest.raises(Unknown, match="unknown-department"):
        broker.measures.read(city.caller(broker, "owner.cg"), month_of(broker, department="nowhere"))
    for login in ("auditor", "center.jc", "owner.cg"):
        with pytest.raises(Forbidden):
            broker.plan_targets.set(city.caller(broker, login), NewTarget(2026, "coverage.plan", 1, "dh"))
    center = broker.measures.read(city.caller(broker, "center.dh"), month_of(broker, By.DEPARTMENT))
    assert [line.code for line in center.lines] == ["dh-cg", "dh-jt"]


def test_a_period_has_two_ends(broker: Broker, city: City) -> None:
    auditor, day = city.caller(broker, "auditor"), today(broker)
    for first, division, slug in (
        (day, None, "period-empty"), (day - timedelta(days=2000), None, "period-too-long"),
        (day - timedelta(days=1), "3301061", "division-malformed"),
    ):  # fmt: skip
        with pytest.raises(Invalid, match=slug):
            broker.measures.read(auditor, Question(first, day, division=division))


def test_lists_of_towns_do_not_change_what_a_county_is(broker: Broker, city: City) -> None:
    def counties() -> int | None:
        return broker.measures.read(auditor, month_of(broker, division="3301")).whole["coverage.divisions"].whole

    auditor = city.caller(broker, "auditor")
    before: Report = broker.measures.read(auditor, month_of(broker))
    assert before.whole["coverage.divisions"].whole is None  # the city of the tests lies nowhere
    broker.divisions.import_file(operator("tests"), BytesIO(b"code,name\n330106001,A\n"), "towns.csv")
    assert counties() is None  # no points there


TOWNS = "code,name\n330106001,北山街道\n330106002,西溪街道\n330106003,灵隐街道\n330106001001,宝石社区\n"


@pytest.fixture
def towns(broker: Broker) -> None:
    """Points of two towns and of a county, a village among them, and the list of towns."""
    broker.divisions.import_file(ME, BytesIO(TOWNS.encode()), "towns.csv")
    for code, division in (
        ("1", "330106001"), ("2", "330106001001"), ("3", "330106002000"), ("4", "33010601"), ("5", "330106"),
        ("6", "330105001"),
    ):  # fmt: skip
        change = "UPDATE camera SET division = '{}', point_class = 3 WHERE gb_code LIKE '%00000{}'"
        points(broker, change.format(division, code))


@pytest.mark.usefixtures("towns")
def test_towns_and_villages_have_their_own_figures(broker: Broker, city: City) -> None:
    auditor = city.caller(broker, "auditor")
    of_county = broker.measures.read(auditor, month_of(broker, By.CHILDREN, division="330106"))
    assert told(of_county.whole, "coverage.records", "coverage.divisions") == [(5, 5), (1, 1)]
    rows = {line.code: told(line, "coverage.records", "coverage.divisions") for line in of_county.lines}
    assert rows == {
        "330106": [(2, 2), (None, None)],  # what lies in no town
        "330106001": [(2, 2), (1, 1)],
        "330106002": [(1, 1), (1, 1)],
    }
    assert {line.name for line in of_county.lines} == {"西湖区", "北山街道", "西溪街道"}
    town = broker.measures.read(auditor, month_of(broker, By.CHILDREN, division="330106001"))
    assert (town.whole.name, told(town.whole, "coverage.records")) == ("北山街道", [(2, 2)])
    assert {line.code: told(line, "sharing.points") for line in town.lines} == {
        "330106001": [(1, 1)], "330106001001": [(1, 1)]
    }  # fmt: skip
    village = broker.measures.read(auditor, month_of(broker, By.CHILDREN, division="330106001001"))
    assert told(village.whole, "coverage.records", "coverage.divisions") == [(1, 1), (1, 1)]
    assert [line.code for line in village.lines] == ["330106001001"]
    above = [
        {line.code for line in broker.measures.read(auditor, month_of(broker, By.CHILDREN, division=code)).lines}
        for code in ("33", "3301")
    ]
    assert above == [{"330100"}, {"330105", "330106"}]


@pytest.mark.usefixtures("towns")
def test_a_town_is_asked_about_by_department_and_month(broker: Broker, city: City) -> None:
    owner = city.caller(broker, "owner.cg")
    found = broker.measures.read(owner, month_of(broker, By.DEPARTMENT, division="330106001"))
    assert [(line.code, *told(line, "coverage.records")) for line in found.lines] == [("dh-cg", (2, 2))]
    day = today(broker)
    over = Question(day - timedelta(days=60), day - timedelta(days=20), division="330106001", by=By.MONTH)
    past = broker.measures.read(owner, over)
    assert told(past.whole, "coverage.records") == [(None, None)]  # no day of a town is kept
    assert past.counted is None


@pytest.mark.usefixtures("towns")
def test_plans_of_towns_count_where_towns_are_told_apart(broker: Broker, city: City) -> None:
    day = today(broker)
    broker.plan_targets.set(ME, NewTarget(day.year, "coverage.plan", 8, None, "330106001"))
    auditor = city.caller(broker, "auditor")
    assert told(broker.measures.read(auditor, month_of(broker, division="330106001")).whole, "coverage.plan") == [
        (2, 8)
    ]
    county = broker.measures.read(auditor, month_of(broker, By.CHILDREN, division="330106"))
    assert told(county.whole, "coverage.plan") == [(None, None)]
    assert {line.code: told(line, "coverage.plan")[0] for line in county.lines}["330106001"] == (2, 8)


@pytest.mark.usefixtures("towns")
def test_the_days_of_a_town_are_those_of_its_points(broker: Broker, city: City, connection: Connection) -> None:
    """As `xueliang point availability` adds them up, point by point."""
    day = today(broker)
    first, second, third = city.cameras_of("dh-cg")
    broker.sources.add(ME, NewSource("nvr", "录像机", "synthetic", {"channels": {"a": "a"}}, "dh-cg", 2))
    for camera, since in ((first, 9), (second, 3), (third, 9)):
        connection.execute(
            text("""INSERT INTO point_watch (camera_id, source_id, owner_id, division, since, next_at)
                SELECT :camera, s.id, s.department_id, '330106', :since, now() FROM source s"""),
            {"camera": camera.id, "since": day - timedelta(days=since)},
        )
    for ago in range(1, 8):
        facts = {"day": day - timedelta(days=ago)}
        connection.execute(text("INSERT INTO source_day SELECT id, :day, 86400, 80000 FROM source"), facts)
    bad = day - timedelta(days=2)
    gone = {"camera": first.id, "day": bad}
    connection.execute(text("INSERT INTO point_day VALUES (:camera, :day, 86000, 40000, 30000)"), gone)
    month = {"camera": second.id, "month": bad.replace(day=1), "seconds": [43200] + [None] * 30}
    connection.execute(text("INSERT INTO point_recorded VALUES (:camera, :month, :seconds)"), month)
    connection.commit()
    begin, end = bad.replace(day=1) - timedelta(days=8), day + timedelta(days=1)
    auditor = city.caller(broker, "auditor")
    for code in ("330106001", "330106001001", "330106002"):
        asked = Question(begin, end, division=code)
        whole = broker.measures.read(auditor, asked).whole
        with broker.work() as work:
            one_by_one = work.point_days.availability(begin, end, division=code)
        expected = [(one_by_one.online, one_by_one.watched), (one_by_one.intact, one_by_one.watched)]
        assert told(whole, "availability.online", "availability.intact") == expected
        if one_by_one.asked:
            assert told(whole, "availability.recorded") == [(one_by_one.recorded, one_by_one.asked)]
        assert one_by_one.watched > 0
    split = broker.measures.read(auditor, Question(begin, end, division="330106", by=By.CHILDREN))
    assert {line.code for line in split.lines if line["availability.online"].whole} == {"330106001", "330106002"}
