"""The second factor at the keyboard: enrolling with a QR code that reads, signing in, stepping up, and resets."""

import io
import json
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pyotp
import pytest

from broker.bootstrap import Broker
from broker.cli.client.credentials import credentials_file
from broker.cli.people.second_factor import draw
from tests.city import PASSWORD, City
from tests.cli.conftest import Desk, Ended, Run

CHOSEN = "four-rivers-meet-here"
BLOCKS = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}


class Keyboard(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str, keyboard: bool = False) -> None:
    text = "".join(f"{line}\n" for line in lines)
    monkeypatch.setattr("sys.stdin", Keyboard(text) if keyboard else io.StringIO(text))


def code(app: pyotp.TOTP, ahead: int = 0) -> str:
    """Return the code of now, or of a step ahead, which a clock that is off may have; it is good for a while."""
    return app.at(datetime.now(UTC) + timedelta(seconds=30 * ahead))


def enrolled(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[pyotp.TOTP, list[str]]:
    typed(monkeypatch, PASSWORD)
    begun = desk.json("owner.cg", "second-factor", "enrol", "--password-stdin")
    app = pyotp.parse_uri(begun["uri"])
    assert isinstance(app, pyotp.TOTP)
    return app, desk.json("owner.cg", "second-factor", "confirm", "--code", code(app))["recovery_codes"]


def read_back(drawn: str) -> str:
    """Read a QR code from the half blocks of a terminal."""
    rows = [line for line in drawn.splitlines() if line and set(line) <= BLOCKS.keys()]
    pixels = [[BLOCKS[sign][half] for sign in row] for row in rows for half in (0, 1)]
    image = np.array(pixels, dtype=np.uint8).repeat(6, axis=0).repeat(6, axis=1)
    found, _, _ = cv2.QRCodeDetector().detectAndDecode(image)
    return str(found)


def test_a_qr_code_that_reads(capsys: pytest.CaptureFixture[str]) -> None:
    uri = "otpauth://totp/Xueliang:owner.cg?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Xueliang&digits=6&period=30"
    draw(uri)
    assert read_back(capsys.readouterr().out) == uri


def test_enrolling_stepping_up_and_doing_without(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "not-the-password")
    assert desk("owner.cg", "second-factor", "enrol", "--password-stdin").code == 4
    typed(monkeypatch, PASSWORD)
    told = desk("owner.cg", "second-factor", "enrol", "--password-stdin")
    assert told.code == 0, told.err
    (uri,) = (line.partition("\t")[2] for line in told.out.splitlines() if "otpauth://" in line)
    assert read_back(told.out) == uri
    app = pyotp.parse_uri(uri)
    assert isinstance(app, pyotp.TOTP)
    typed(monkeypatch)
    assert desk("owner.cg", "second-factor", "confirm").code == 2, "nobody is there to ask"
    typed(monkeypatch, code(app), keyboard=True)
    confirmed = desk("owner.cg", "second-factor", "confirm")
    assert (confirmed.code, len(confirmed.out.splitlines())) == (0, 10), confirmed.err
    recovery = confirmed.out.splitlines()
    assert "fresh_until" in desk.json("owner.cg", "step-up", "--code", code(app, 1))
    again = desk("owner.cg", "step-up", "--code", recovery[0])
    assert again.code == 0, again.err
    refused = desk("owner.cg", "step-up", "--code", recovery[0])
    assert (refused.code, refused.err.count("\n")) == (4, 1)
    assert recovery[0] not in refused.err
    renewed = desk.json("owner.cg", "second-factor", "codes", "--code", recovery[1])["recovery_codes"]
    assert desk("owner.cg", "second-factor", "remove", "--code", recovery[2]).code == 4
    assert desk("owner.cg", "second-factor", "remove", "--code", renewed[0]).code == 0
    assert desk("owner.cg", "step-up", "--code", "123456").code == 5


def test_signing_in_asks_for_the_code(desk: Desk, run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app, recovery = enrolled(desk, monkeypatch)
    monkeypatch.delenv("XUELIANG_TOKEN")

    def login(*more: str, lines: tuple[str, ...] = (PASSWORD,), keyboard: bool = False) -> Ended:
        typed(monkeypatch, *lines, keyboard=keyboard)
        return run("login", "owner.cg", "--url", url, "--password-stdin", *more)

    nobody = login()
    assert (nobody.code, nobody.err.count("\n")) == (2, 1)
    assert "--code" in nobody.err
    assert login("--code", "000000").code == 4
    assert not credentials_file().exists()
    asked = login(lines=(PASSWORD, code(app, 1)), keyboard=True)
    assert asked.code == 0, asked.err
    assert run("grant", "list", "--json").value == []
    assert login("--code", recovery[0]).code == 0
    assert run("second-factor", "remove", "--code", recovery[1]).code == 0
    assert login().code == 0


def test_a_reset_password_is_replaced_at_the_next_sign_in(
    at_database: Run, url: str, broker: Broker, monkeypatch: pytest.MonkeyPatch, city: City
) -> None:
    assert city.persons
    handed = at_database("user", "reset-password", "asker", "--json").value
    assert handed["login"] == "asker"

    def login(*lines: str) -> Ended:
        typed(monkeypatch, *lines)
        return at_database("login", "asker", "--url", url, "--password-stdin")

    assert login(PASSWORD).code == 4
    assert login(handed["password"], "asker").code == 2
    ended = login(handed["password"], CHOSEN)
    assert ended.code == 0, ended.err
    assert at_database("request", "list", "--json").value == []
    assert login(handed["password"]).code == 4
    assert login(CHOSEN).code == 0
    with broker.work() as work:
        kinds = [event.kind for event in work.audit.stream(f"person/{city.persons['asker']}")]
    assert kinds[-4:-1] == ["person:password:reset", "person:password:changed", "person:token:issued"]
    assert at_database("user", "reset-password", "nobody").code == 3


def test_a_lost_factor_is_reset_at_the_machine(
    desk: Desk, at_database: Run, broker: Broker, monkeypatch: pytest.MonkeyPatch, city: City
) -> None:
    enrolled(desk, monkeypatch)
    assert at_database("user", "reset-second-factor", "owner.cg").code == 0
    assert at_database("user", "reset-second-factor", "owner.cg").code == 5
    assert json.loads(desk("owner.cg", "grant", "list", "--json").out) == []
    with broker.work() as work:
        events = work.audit.stream(f"person/{city.persons['owner.cg']}")
    resets = [event.actor.partition(":")[0] for event in events if event.kind == "person:second_factor:reset"]
    assert resets == ["operator"]
