"""The command line in this process: against the test's own database, with a home of its own, in English."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from broker.bootstrap import Broker
from broker.cli.client.server import Server
from broker.cli.client.sessions import sign_in
from broker.cli.environment import environment
from broker.cli.house.serving import listening, serving_beside
from broker.cli.program import main
from broker.worker.app import worker_thread
from tests.city import PASSWORD


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Give the command a home, and take its log handlers away afterwards."""
    for name in ("URL", "TOKEN", "DATA", "DATABASE_URL", "TIMEZONE"):
        monkeypatch.delenv(f"XUELIANG_{name}", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XUELIANG_LANGUAGE", "en")
    monkeypatch.setenv("XUELIANG_PASSWORD_MEMORY_KIB", "64")
    monkeypatch.setenv("XUELIANG_PASSWORD_PASSES", "1")
    monkeypatch.chdir(tmp_path)
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    environment.cache_clear()
    yield tmp_path
    for handler in set(logging.getLogger().handlers) - set(before):
        handler.close()
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)
    environment.cache_clear()


class Run:
    """Runs one command and returns what it left behind."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured = captured

    def __call__(self, *arguments: str) -> Ended:
        self._captured.readouterr()
        environment.cache_clear()
        code = main(arguments)
        out, err = self._captured.readouterr()
        return Ended(code, out, err)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys)


@pytest.fixture
def at_database(monkeypatch: pytest.MonkeyPatch, database_url: str, run: Run) -> Run:
    """Run commands of the operator on the test's own database."""
    monkeypatch.setenv("XUELIANG_DATABASE_URL", database_url)
    return run


@pytest.fixture
def url(broker: Broker) -> Iterator[str]:
    """Serve the test's own database, with one worker."""
    with listening("127.0.0.1", 0) as opened, worker_thread(broker, 1), serving_beside(broker, opened) as place:
        yield place


class Desk:
    """Runs commands as this or that person of the test city."""

    def __init__(self, run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run = run
        self.url = url
        self._monkeypatch = monkeypatch
        self._tokens: dict[str, str] = {}

    def __call__(self, login: str, *arguments: str) -> Ended:
        self._monkeypatch.setenv("XUELIANG_URL", self.url)
        self._monkeypatch.setenv("XUELIANG_TOKEN", self._token(login))
        return self.run(*arguments)

    def json(self, login: str, *arguments: str) -> Any:
        """Run a command that must succeed and return its JSON."""
        ended = self(login, *arguments, "--json")
        assert ended.code == 0, ended.err
        return ended.value

    def _token(self, login: str) -> str:
        if login not in self._tokens:
            with Server(self.url, sign_in(self.url, login, PASSWORD)) as server:
                issued = server.post("/me/tokens", {"name": "tests", "scopes": ["*"], "valid_days": 1})
            self._tokens[login] = issued["secret"]
        return self._tokens[login]


@pytest.fixture
def desk(run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(run, url, monkeypatch)
