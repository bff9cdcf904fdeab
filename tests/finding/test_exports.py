"""Exports tell forty viewers of exactly the points that they can get, and of each what they may read of it."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import update

from broker.bootstrap import Broker, operator
from broker.domain.catalog.coordinates import System
from broker.domain.catalog.visibility import EVERYBODY, Viewer
from broker.domain.errors import Forbidden, Unknown
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller
from storage.db.tables import camera
from tests.city import City

ME = operator("tests")


def taken(broker: Broker, caller: Caller, list_format: str = "json", **which: Any) -> str:
    asked = {"owner": None, "division": None, "coordinates": System.WGS84} | which
    return b"".join(broker.catalog_exports.export(caller, list_format, **asked).chunks).decode("utf-8-sig")


@pytest.fixture
def reachable(broker: Broker, points: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give every point an address and a note; return their rows by key."""
    with broker.work() as work:
        permit = broker.policy.require(ME, "camera:import", ME.roles(work.now))
        work.audit.append(permit, (Entry("catalogue/tests", "catalogue:imported", {}),))
        told = {"record": {"ip_address": "10.0.0.9", "ptz_type": "1"}, "extra": {"备注": "内部"}, "version": 2}
        work._open.execute(update(camera).where(camera.c.stream == "catalogue/tests").values(**told))
        work.commit(permit)
    return {row["external_key"]: row for row in points}


def test_forty_viewers_export_what_they_can_get(
    broker: Broker, city: City, reachable: dict[str, Any], viewers: Sequence[Caller]
) -> None:
    paths = {it.id: it.path for it in city.departments.values()}
    differing = set()
    for number, caller in enumerate(viewers):
        with broker.work() as work:
            viewer = Viewer.of(caller, work.now)
            seen = work.cameras.load_many([row["id"] for row in reachable.values()], viewer)
        try:
            told = {row["external_key"]: row for row in json.loads(taken(broker, caller)) if "external_key" in row}
        except Forbidden:
            with pytest.raises(Forbidden):
                broker.catalog.read(caller, next(iter(reachable.values()))["id"])
            continue
        assert told.keys() == {it.external_key for it in seen.values()}
        for key, row in list(reachable.items())[number::150]:
            if key in told:
                assert told[key]["name"] == broker.catalog.read(caller, row["id"]).name
            else:
                with pytest.raises(Unknown):
                    broker.catalog.read(caller, row["id"])
        near = {key for key in told if viewer.reaches(paths[reachable[key]["owner_id"]])}
        assert {key for key, row in told.items() if "ip_address" in row} == near
        assert {key for key, row in told.items() if "extra" in row} == near
        assert all(row["ptz_type"] == "1" for row in told.values())
        owner = city.departments["dh-cg"]
        rows = csv.DictReader(io.StringIO(taken(broker, caller, "csv", owner=owner.code, division="990102")))
        wanted = {it.external_key for it in seen.values() if it.owner_id == owner.id and it.division == "990102"}
        assert {row["external_id"] for row in rows if row["external_id"]} == wanted
        differing.add(frozenset(told))
    assert len(differing) > 8, "the viewers see different things"


def test_an_export_of_all_holds_all(broker: Broker, reachable: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.services.catalog.catalog_exports.PAGE", 7)  # pages end, also behind what is not shown
    told = json.loads(taken(broker, ME))
    with broker.work() as work:
        assert len(told) == len(work.cameras.page(viewer=EVERYBODY, limit=5000))
    assert {row["external_key"] for row in told if "external_key" in row} == reachable.keys()
