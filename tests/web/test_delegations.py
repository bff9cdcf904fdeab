"""Standing in and being away, over HTTP."""

from datetime import UTC, datetime, timedelta

from broker.bootstrap import Broker, operator
from broker.services.people.accounts import NewPerson
from tests.city import PASSWORD, City
from tests.web.door import Door, bad
from tests.web.steps import approved, item_of

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
LEND = {"delegate": "owner.cg", "role": "department_authorizer", "end": SOON.isoformat(), "reason": "外出培训"}


def with_a_chief(broker: Broker) -> None:
    """Add somebody who may authorize for the whole district."""
    new = NewPerson("chief", "区长", "dh", PASSWORD, (("department_authorizer", "dh"),))
    broker.accounts.add_person(operator("tests"), new)


def test_a_role_is_lent_used_listed_and_taken_back(broker: Broker, door: Door, city: City) -> None:
    with_a_chief(broker)
    item = item_of(approved(door, city), "dh-jt")
    place = f"/request-items/{item['id']}/refuse"
    bad(door["owner.cg"].send("POST", place, {"revision": 1, "reason": "x"}), 404, "unknown-request-item")
    lent = door["chief"].post("/me/delegations", LEND)
    assert (lent["lender"]["login"], lent["delegate"]["login"]) == ("chief", "owner.cg")
    assert (lent["department"]["code"], lent["works"], lent["ended_at"]) == ("dh", True, None)
    assert datetime.fromisoformat(lent["end"]) == SOON
    for login, path in (("owner.cg", "/me/delegations"), ("auditor", "/delegations"), ("secadmin", "/delegations")):
        assert door[login].get(path, over="false")["items"] == [lent], login
    assert door["auditor"].get("/me/delegations")["items"] == []
    assert door["owner.jt"].get("/delegations")["items"] == []
    assert [each["id"] for each in door["owner.cg"].get("/request-items")["items"]] != []
    assert door["owner.cg"].post(place, {"revision": 1, "reason": "与案情无关"})
    bad(door["owner.cg"].send("DELETE", f"/delegations/{lent['id']}"), 403, "not-allowed")
    bad(door["owner.jt"].send("DELETE", f"/delegations/{lent['id']}"), 404, "unknown-delegation")
    ended = door["chief"].send("DELETE", f"/delegations/{lent['id']}").json()
    assert (ended["id"], ended["works"]) == (lent["id"], False)
    assert ended["ended_at"]
    assert door["owner.cg"].get("/me/delegations", over="true")["items"] == [ended]
    bad(door["secadmin"].send("DELETE", f"/delegations/{lent['id']}"), 409, "delegation-over")


def test_a_delegate_without_the_role_is_refused_with_the_place(broker: Broker, door: Door) -> None:
    with_a_chief(broker)
    problem = bad(
        door["chief"].send("POST", "/me/delegations", {**LEND, "delegate": "asker"}), 422, "delegate-without-role"
    )
    assert problem["pointer"] == "/delegate"
    assert problem["facts"]["person"] == "asker"
    assert "Nothing was changed" in problem["detail"]
    assert door["chief"].get("/me/delegations")["items"] == []
    bad(door["asker"].send("POST", "/me/delegations", LEND), 403, "not-allowed")
    for field, value in (("role", "king"), ("end", "2026-12-01"), ("reason", " "), ("delegate", ""), ("more", 1)):
        wrong = bad(door["chief"].send("POST", "/me/delegations", {**LEND, field: value}), 422, "request-invalid")
        assert wrong["pointer"] == f"/{field}"


def test_an_absence_is_noted_listed_and_ended(door: Door, city: City) -> None:
    away = {"end": SOON.isoformat(), "note": "休假", "delegate": "owner.cg2"}
    noted = door["owner.cg"].post("/me/absences", away)
    (delegation,) = noted.pop("delegations")
    assert (noted["person"]["login"], noted["note"]) == ("owner.cg", "休假")
    assert [each["id"] for each in door["owner.cg2"].get("/me/delegations")["items"]] == [delegation]
    assert door["owner.cg"].get("/me/absences")["items"] == [noted]
    assert door["secadmin"].get("/absences", over="false")["items"] == [noted]
    assert door["owner.cg2"].get("/absences")["items"] == []
    bad(door["owner.cg"].send("POST", "/me/absences", away), 409, "absence-overlaps")
    bad(door["owner.cg2"].send("DELETE", f"/absences/{noted['id']}"), 404, "unknown-absence")
    assert door["owner.cg"].send("DELETE", f"/absences/{noted['id']}").json()["ended_at"]
    other = door["secadmin"].post(f"/persons/{city.persons['owner.jt']}/absences", {"end": SOON.isoformat()})
    assert (other["person"]["login"], other["delegations"]) == ("owner.jt", [])
    place = f"/persons/{city.persons['owner.jt']}/absences"
    bad(door["auditor"].send("POST", place, {"end": SOON.isoformat()}), 403, "not-allowed")
