"""The four measures on the real database: parts and wholes that can be counted by hand, within reach, over months."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, text

from broker.bootstrap import Broker, operator
from broker.domain.errors import Forbidden, Invalid, Unknown
from broker.domain.measures import By, Figure, Line
from broker.services.measures import Question, Report
from broker.services.plan_targets import NewTarget
from tests.city import City
from tests.clock import Turned
from tests.services.test_statistics import run_through


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
        (day - timedelta(days=1), "330106001", "measures-division"),
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
