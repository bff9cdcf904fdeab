"""What goes wrong is told in one line, with the exit code of its kind."""

import logging
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest

from broker.cli import environment, instants, program
from broker.domain import errors
from broker.domain.errors import BrokerError
from tests.cli.conftest import Run

KINDS = [
    (errors.Invalid, 2),
    (errors.TooLarge, 2),
    (errors.Unknown, 3),
    (errors.Unauthenticated, 4),
    (errors.Forbidden, 4),
    (errors.Conflict, 5),
    (errors.Throttled, 6),
    (errors.SourceFault, 7),
    (errors.Unavailable, 8),
]


def one_line(text: str) -> bool:
    return text.count("\n") == 1 and text.endswith("\n") and "Traceback" not in text


@pytest.mark.parametrize(("kind", "code"), KINDS)
def test_each_kind_has_its_code(kind: type[BrokerError], code: int, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> object:
        raise kind("unknown-camera", camera="c\n1")

    monkeypatch.setattr(program, "program", broken)
    ended = run()
    assert (ended.code, ended.out) == (code, "")
    assert one_line(ended.err)
    assert "There is no such camera: c 1." in ended.err


def test_every_kind_of_the_domain_is_known() -> None:
    assert {kind.kind for kind in BrokerError.__subclasses__() if kind.__module__ == errors.__name__} == {
        kind.kind for kind, _ in KINDS
    }


def test_a_fault_of_the_program_is_one_line_with_a_number(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> object:
        raise RuntimeError("the inside of it")

    monkeypatch.setattr(program, "program", broken)
    logging.getLogger().handlers[:] = []
    ended = run()
    assert (ended.code, ended.out) == (70, "")
    assert one_line(ended.err)
    assert "the inside of it" not in ended.err
    log = home / "state" / "xueliang" / "xueliang.log"
    assert str(log) in ended.err
    number = ended.err.split("number ")[1].split(";")[0]
    written = log.read_text(encoding="utf-8")
    assert number in written
    assert "the inside of it" in written


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["catlog"], '"xueliang catlog"'),
        (["catalog", "lst"], '"xueliang catalog lst"'),
        (["catalog", "list", "--ownr", "x"], "--owner"),
        (["catalog", "import", "x.csv"], "--owner is missing"),
        (["catalog", "import"], "FILE is missing"),
        (["retrieve", "list", "--limit", "many"], "--limit"),
        (["retrieve", "list", "too", "much"], "xueliang retrieve list --help"),
        (["retrieve", "clip", "c", "--from"], "--from"),
    ],
)
def test_a_wrong_command_line_says_what_and_where_help_is(arguments: list[str], told: str, run: Run) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert one_line(ended.err)
    assert told in ended.err


def test_a_setting_that_cannot_be(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUELIANG_PORT", "many")
    ended = run("user", "list")
    assert ended.code == 2
    assert one_line(ended.err)
    assert "XUELIANG_PORT" in ended.err


def test_nobody_is_signed_in(run: Run) -> None:
    ended = run("request", "list")
    assert ended.code == 4
    assert "xueliang login" in ended.err


def test_a_server_that_is_not_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUELIANG_TOKEN", "xlt_nothing")
    monkeypatch.setenv("XUELIANG_URL", "http://127.0.0.1:9")
    ended = run("request", "list")
    assert ended.code == 8
    assert one_line(ended.err)
    assert "http://127.0.0.1:9" in ended.err


def test_a_database_that_is_not_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUELIANG_DATABASE_URL", "postgresql://nobody:secret-word@127.0.0.1:9/none")
    ended = run("db", "status")
    assert ended.code == 8
    assert one_line(ended.err)
    assert "secret-word" not in ended.err


@pytest.mark.parametrize("at", ["2026-11-21T10:00:00", "2026-11-21"])
def test_a_time_without_offset_is_refused_with_an_example(at: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUELIANG_TOKEN", "xlt_nothing")
    ended = run("retrieve", "snapshot", "99010201081320000001", "--at", at)
    assert ended.code == 2
    assert one_line(ended.err)
    example = ended.err.split("write ")[1].strip().rstrip(".")
    assert instants.instant(example, "--at").tzinfo is not None
    assert example.endswith("+08:00")


def test_a_time_that_is_none(run: Run) -> None:
    ended = run("retrieve", "snapshot", "c", "--at", "yesterday")
    assert ended.code == 2
    assert "yesterday" in ended.err


def test_an_unknown_time_zone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUELIANG_TIMEZONE", "Mars/Olympus")
    ended = run("retrieve", "snapshot", "c", "--at", "2026-11-21T10:00:00")
    assert ended.code == 2
    assert "Mars/Olympus" in ended.err


def test_a_machine_without_time_zones_knows_the_citys(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> object:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(environment, "ZoneInfo", unknown)
    assert instants.shown("2026-11-21T10:00:00+00:00") == "2026-11-21T18:00:00+08:00"


def test_a_home_that_cannot_be_written_hides_no_error(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> object:
        raise RuntimeError

    (home / "state").write_text("a file where a folder should be", encoding="utf-8")
    monkeypatch.setattr(program, "program", broken)
    logging.getLogger().handlers[:] = []
    ended = run()
    assert (ended.code, ended.err.count("\n")) == (70, 1)
