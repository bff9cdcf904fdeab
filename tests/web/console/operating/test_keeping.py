"""Health, maintenance and holds at the console: read by reach, planned, aimed at, set and lifted."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from broker.bootstrap import Broker, operator
from broker.services.sources.sources import NewSource
from storage.db.requests.access_requests import EVERYTHING
from tests.city import City
from tests.services.looks import made_ready
from tests.web.console.conftest import Enter
from tests.web.console.operating.lists import place
from tests.web.door import Door
from tests.web.three_servers import House

DAY = date(2026, 10, 5)  # a Monday


def seen(broker: Broker, city: City, source: str) -> None:
    """Write down ten days of two departments: one well, one that fell below target on the last of them."""
    with broker.engine.begin() as connection:
        for code, online in (("dh-cg", 86_000), ("xs-ga", 60_000)):
            for number in range(10):
                connection.execute(
                    text(
                        "INSERT INTO health_day (day, owner_id, division, points, watched, online, intact, asked,"
                        " recorded) VALUES (:day, :owner, '990102', 1, 86400, :online, :online, 0, 0)"
                    ),
                    {"day": DAY + timedelta(days=number), "owner": city.departments[code].id, "online": online},
                )
        for subject, kept in ((city.departments["xs-ga"].id, 60_000), (source, 50_000)):
            connection.execute(
                text(
                    "INSERT INTO health_alert (subject, day, at, watched, online, per_mille)"
                    " VALUES (:subject, :day, now(), 86400, :online, 950)"
                ),
                {"subject": subject, "day": DAY + timedelta(days=9), "online": kept},
            )


def test_availability_is_a_table_of_heat_by_reach(enter: Enter, broker: Broker, city: City) -> None:
    options = {"channels": {"a": "甲"}}
    source = broker.sources.add(operator("tests"), NewSource("gate", "大门", "synthetic", options, "dh-cg", 1))
    seen(broker, city, str(source.id))
    span = f"?from={DAY}&to={DAY + timedelta(days=9)}"
    page = enter("auditor").get(f"/health{span}")
    classes = [given.get("class", "") for tag, given in page.tags if tag == "td"]
    assert classes.count("figure heat-5") == 10
    assert classes.count("figure heat-1") == 10
    assert "69.4" in page.text
    assert page.links.count("/sources/gate") == 1
    own = enter("owner.cg").get(f"/health{span}")
    assert "99.5" in own.text
    assert "69.4" not in own.text, "another department's"
    assert "西山区公安分局" not in own.answer.text.partition("<datalist")[0]
    months = enter("sysadmin").get("/health?from=2026-06-01&to=2026-12-01&by=division")
    assert "2026-10" in months.text
    for empty in ("/health?from=&to=&department=&division=", "/health/troubles?state=", "/imports?state="):
        assert enter("sysadmin").get(empty).status == 200, "a form sends what was left empty too"
    for wrong in ("?from=2026-10-05&to=2026-10-01", "?department=nowhere", "?division=9"):
        refused = enter("sysadmin").get(f"/health{wrong}")
        assert (refused.status, refused.has_form("/health")) == (422, True), wrong
    assert enter("asker").get("/health").status == 403


def test_targets_and_maintenance(enter: Enter, plain_door: Door) -> None:
    keeper = enter("sysadmin")
    assert keeper.press(keeper.get("/health"), "/health/targets", per_mille="950").status == 422
    aimed = keeper.press(keeper.get("/health"), "/health/targets", per_mille="950", department="dh")
    assert "The target is set." in aimed.text
    assert plain_door["auditor"].get("/points/targets")["items"][0]["per_mille"] == 950

    begins = datetime.now(UTC) + timedelta(days=2)
    ends = begins + timedelta(hours=3)
    when = {"begins": f"{begins:%Y-%m-%dT%H:%M:%S}", "ends": f"{ends:%Y-%m-%dT%H:%M:%S}", "reason": "更换硬盘"}
    page = keeper.get("/maintenance?department=dh-cg")
    assert ("department", "dh-cg") in page.form("/maintenance").fields
    both = keeper.press(page, "/maintenance", source="gate", **when)
    assert both.status == 422
    assert ("reason", "更换硬盘") in both.form("/maintenance").fields
    early = keeper.press(page, "/maintenance", **{**when, "begins": "2026-01-01T00:00:00"})
    assert early.status == 422
    planned = keeper.press(page, "/maintenance", **when)
    assert "东河区城市管理局" in planned.text
    owner = enter("owner.cg")
    assert "更换硬盘" in owner.get("/maintenance").text
    assert not owner.get("/maintenance").has_form("/maintenance")
    assert "更换硬盘" not in enter("owner.jt").get("/maintenance").text
    (end,) = [form.action for form in planned.forms if form.action.endswith("/end")]
    assert "The maintenance has ended." in keeper.press(planned, end).text


def test_a_hold_is_set_read_and_lifted(enter: Enter, broker: Broker, city: City) -> None:
    house = House(broker, city)
    grant = house.grant()
    result = made_ready(broker, house.order(grant))
    center, here = enter("center.dh"), f"/holds/on-request/{grant.request_id}"
    with broker.work() as work:
        number = work.access_requests.load(grant.request_id, EVERYTHING).number
    assert place(center.press(center.get("/holds"), "/holds/find", number=number)) == here
    unknown = center.press(center.get("/holds"), "/holds/find", number="XL2026-999999")
    assert (unknown.status, ("number", "XL2026-999999") in unknown.form("/holds/find").fields) == (422, True)
    until = datetime.now(UTC) + timedelta(days=30)
    late = center.press(center.get(here), here, reason="行政复议期间", until="2035-01-01T00:00:00")
    assert late.status == 422
    assert ("reason", "行政复议期间") in late.form(here).fields
    listed = center.press(late, here, until=f"{until:%Y-%m-%dT%H:%M:%S}")
    assert "行政复议期间" in listed.text
    (hold,) = {link for link in listed.links if link.startswith("/holds/")}
    auditor = enter("auditor")
    assert "人员center.dh" in auditor.get(hold).text
    assert not auditor.get(hold).has_form(f"{hold}/lift")
    assert enter("owner.jt").get(hold).status == 404
    assert enter("looker").get("/holds").status == 403
    assert enter("stranger").get(here).status == 404
    assert enter("owner.jt").get(here).status == 404
    page = center.get(hold)
    assert center.press(page, f"{hold}/lift", reason="").status == 422
    assert "The hold is lifted." in center.press(page, f"{hold}/lift", reason="已结案").text
    assert hold not in center.get("/holds").links
    assert hold in center.get("/holds?ended=true").links
    alone = f"/holds/on-result/{result.id}"
    told = {"reason": "复核", "until": f"{until:%Y-%m-%dT%H:%M:%S}"}
    assert "one result" in center.press(center.get(alone), alone, **told).text
    assert auditor.get(alone).status == 403
    sealed = center.get(f"/escrow/{grant.request_id}")
    assert "Nothing is sealed for this request." in sealed.text
    assert enter("stranger").get(f"/escrow/{grant.request_id}").status == 404
