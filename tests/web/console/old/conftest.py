"""An old browser, and a house with footage whose center is asked for a code before it approves."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from broker.bootstrap import operator
from broker.services.footage.retrieval_runs import _Watch as Watch
from storage.db.embedded.embedded import EmbeddedServer
from tests import proofs
from tests.city import PASSWORD, City
from tests.web.console.deciding.test_emergencies import stricter
from tests.web.console.old.chromium import FIRST, LATER, Unfetched, fetched
from tests.web.console.old.devtools import PATIENCE, Browser
from tests.web.console.retrieving.conftest import Studio, opened_studio

CENTER = "center.dh"
STEP = timedelta(seconds=30)


@dataclass
class Authenticator:
    """What the center has in the pocket; each code is good once."""

    app: pyotp.TOTP
    shown: datetime

    def code(self) -> str:
        """Return the next code: that of now, or of the step after one that was shown already."""
        self.shown = max(self.shown + STEP, datetime.now(UTC))
        while self.shown > datetime.now(UTC) + STEP:  # too early to be taken
            time.sleep(1)
        return self.app.at(self.shown)


@dataclass(frozen=True)
class House:
    """Where the journey goes: a studio, and what the center shows beside its password."""

    studio: Studio
    pocket: Authenticator
    recovery: list[str]

    def stale(self) -> None:
        """Have the center's code be one of some time ago."""
        with self.studio.broker.work() as work:
            work.sessions.step_down(self.studio.city.persons[CENTER])
            work.commit(self.studio.broker.policy.note(operator("tests"), "tests"))


@pytest.fixture(scope="module")
def house(server: EmbeddedServer, city_template: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened_studio(server, city_template, "test_console_old", tmp_path_factory) as studio:
        stricter(studio.broker, city_template)
        begun = studio.door[CENTER].post("/me/second-factor", {"password": PASSWORD})
        app = pyotp.parse_uri(begun["uri"])
        assert isinstance(app, pyotp.TOTP)
        shown = datetime.now(UTC) - STEP
        codes = studio.door[CENTER].post("/me/second-factor/confirm", {"code": app.at(shown)})["recovery_codes"]
        yield House(studio, Authenticator(app, shown), codes)


@pytest.fixture
def go_on(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Have every fetch stand still once it has told how far it is, until this is set."""
    told, moved = Watch.progress, threading.Event()

    def progress(watch: Watch, seconds: float) -> None:
        told(watch, seconds)
        if seconds:
            moved.wait(PATIENCE)

    monkeypatch.setattr("broker.services.footage.retrieval_runs.TELL_AGAIN", 0.0)
    monkeypatch.setattr(Watch, "progress", progress)
    return moved


@pytest.fixture(scope="module", params=[FIRST, LATER] if proofs.FULL else [FIRST])
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    try:
        program = fetched(request.param)
    except Unfetched as reason:
        pytest.skip(str(reason))
    with Browser(program, tmp_path_factory.mktemp("old")) as browser:
        assert f"Chrome/{request.param}." in browser.ask("Browser.getVersion")["product"]
        yield browser
