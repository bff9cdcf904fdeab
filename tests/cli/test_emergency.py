"""Emergency access and the inbox on the command line."""

import time
from datetime import UTC, datetime, timedelta

import pyotp

from broker.bootstrap import Broker, operator
from tests.city import PASSWORD, City
from tests.cli.conftest import Desk


def test_open_ratify_and_the_inbox(desk: Desk, broker: Broker, city: City, url: str) -> None:
    assert url
    broker.accounts.assign(operator("tests"), city.persons["looker"], "emergency_investigator", "dh-hb")
    camera = city.cameras_of("dh-cg")[0]
    end = datetime.now(UTC).replace(microsecond=0)
    order = [
        "emergency", "open", "--basis", "public-safety", "--matter", "missing", "--case", "110202611210001",
        "--reason", "老人走失，需立即确认去向", "--camera", camera.gb_code or "",
        "--from", (end - timedelta(hours=1)).isoformat(), "--to", end.isoformat(), "--minutes", "30",
    ]  # fmt: skip
    refused = desk("looker", *order)
    assert refused.code != 0
    assert "second factor" in refused.err
    _enrol(broker, city, desk)
    opened = desk.json("looker", *order)
    number = opened["request"]["number"]
    assert [grant["state"] for grant in opened["grants"]] == ["ACTIVE"]
    assert desk("looker", "inbox").out.strip().count("\n") <= 1
    rows = desk.json("center.dh", "inbox")
    assert [(row["act"], row["number"]) for row in rows] == [("ratify", number)]
    page = desk("center.dh", "inbox")
    assert "ratify the emergency" in page.out
    assert number in page.out
    vetoed = desk.json("owner.cg", "emergency", "veto", number, "--reason", "涉及办案场所")
    assert [item["state"] for item in vetoed["items"]] == ["REFUSED"]
    ratified = desk.json("center.dh", "emergency", "ratify", number, "--comment", "情况属实")
    assert ratified["state"] == "DECIDED"
    ended = desk("center.dh2", "emergency", "disavow", number, "--reason", "x")
    assert ended.code != 0
    shown = desk("looker", "request", "show", number)
    assert "state" in shown.out.lower()
    assert desk.json("center.dh", "inbox") == []


def _enrol(broker: Broker, city: City, desk: Desk) -> None:
    """Give the program's own token a second factor that was shown just now."""
    begun = broker.second_factor.begin(city.caller(broker, "looker"), PASSWORD, "10.0.0.7")
    app = pyotp.parse_uri(begun.uri)
    assert isinstance(app, pyotp.TOTP)
    now = time.time()
    broker.second_factor.confirm(city.caller(broker, "looker"), app.at(int(now)), "10.0.0.7")
    stepped = desk("looker", "step-up", "--code", app.at(int(now) + 30))
    assert stepped.code == 0, stepped.err
